/**
 * Writes src/wire/tables/<service>.json, what the wire layer knows of each API: from the schemas of the SDK's
 * clients with botocore's constraints laid over, and for FIS from botocore alone, with its types
 * (src/wire/api/fis.ts). Needs the devDependencies and a python3 that has botocore. With `--check` nothing is
 * written, and the exit code says whether the committed files are what would be.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ServiceRow, Table } from '#/wire/table.ts';
import { findBotocore } from './wire/botocore.ts';
import { renderTypes } from './wire/fis-types.ts';
import { tableFromBotocore } from './wire/from-botocore.ts';
import { tableFromSdk } from './wire/from-sdk.ts';
import { asObject, asString } from './wire/raw.ts';

const clients = {
  autoscaling: 'client-auto-scaling',
  cloudformation: 'client-cloudformation',
  cloudwatch: 'client-cloudwatch',
  ec2: 'client-ec2',
  elbv2: 'client-elastic-load-balancing-v2',
  iam: 'client-iam',
  rds: 'client-rds',
  s3: 'client-s3',
  secretsmanager: 'client-secrets-manager',
  sns: 'client-sns',
  ssm: 'client-ssm',
  sts: 'client-sts',
};

const require = createRequire(import.meta.url);
const check = process.argv.includes('--check');
const botocore = await findBotocore();
const index: Record<string, ServiceRow> = {};

for (const [service, client] of Object.entries(clients)) {
  const module = asObject(await import(`@aws-sdk/${client}`), client);
  const manifest = asObject(require(`@aws-sdk/${client}/package.json`), client);
  const table = tableFromSdk({
    service,
    client,
    clientVersion: asString(manifest['version'], 'version'),
    module,
    botocore: botocore.model(service),
    botocoreVersion: botocore.version,
  });
  write(`tables/${service}.json`, renderTable(table));
  index[service] = indexRow(table);
}
const fis = botocore.model('fis');
const fisTable = tableFromBotocore('fis', fis, botocore.version);
index['fis'] = indexRow(fisTable);
write('tables/fis.json', renderTable(fisTable));
write('api/fis.ts', renderTypes('fis', fis, botocore.version));
write('tables/services.json', `${JSON.stringify(index, undefined, 2)}\n`);

/** What routing needs of a service, so that its table is read only once it is called. */
function indexRow({ protocol, signingName, version, target }: Table): ServiceRow {
  return { protocol, signingName, version, target };
}

/** One operation, error or shape a line, so that a newer model shows as a readable difference. */
function renderTable({ operations, errors, shapes, ...head }: Table): string {
  return `${JSON.stringify(head).slice(0, -1)},
"operations":{
${renderEntries(operations)}},
"errors":{
${renderEntries(errors)}},
"shapes":[
${shapes.map((shape) => JSON.stringify(shape)).join(',\n')}]}
`;
}

function renderEntries(record: object): string {
  const lines = Object.entries(record).map(([name, row]) => `${JSON.stringify(name)}:${JSON.stringify(row)}`);
  return lines.join(',\n');
}

function write(path: string, text: string): void {
  const file = new URL(`../src/wire/${path}`, import.meta.url);
  if (!check) return writeFileSync(file, text);
  if (readFileSync(file, 'utf8') === text) return;
  console.error(`src/wire/${path} is not what tools/gen-wire.ts makes`);
  process.exitCode = 1;
}
