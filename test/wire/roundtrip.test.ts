/**
 * Every modelled operation through the SDK's own clients over HTTP, signed: what the client was given must reach
 * the handler, and what the handler answers must reach the caller.
 */
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { seededRandom } from '#/lib/random.ts';
import { modelOf, type Structure } from '#/wire/model.ts';
import { key, startWire, type WireTest } from './harness.ts';
import { comparable, randomValue } from './values.ts';

interface Case {
  readonly service: string;
  readonly client: string;
  readonly protocol?: unknown;
}

const cases: readonly Case[] = [
  { service: 'autoscaling', client: 'client-auto-scaling' },
  { service: 'cloudformation', client: 'client-cloudformation' },
  { service: 'cloudwatch', client: 'client-cloudwatch' },
  { service: 'cloudwatch', client: 'client-cloudwatch', protocol: AwsSmithyRpcV2CborProtocol },
  { service: 'cloudwatch', client: 'client-cloudwatch', protocol: AwsQueryProtocol },
  { service: 'ec2', client: 'client-ec2' },
  { service: 'elbv2', client: 'client-elastic-load-balancing-v2' },
  { service: 'iam', client: 'client-iam' },
  { service: 'rds', client: 'client-rds' },
  { service: 's3', client: 'client-s3' },
  { service: 'secretsmanager', client: 'client-secrets-manager' },
  { service: 'sns', client: 'client-sns' },
  { service: 'ssm', client: 'client-ssm' },
  { service: 'sts', client: 'client-sts' },
];

/** What cannot pass, and why. */
const exceptions = new Map([
  ['s3 SelectObjectContent', 'answers an event stream, which the wire layer does not write'],
  [
    's3 WriteGetObjectResponse',
    'the client puts the route before the host name, and 127.0.0.1 has no sub-domains',
  ],
]);

const seed = 42;
const handled: { input: unknown; output: unknown } = { input: undefined, output: undefined };
let wire: WireTest;

before(async () => {
  wire = await startWire(
    async ({ input }) => {
      handled.input = await withBytes(input);
      return handled.output;
    },
    { unvalidated: true },
  );
});
after(() => wire.close());

for (const { service, client, protocol } of cases)
  describe(`${service}${protocol === undefined ? '' : ` over ${nameOf(protocol)}`}`, async () => {
    const module = (await import(`@aws-sdk/${client}`)) as Readonly<Record<string, unknown>>; // its exports
    const random = seededRandom(seed);
    for (const [name, operation] of modelOf(service).operations)
      test(`${service} ${name} carries input and output (seed ${seed})`, async (context) => {
        const reason = exceptions.get(`${service} ${name}`);
        if (reason !== undefined) return context.skip(reason);
        const input = sendable(service, valueOf(operation.input));
        const output = sendable(service, valueOf(operation.output));
        handled.output = output;

        const answer = await send(module, name, protocol, input);

        assert.deepEqual(comparable(uninvolved(service, handled.input)), comparable(input), 'input');
        assert.deepEqual(comparable(uninvolved(service, answer)), comparable(output), 'output');
        return undefined;
      });

    function valueOf(shape: Structure | undefined): Record<string, unknown> {
      return shape ? (randomValue(random, shape) as Record<string, unknown>) : {}; // a structure's value
    }
  });

function nameOf(protocol: unknown): string {
  return typeof protocol === 'function' ? protocol.name : String(protocol);
}

interface Client {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}
type Constructor<T> = new (options: object) => T;

async function send(
  module: Readonly<Record<string, unknown>>,
  operation: string,
  protocol: unknown,
  input: object,
): Promise<unknown> {
  const clientName = Object.keys(module).find(
    (name) => /^[A-Za-z0-9]+Client$/.test(name) && name !== '__Client',
  );
  const Client = module[clientName ?? ''] as Constructor<Client>; // the module's one client
  const Command = module[`${operation}Command`] as Constructor<unknown>; // every operation has one
  const client = new Client({
    endpoint: wire.url,
    region: 'eu-west-3',
    credentials: key,
    maxAttempts: 1,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(protocol === undefined ? {} : { protocol }),
  });
  try {
    return await withBytes(await client.send(new Command(structuredClone(input))));
  } finally {
    client.destroy();
  }
}

/** Streams are read to their end, to be compared. */
async function withBytes(value: object): Promise<object> {
  const entries = Object.entries(value).map(async ([name, member]) => [
    name,
    member instanceof Readable ? await buffer(member) : (member as unknown), // any member
  ]);
  return Object.fromEntries((await Promise.all(entries)) as [string, unknown][]); // pairs
}

/** S3's clients need names that can stand in a path, and checksums that are right. */
function sendable(service: string, value: Record<string, unknown>): Record<string, unknown> {
  if (service !== 's3') return value;
  if (value['Bucket'] !== undefined) value['Bucket'] = 'my-bucket';
  if (typeof value['Key'] === 'string') value['Key'] = 'dir/ké y+.txt';
  return uninvolved(service, value) as Record<string, unknown>; // still an object
}

/** Without what S3's client or server make themselves of the body. */
function uninvolved(service: string, value: unknown): unknown {
  if (service !== 's3' || typeof value !== 'object' || value === null) return value;
  const made = /MD5|^SSECustomer|^CopySourceSSE|^Checksum|^Content(Length|Encoding)$|^ExpiresString$/;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !made.test(name)));
}
