import { invalidCombination, invalidValue } from '#/services/rds/errors.ts';

/** A version of an engine as the API offers it. */
export interface EngineVersion {
  readonly engine: 'aurora-mysql' | 'mysql' | 'mariadb';
  readonly version: string;
  readonly family: string;
  readonly description: string;
  readonly engineDescription: string;
  /** What a server of it says of itself. */
  readonly reportedVersion: string;
}

const aurora = (release: string, mysql: string): EngineVersion => ({
  engine: 'aurora-mysql',
  version: `8.0.mysql_aurora.${release}`,
  family: 'aurora-mysql8.0',
  description: `Aurora MySQL ${release} (compatible with MySQL ${mysql})`,
  engineDescription: 'Aurora MySQL',
  reportedVersion: mysql,
});
const mysql = (version: string, family: string): EngineVersion => ({
  engine: 'mysql',
  version,
  family,
  description: `MySQL ${version}`,
  engineDescription: 'MySQL Community Edition',
  reportedVersion: version,
});
const mariadb = (version: string): EngineVersion => ({
  engine: 'mariadb',
  version,
  family: 'mariadb10.11',
  description: `MariaDB ${version}`,
  engineDescription: 'MariaDB Community Edition',
  reportedVersion: version,
});

/** Oldest first; the last of an engine is its default. */
export const engineVersions: readonly EngineVersion[] = [
  aurora('3.04.3', '8.0.28'),
  aurora('3.05.2', '8.0.32'),
  aurora('3.08.0', '8.0.39'),
  aurora('3.08.2', '8.0.39'),
  aurora('3.10.0', '8.0.42'),
  mysql('8.4.5', 'mysql8.4'),
  mysql('8.0.35', 'mysql8.0'),
  mysql('8.0.39', 'mysql8.0'),
  mysql('8.0.40', 'mysql8.0'),
  mysql('8.0.42', 'mysql8.0'),
  mariadb('10.11.10'),
];

export const instanceClasses: readonly { readonly name: string; readonly memoryGib: number }[] = [
  { name: 'db.t3.micro', memoryGib: 1 },
  { name: 'db.t3.small', memoryGib: 2 },
  { name: 'db.t3.medium', memoryGib: 4 },
  { name: 'db.t4g.micro', memoryGib: 1 },
  { name: 'db.t4g.small', memoryGib: 2 },
  { name: 'db.t4g.medium', memoryGib: 4 },
  { name: 'db.t4g.large', memoryGib: 8 },
  { name: 'db.m5.large', memoryGib: 8 },
  { name: 'db.m6g.large', memoryGib: 8 },
  { name: 'db.r5.large', memoryGib: 16 },
  { name: 'db.r6g.large', memoryGib: 16 },
  { name: 'db.r6g.xlarge', memoryGib: 32 },
];

const known = new Set([
  'aurora-postgresql',
  'postgres',
  'oracle-ee',
  'oracle-se2',
  'sqlserver-ex',
  'sqlserver-se',
]);

/** The version asked for: whole, or as a prefix (`8.0`); the engine's default when none is. Throws what AWS throws. */
export function requireEngineVersion(engine: string, wanted: string | undefined): EngineVersion {
  const versions = engineVersions.filter((each) => each.engine === engine);
  if (versions.length === 0) {
    if (known.has(engine)) throw invalidCombination(`The engine ${engine} is not supported in this region.`);
    throw invalidValue(`Invalid DB engine: ${engine}`);
  }
  const found =
    wanted === undefined
      ? versions.at(-1)
      : (versions.find(({ version }) => version === wanted) ??
        versions.findLast(({ version }) => version.startsWith(`${wanted}.`)));
  if (!found) throw invalidCombination(`Cannot find version ${wanted} for ${engine}`);
  return found;
}

/** The version of a resource that was made with it. */
export function engineVersion(engine: string, version: string): EngineVersion | undefined {
  return engineVersions.find((each) => each.engine === engine && each.version === version);
}

/** Throws unless the class is `db.<family>.<size>`. */
export function requireInstanceClass(name: string): string {
  if (!/^db\.(serverless|[a-z0-9-]+\.[a-z0-9]+)$/.test(name))
    throw invalidValue(`Invalid DB Instance class: ${name}`);
  return name;
}
