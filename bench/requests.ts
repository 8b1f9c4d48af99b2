/** What an API request costs the region's process and how many it answers, beside moto's server (where installed). */
import type { ChildProcess } from 'node:child_process';
import {
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  EC2Client,
  CreateVpcCommand,
} from '@aws-sdk/client-ec2';
import { CreateSubnetCommand, DescribeImagesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { askOverview } from '#/cli/client.ts';
import { findProgram } from '#/cli/doctor.ts';
import { start } from '#/lib/run.ts';
import { runBench, waitFor, type BenchOptions, type Figure } from './harness.ts';
import { load, loadCount, send, type LoadResult, type Shot } from './load.ts';
import { cpuMs } from './proc.ts';
import { freePort, regionName, snowglobe, withFreshRegion } from './region.ts';

const rounds = 5;
const seconds = 4;
const connections = 4;
/** How often the slow request is sent in a round, one after the other. */
const slowCount = 4;
const vpcsCount = 5;
const instancesCount = 1000;
/** Moto's single process needs its time for so many. */
const setUpLimitMs = 300_000;

interface Server {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
}

type Shoot = (shot: Shot) => Promise<LoadResult>;
type Measured = LoadResult & { readonly cpuMs: number };

await runBench((options) =>
  withFreshRegion(async (port) => {
    await snowglobe('up', '--no-lab', '--data-plane', 'memory', '--port', String(port));
    const region: Server = { name: 'the region', pid: (await askOverview(regionName)).pid, port };
    const moto = await startMoto(options);
    try {
      return await compare(region, moto?.server, options);
    } finally {
      moto?.child.kill('SIGKILL');
    }
  }),
);

/** The same content in both, the same requests to both, in turns. */
async function compare(
  region: Server,
  moto: Server | undefined,
  { progress }: BenchOptions,
): Promise<readonly Figure[]> {
  const servers = moto ? [region, moto] : [region];
  for (const server of servers) {
    progress(`requests: filling ${server.name}`);
    await fill(server);
  }
  const figures = [];
  for (const [name, command, shoot] of [
    [
      `DescribeVpcs (${vpcsCount})`,
      () => new DescribeVpcsCommand({}),
      (shot) => load(shot, seconds, connections),
    ],
    [
      `DescribeInstances (${instancesCount})`,
      () => new DescribeInstancesCommand({}),
      (shot) => loadCount(shot, slowCount),
    ],
  ] as const satisfies [string, () => unknown, Shoot][]) {
    progress(`requests: ${name}`);
    const shots = new Map<Server, Shot>();
    for (const server of servers) shots.set(server, await record(server, command()));
    const results = new Map<Server, Measured[]>(servers.map((server) => [server, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [server, shot] of shots) {
        const measured = await measure(server, () => shoot(shot));
        if (round > 0) results.get(server)?.push(measured); // the first one warms up
      }
    }
    figures.push(...render(name, results.get(region) ?? [], moto ? results.get(moto) : undefined));
  }
  return figures;
}

async function measure({ pid }: Server, shoot: () => Promise<LoadResult>): Promise<Measured> {
  const before = cpuMs(pid);
  const result = await shoot();
  return { ...result, cpuMs: cpuMs(pid) - before };
}

function render(
  name: string,
  ours: readonly Measured[],
  theirs: readonly Measured[] | undefined,
): readonly Figure[] {
  const quantities = [
    ['requests/s', 'requests/s', (one) => one.perSecond],
    ['processor time for a request', 'ms', (one) => one.cpuMs / one.requests],
    ['p99 latency', 'ms', (one) => one.p99Ms],
  ] as const satisfies [string, string, (one: Measured) => number][];
  const failures = ours.reduce((sum, one) => sum + one.failures, 0);
  return quantities.map(([quantity, unit, of]) => ({
    name: `${name}, ${quantity}`,
    unit,
    values: ours.map(of),
    ...(theirs ? { peer: { name: 'moto', values: theirs.map(of) } } : {}),
    ...(failures > 0 ? { note: `${failures} of our answers were failures` } : {}),
  }));
}

async function fill(server: Server): Promise<void> {
  const client = clientOf(server);
  const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({}));
  let last = Vpcs[0]?.VpcId;
  for (let count = Vpcs.length; count < vpcsCount; count += 1) {
    const { Vpc } = await client.send(new CreateVpcCommand({ CidrBlock: `10.${count}.0.0/16` }));
    last = Vpc?.VpcId;
  }
  const { Subnet } = await client.send(
    new CreateSubnetCommand({ VpcId: last, CidrBlock: `10.${vpcsCount - 1}.0.0/20` }),
  );
  const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners: ['amazon'] }));
  await client.send(
    new RunInstancesCommand({
      ImageId: Images[0]?.ImageId,
      InstanceType: 't3.micro',
      SubnetId: Subnet?.SubnetId,
      MinCount: instancesCount,
      MaxCount: instancesCount,
    }),
  );
  await waitFor(
    `${instancesCount} instances to run`,
    async () => {
      const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}));
      const states = Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name);
      return states.length === instancesCount && states.every((state) => state === 'running');
    },
    { limitMs: setUpLimitMs, everyMs: 1_000 },
  );
}

function clientOf({ port }: Server): EC2Client {
  return new EC2Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-3',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}

/** The signed request that the SDK would send. */
async function record(
  server: Server,
  command: DescribeVpcsCommand | DescribeInstancesCommand,
): Promise<Shot> {
  const client = clientOf(server);
  let shot: Shot | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string }; // of a query API
      const { host: _host, 'content-length': _length, ...kept } = headers;
      shot = { url: `http://127.0.0.1:${server.port}/`, method: 'POST', headers: kept, body };
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'record' },
  );
  await (command instanceof DescribeVpcsCommand ? client.send(command) : client.send(command));
  if (!shot) throw new Error('the SDK sent nothing');
  return shot;
}

/** Undefined when moto is not installed here. */
async function startMoto({
  progress,
}: BenchOptions): Promise<{ server: Server; child: ChildProcess } | undefined> {
  if (!findProgram('python3')) return undefined;
  const port = await freePort();
  const child = start('python3', ['-m', 'moto.server', '-p', String(port)], { stdio: 'ignore' });
  const ended = new Promise<false>((resolve) => {
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  const answered = waitFor('moto', () => send({ url: `http://127.0.0.1:${port}/moto-api/` }), {
    limitMs: 60_000,
    everyMs: 100,
  }).catch(() => false as const);
  if ((await Promise.race([answered, ended])) && child.pid !== undefined)
    return { child, server: { name: 'moto', pid: child.pid, port } };
  child.kill('SIGKILL');
  progress('requests: moto is not installed; there is nothing to compare with');
  return undefined;
}
