/** A request's way through the load balancer, beside a bare proxy in the same place and beside the target itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askOverview } from '#/cli/client.ts';
import { daemonPids, listDaemons } from '#/drivers/linux/daemon.ts';
import { namespacePath } from '#/drivers/linux/site.ts';
import { start } from '#/lib/run.ts';
import { runBench, waitFor, type BenchOptions, type Figure } from './harness.ts';
import { load, send, type LoadResult } from './load.ts';
import { cpuMs } from './proc.ts';
import { aws, regionName, regionSite, snowglobe, withFreshRegion } from './region.ts';
import { findRunning, launchWebServer, makeWebNetwork, type WebServer } from './web.ts';

const rounds = 5;
const seconds = 3;
const connections = 50;

interface Way {
  readonly url: string;
  /** The processes whose time a request costs, beside the target's. */
  readonly pids: () => readonly number[];
  readonly results: (LoadResult & { readonly cpuMs: number })[];
}

await runBench(({ progress }: BenchOptions): Promise<readonly Figure[]> =>
  withFreshRegion(async (port) => {
    await snowglobe('up', '--no-lab', '--port', String(port));
    const { server, nodeAddress, networkInterfaceId, privateAddress } = await makeBalancedServer(progress);
    const peer = startBareProxy(networkInterfaceId, privateAddress, server);
    try {
      const balancer = way(`http://${nodeAddress}/`, () => balancerPids());
      const bare = way(`http://${nodeAddress}:8080/`, () => (peer.pid === undefined ? [] : [peer.pid]));
      const direct = way(`http://${server.publicAddress}/`, () => []);
      for (const { url } of [balancer, bare, direct])
        await waitFor(`an answer of ${url}`, () => send({ url }));
      for (let round = 1; round <= rounds; round += 1) {
        progress(`balancer: round ${round} of ${rounds}`);
        for (const each of [balancer, bare, direct]) await measure(each);
      }
      return figures(balancer, bare, direct);
    } finally {
      peer.kill('SIGKILL');
    }
  }),
);

function way(url: string, pids: () => readonly number[]): Way {
  return { url, pids, results: [] };
}

async function measure({ url, pids, results }: Way): Promise<void> {
  const used = (): number => pids().reduce((sum, pid) => sum + cpuMs(pid), 0);
  const before = used();
  const result = await load({ url }, seconds, connections);
  results.push({ ...result, cpuMs: used() - before });
}

function figures(balancer: Way, bare: Way, direct: Way): readonly Figure[] {
  const quantities = [
    ['requests through the balancer', 'requests/s', (one) => one.perSecond],
    ['p99 through the balancer', 'ms', (one) => one.p99Ms],
    ['proxy processor time for a request', 'us', (one) => (one.cpuMs * 1000) / one.requests],
  ] as const satisfies [string, string, (one: Way['results'][number]) => number][];
  const failures = (one: Way['results'][number]): number => one.failures;
  return [
    ...quantities.flatMap(([name, unit, of]) => [
      compare(name, unit, balancer, bare, 'a bare HAProxy', of),
      ...(unit === 'us' ? [] : [compare(name, unit, balancer, direct, 'the instance itself', of)]),
    ]),
    compare('failed requests in a round', 'requests', balancer, bare, 'a bare HAProxy', failures),
    compare('failed requests in a round', 'requests', balancer, direct, 'the instance itself', failures),
  ];
}

function compare(
  name: string,
  unit: string,
  ours: Way,
  theirs: Way,
  peerName: string,
  of: (one: Way['results'][number]) => number,
): Figure {
  return {
    name,
    unit,
    values: ours.results.map(of),
    peer: { name: peerName, values: theirs.results.map(of) },
  };
}

/** One instance behind one balancer. */
async function makeBalancedServer(progress: (line: string) => void) {
  const network = await makeWebNetwork();
  progress('balancer: starting an instance and a balancer');
  const instanceId = await launchWebServer(network);
  const { LoadBalancers } = await aws<{ LoadBalancers: { LoadBalancerArn: string }[] }>(
    'elbv2',
    'CreateLoadBalancer',
    { Name: 'bench', Subnets: network.subnetIds, SecurityGroups: [network.groupId] },
  );
  const { TargetGroups } = await aws<{ TargetGroups: { TargetGroupArn: string }[] }>(
    'elbv2',
    'CreateTargetGroup',
    {
      Name: 'bench',
      Protocol: 'HTTP',
      Port: 80,
      VpcId: network.vpcId,
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
    },
  );
  const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? '';
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn ?? '';
  const server = await waitFor('the instance to run', () => findRunning(instanceId));
  await aws('elbv2', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: instanceId }] });
  await aws('elbv2', 'CreateListener', {
    LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  });
  await waitFor('a healthy target', async () =>
    (await askOverview(regionName)).loadBalancers[0]?.targets.some(({ health }) => health === 'healthy'),
  );
  const { NetworkInterfaces } = await aws<{
    NetworkInterfaces: {
      NetworkInterfaceId: string;
      PrivateIpAddress: string;
      SubnetId: string;
      Description?: string;
      Association?: { PublicIp: string };
    }[];
  }>('ec2', 'DescribeNetworkInterfaces', {});
  const node = NetworkInterfaces.find(
    ({ Description, SubnetId }) => Description?.startsWith('ELB ') && SubnetId === network.subnetIds[0],
  );
  if (!node?.Association) throw new Error('the balancer has no public address');
  return {
    server,
    nodeAddress: node.Association.PublicIp,
    networkInterfaceId: node.NetworkInterfaceId,
    privateAddress: node.PrivateIpAddress,
  };
}

/** The least that proxies, in the balancer's own place: the network between client and target is the same. */
function startBareProxy(networkInterfaceId: string, address: string, { privateAddress }: WebServer) {
  const site = regionSite();
  const config = join(site.stateDir, 'bare-proxy.cfg');
  writeFileSync(
    config,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend all
  bind ${address}:8080
  default_backend target
backend target
  server target ${privateAddress}:80
`,
  );
  // nsenter becomes the proxy: its process is the proxy's.
  return start(
    'nsenter',
    [`--net=${namespacePath(site, networkInterfaceId)}`, '--', 'haproxy', '-db', '-f', config],
    { stdio: 'ignore' },
  );
}

function balancerPids(): readonly number[] {
  const site = regionSite();
  return listDaemons(site, 'balancer').flatMap((id) => daemonPids({ site, kind: 'balancer', id }));
}
