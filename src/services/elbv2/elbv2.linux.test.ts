import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { linuxBalancer } from '#/drivers/balancer/linux/balancer.ts';
import type { FixtureCommand } from '#/drivers/balancer/linux/fixture.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { killRegion } from '#/drivers/linux/daemon.ts';
import { memoryMachine } from '#/drivers/machine/memory.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { linuxNetwork } from '#/drivers/network/linux/network.ts';
import { makeWorld, type World } from '#/drivers/network/linux/testing/world.ts';
import { sleep, systemClock } from '#/lib/clock.ts';
import { systemRandom } from '#/lib/random.ts';
import { start } from '#/lib/run.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { elbv2Service } from '#/services/elbv2/service.ts';
import { Store } from '#/store/store.ts';

const account = '123456789012';
const anywhere = [{ CidrIp: '0.0.0.0/0' }];

/** A program in a namespace that listens and asks. */
function startFixture(namespace: string) {
  const { stdin, stdout } = start(
    'nsenter',
    [
      `--net=${namespace}`,
      process.execPath,
      fileURLToPath(new URL('../../drivers/balancer/linux/fixture.ts', import.meta.url)),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  assert.ok(stdin && stdout);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async tell<T = unknown>(command: FixtureCommand): Promise<T> {
      stdin.write(`${JSON.stringify(command)}\n`);
      return JSON.parse(String((await lines.next()).value)) as T; // the fixture's answer to this command
    },
    end: () => stdin.end(),
  };
}

function startRegion(world: World): { region: Region; drivers: Drivers; failures: unknown[] } {
  const clock = systemClock;
  const failures: unknown[] = [];
  // Load balancing and networking use these only; the machines would be those of instances.
  const drivers = {
    network: linuxNetwork({ site: world.site, hostNamespace: world.host }),
    balancer: linuxBalancer({ site: world.site, clock }),
    names: memoryNames(),
    machine: memoryMachine({ clock, random: systemRandom }),
  } as unknown as Drivers;
  const region = createRegion({
    store: new Store(':memory:', clock),
    clock,
    random: systemRandom,
    region: 'eu-west-3',
    account,
    publicPool: world.site.publicPool,
    drivers,
    services: (dependencies) => [ec2Service(dependencies), elbv2Service(dependencies)],
    onFailure: ({ kind, error }) => failures.push([kind, error]),
  });
  return { region, drivers, failures };
}

/** Two public subnets, and groups chained by reference as the reference system has them. */
function makeVpc(region: Region) {
  const { ec2 } = region.callAs(servicePrincipal(account));
  const vpcId = ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId ?? '';
  const gatewayId = ec2.CreateInternetGateway({}).InternetGateway?.InternetGatewayId ?? '';
  ec2.AttachInternetGateway({ InternetGatewayId: gatewayId, VpcId: vpcId });
  const [table] =
    ec2.DescribeRouteTables({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }).RouteTables ?? [];
  ec2.CreateRoute({
    RouteTableId: table?.RouteTableId ?? '',
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: gatewayId,
  });
  const subnetIds = ['a', 'b'].map(
    (zone, index) =>
      ec2.CreateSubnet({
        VpcId: vpcId,
        CidrBlock: `10.0.${index}.0/24`,
        AvailabilityZone: `eu-west-3${zone}`,
      }).Subnet?.SubnetId ?? '',
  );
  const group = (name: string): string =>
    ec2.CreateSecurityGroup({ GroupName: name, Description: name, VpcId: vpcId }).GroupId ?? '';
  const balancerGroup = group('Inventory-LB');
  const appGroup = group('Inventory-App');
  ec2.AuthorizeSecurityGroupIngress({
    GroupId: balancerGroup,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: anywhere }],
  });
  ec2.AuthorizeSecurityGroupIngress({
    GroupId: appGroup,
    IpPermissions: [
      { IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, UserIdGroupPairs: [{ GroupId: balancerGroup }] },
    ],
  });
  return { vpcId, subnetIds, balancerGroup, appGroup };
}

async function until(what: string, holds: () => boolean, failures: readonly unknown[]): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    assert.ok(turn < 600, `${what} never came true; failures: ${failures.map(String).join('; ')}`);
    await sleep(systemClock, 50);
  }
}

test('a request from outside reaches a target through a real balancer, and follows its health', async () => {
  const world = await makeWorld('t-elb2');
  const { region, drivers, failures } = startRegion(world);
  const { ec2, elbv2 } = region.callAs(servicePrincipal(account));
  const fixtures: ReturnType<typeof startFixture>[] = [];
  try {
    await drivers.network.prepare();
    region.runtime.start();
    const { vpcId, subnetIds, balancerGroup, appGroup } = makeVpc(region);
    const targets = subnetIds.map((SubnetId) => {
      const made = ec2.CreateNetworkInterface({ SubnetId, Groups: [appGroup] }).NetworkInterface;
      return { id: made?.NetworkInterfaceId ?? '', address: made?.PrivateIpAddress ?? '' };
    });
    const balancer = elbv2.CreateLoadBalancer({
      Name: 'Inventory-LB',
      Subnets: subnetIds,
      SecurityGroups: [balancerGroup],
    }).LoadBalancers?.[0];
    const TargetGroupArn =
      elbv2.CreateTargetGroup({
        Name: 'Inventory-App',
        Protocol: 'HTTP',
        Port: 8080,
        VpcId: vpcId,
        TargetType: 'ip',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
      }).TargetGroups?.[0]?.TargetGroupArn ?? '';
    elbv2.CreateListener({
      LoadBalancerArn: balancer?.LoadBalancerArn ?? '',
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    });
    const isLinked = ({ id }: { id: string }): boolean =>
      region.store.get(networkInterfaceType, id)?.status.isLinked ?? false;
    await until('the targets are linked', () => targets.every(isLinked), failures);
    for (const { id, address } of targets) {
      const fixture = startFixture(drivers.network.namespaceOf(id));
      fixtures.push(fixture);
      await fixture.tell({ do: 'listen', address, port: 8080 });
    }
    elbv2.RegisterTargets({ TargetGroupArn, Targets: targets.map(({ address }) => ({ Id: address })) });
    const client = startFixture(world.host);
    fixtures.push(client);
    const stateOf = (): string | undefined => elbv2.DescribeLoadBalancers({}).LoadBalancers?.[0]?.State?.Code;
    const healths = (): string =>
      (elbv2.DescribeTargetHealth({ TargetGroupArn }).TargetHealthDescriptions ?? [])
        .map(({ TargetHealth }) => TargetHealth?.State)
        .join();
    await until('the load balancer is active', () => stateOf() === 'active', failures);
    await until('both targets are healthy', () => healths() === 'healthy,healthy', failures);

    const addresses = region.store
      .list(networkInterfaceType)
      .flatMap(({ spec }) => (spec.requester === 'amazon-elb' ? (spec.publicIpAddress ?? []) : []));
    const answers = [];
    for (const address of [...addresses, ...addresses])
      answers.push(
        await client.tell<{ status: number; headers: Record<string, string> }>({
          do: 'get',
          url: `http://${address}/`,
        }),
      );
    await fixtures[0]?.tell({ do: 'health', address: targets[0]?.address ?? '', status: 503 });
    await until('the first target is unhealthy', () => healths() === 'unhealthy,healthy', failures);
    const [first] = elbv2.DescribeTargetHealth({ TargetGroupArn }).TargetHealthDescriptions ?? [];

    assert.equal(addresses.length, 2);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    assert.equal(new Set(answers.map(({ headers }) => headers['x-served-by'])).size, 2);
    assert.equal(first?.TargetHealth?.Reason, 'Target.ResponseCodeMismatch');
    assert.equal(first?.TargetHealth?.Description, 'Health checks failed with these codes: [503]');

    elbv2.DeleteLoadBalancer({ LoadBalancerArn: balancer?.LoadBalancerArn ?? '' });
    await until(
      'the interfaces are gone',
      () => region.store.listAny(networkInterfaceType).every(({ spec }) => spec.requester !== 'amazon-elb'),
      failures,
    );
    assert.deepEqual(await drivers.balancer.list(), []);
  } finally {
    for (const fixture of fixtures) fixture.end();
    await region.runtime.stop();
    await drivers.balancer.destroyAll();
    await drivers.network.destroyAll();
    await killRegion(world.site);
    await world.remove();
  }
});
