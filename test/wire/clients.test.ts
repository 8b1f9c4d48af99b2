/** The AWS CLI and boto3, unmodified, where they are installed: FIS has no other client that is new enough. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AwsError } from '#/lib/aws-error.ts';
import { tryRun } from '#/lib/run.ts';
import { modelOf } from '#/wire/model.ts';
import { seededRandom } from '#/lib/random.ts';
import { account, key, startWire, type Call, type WireTest } from './harness.ts';
import { randomValue } from './values.ts';

const hasCli = await isInstalled('aws', ['--version']);
const hasBotocore = await isInstalled('python3', ['-c', 'import botocore']);

let wire: WireTest;
let calls: Call[] = [];

before(async () => {
  wire = await startWire(
    (call) => {
      calls.push(call);
      return answerOf(call);
    },
    { unvalidated: true },
  );
});
after(() => wire.close());

function answerOf({ service, operation, input }: Call): unknown {
  switch (operation) {
    case 'GetCallerIdentity':
      return { Account: account };
    case 'DescribeVpcs':
      return { Vpcs: [{ VpcId: 'vpc-1', Tags: [{ Key: 'Name', Value: '<é>' }] }] };
    case 'DescribeLoadBalancers':
      throw new AwsError(
        'LoadBalancerNotFoundException',
        `Load balancers '[${String(input['Names'])}]' not found`,
      );
    case 'DescribeAlarms':
      return { MetricAlarms: [{ AlarmName: 'high' }] };
    default: {
      const output = modelOf(service).operations.get(operation)?.output;
      return service === 'fis' && output ? randomValue(seededRandom(7), output) : {};
    }
  }
}

describe('the AWS CLI', { skip: !hasCli && 'it is not installed' }, () => {
  const commands: readonly [command: string, exitCode: number, output: RegExp][] = [
    ['sts get-caller-identity', 0, /"Account": "123456789012"/],
    ['ec2 describe-vpcs --filters Name=cidr,Values=10.0.0.0/16,10.1.0.0/16', 0, /"Value": "<é>"/],
    [
      'elbv2 describe-load-balancers --names a',
      255,
      /\(LoadBalancerNotFound\).*Load balancers '\[a\]' not found/,
    ],
    ['cloudwatch describe-alarms', 0, /"AlarmName": "high"/],
  ];
  for (const [command, exitCode, output] of commands)
    test(`aws ${command} is understood`, async () => {
      const result = await tryRun('aws', command.split(' '), { env: environment() });

      assert.match(result.stdout + result.stderr, output);
      assert.equal(result.exitCode === 0, exitCode === 0);
    });
});

const everyFisOperation = `
import botocore.session, json, sys
from botocore.config import Config
session = botocore.session.Session()
client = session.create_client('fis', region_name='eu-west-3', endpoint_url=sys.argv[1],
  config=Config(parameter_validation=False, inject_host_prefix=False, retries={'max_attempts': 0}))
inputs = json.load(sys.stdin)
answers = {}
for name, value in inputs.items():
    answer = client._make_api_call(name, value)
    answer.pop('ResponseMetadata')
    answers[name] = answer
print(json.dumps(answers, default=lambda value: round(value.timestamp() * 1000)))
`;

describe('botocore', { skip: !hasBotocore && 'it is not installed' }, () => {
  test('every operation of FIS carries input and output', async () => {
    const random = seededRandom(7);
    const operations = [...modelOf('fis').operations.values()];
    const inputs = Object.fromEntries(
      operations.map(({ name, input }) => [name, plain(input ? randomValue(random, input) : {})]),
    );
    calls = [];

    const { exitCode, stdout, stderr } = await tryRun('python3', ['-c', everyFisOperation, wire.url], {
      env: environment(),
      input: JSON.stringify(inputs),
    });

    assert.equal(exitCode, 0, stderr);
    const received = Object.fromEntries(calls.map(({ operation, input }) => [operation, plain(input)]));
    const outputs = Object.fromEntries(
      operations.map(({ name, output }) => [name, plain(output ? randomValue(seededRandom(7), output) : {})]),
    );
    assert.deepEqual(received, inputs);
    assert.deepEqual(JSON.parse(stdout), outputs);
  });
});

async function isInstalled(program: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await tryRun(program, args)).exitCode === 0;
  } catch {
    return false; // there is no such program
  }
}

/** As JSON carries it between the two programs: times in milliseconds. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

function environment(): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_ENDPOINT_URL: wire.url,
    AWS_CONFIG_FILE: '/dev/null',
    LC_ALL: 'C.UTF-8',
    PYTHONUTF8: '1',
  };
}
