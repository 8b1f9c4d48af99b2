import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '#/lib/run.ts';
import { randomText, type Random } from '#/lib/random.ts';
import type { DatabaseVolume } from '#/drivers/database/driver.ts';
import { renderFirstStatements, renderInitFile } from '#/drivers/database/linux/accounts.ts';
import { logFileSize } from '#/drivers/database/linux/config.ts';
import type { Site } from '#/drivers/linux/site.ts';

/** The unprivileged user that database servers run as; the package makes it. */
export const serverUser = 'mysql';

const passwordAlphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export function volumesDir(site: Site): string {
  return join(site.stateDir, 'volumes');
}

export function volumeDir(site: Site, volumeId: string): string {
  return join(volumesDir(site), volumeId);
}

export function dataDir(site: Site, volumeId: string): string {
  return join(volumeDir(site, volumeId), 'data');
}

/** Statements for each start of a server on the volume; readable by the server only. */
export function initFile(site: Site, volumeId: string): string {
  return join(volumeDir(site, volumeId), 'init.sql');
}

/** The replication account's password, the same in all copies of a volume. */
export function replicationPassword(site: Site, volumeId: string): string {
  return readFileSync(join(volumeDir(site, volumeId), 'replication'), 'utf8');
}

/** The volumes that are whole; one whose making was cut short is made again from the start. */
export async function listVolumeDirs(site: Site): Promise<readonly string[]> {
  const names = await readdir(volumesDir(site)).catch(() => []);
  return names.filter((name) => !name.endsWith(unfinished));
}

const unfinished = '.new';

/** Makes a volume from the template. It appears under its name only when it is whole. */
export async function makeVolume(site: Site, volume: DatabaseVolume, random: Random): Promise<void> {
  const { id, masterUser, masterPassword, databaseName } = volume;
  await assemble(site, id, async (directory) => {
    const data = join(directory, 'data');
    await run('cp', ['-a', '--reflink=auto', await template(site), data], { timeoutMs: 120_000 });
    await run('mariadbd', bootstrapArgs(data), {
      input: renderFirstStatements(masterUser, masterPassword, databaseName),
      timeoutMs: 60_000,
    });
    await secrets(directory, randomText(random, passwordAlphabet, 32));
  });
}

/**
 * Copies a volume file by file; `atRest` keeps the server on it (if one runs) from moving meanwhile. What the copy holds
 * is what the disk would hold after a crash at that moment, and that is enough: a server's start recovers it, and its
 * binary log says where in the cluster's history it stands.
 */
export async function duplicateVolume(
  site: Site,
  fromId: string,
  toId: string,
  atRest: (copy: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await assemble(site, toId, async (directory) => {
    const data = join(directory, 'data');
    await atRest(async () => {
      await run('cp', ['-a', '--reflink=auto', dataDir(site, fromId), data], { timeoutMs: 600_000 });
    });
    await secrets(directory, replicationPassword(site, fromId));
  });
}

async function assemble(site: Site, id: string, fill: (directory: string) => Promise<void>): Promise<void> {
  const directory = volumeDir(site, id);
  if (existsSync(directory)) return;
  await prepareDirs(site);
  const half = `${directory}${unfinished}`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: 0o700 });
  await fill(half);
  await run('chown', ['-R', `${serverUser}:${serverUser}`, half]);
  await rename(half, directory);
}

async function secrets(directory: string, password: string): Promise<void> {
  await writeFile(join(directory, 'replication'), password, { mode: 0o600 });
  await writeFile(join(directory, 'init.sql'), renderInitFile(password), { mode: 0o600 });
}

/** The servers' user must be able to pass through to its own directories; it cannot list or read on the way. */
export async function prepareDirs(site: Site): Promise<void> {
  await mkdir(volumesDir(site), { recursive: true, mode: 0o711 });
  for (const directory of [site.stateDir, volumesDir(site)]) {
    const { mode } = await stat(directory);
    if ((mode & 0o011) !== 0o011) await chmod(directory, (mode & 0o777) | 0o011);
  }
}

/** An empty database system, built once for this host. */
async function template(site: Site): Promise<string> {
  const directory = join(site.imagesDir, 'mariadb-template');
  if (existsSync(directory)) return directory;
  const half = `${directory}.${site.name}${unfinished}`;
  await mkdir(dirname(directory), { recursive: true });
  await rm(half, { recursive: true, force: true });
  await run(
    'mariadb-install-db',
    [
      '--no-defaults',
      '--user=root',
      `--datadir=${half}`,
      '--auth-root-authentication-method=socket',
      '--skip-test-db',
      '--skip-name-resolve',
      `--innodb-log-file-size=${logFileSize}`,
    ],
    { timeoutMs: 120_000 },
  );
  // Another region of this host, or another volume of this one, may have been faster.
  if (existsSync(directory)) await rm(half, { recursive: true, force: true });
  else await rename(half, directory);
  return directory;
}

function bootstrapArgs(data: string): readonly string[] {
  return [
    '--no-defaults',
    '--bootstrap',
    '--user=root',
    `--datadir=${data}`,
    `--innodb-log-file-size=${logFileSize}`,
    '--innodb-buffer-pool-size=16M',
    '--innodb-use-native-aio=0',
  ];
}
