import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { simElb, type SimElb } from '#/services/elbv2/testing.ts';

interface Made {
  readonly sim: SimElb;
  readonly loadBalancerArn: string;
  readonly targetGroupArn: string;
  readonly listenerArn: string;
}

/** The reference system's load balancer, target group and listener, with two instances registered. */
async function makeInventory(): Promise<Made> {
  const sim = simElb();
  sim.addInstance('i-1', 'a', '10.0.0.11');
  sim.addInstance('i-2', 'b', '10.0.1.12');
  const loadBalancerArn =
    sim.elbv2.CreateLoadBalancer({
      Name: 'Inventory-LB',
      Subnets: ['subnet-a', 'subnet-b'],
      SecurityGroups: ['sg-web'],
    }).LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const targetGroupArn =
    sim.elbv2.CreateTargetGroup({
      Name: 'Inventory-App',
      Protocol: 'HTTP',
      Port: 80,
      VpcId: 'vpc-1',
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }).TargetGroups?.[0]?.TargetGroupArn ?? '';
  sim.elbv2.RegisterTargets({ TargetGroupArn: targetGroupArn, Targets: [{ Id: 'i-1' }, { Id: 'i-2' }] });
  const listenerArn =
    sim.elbv2.CreateListener({
      LoadBalancerArn: loadBalancerArn,
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
    }).Listeners?.[0]?.ListenerArn ?? '';
  return { sim, loadBalancerArn, targetGroupArn, listenerArn };
}

function stateOf({ sim, loadBalancerArn }: Made): string | undefined {
  const { LoadBalancers } = sim.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [loadBalancerArn] });
  return LoadBalancers?.[0]?.State?.Code;
}

function healthOf({ sim, targetGroupArn }: Made): Record<string, string> {
  const { TargetHealthDescriptions } = sim.elbv2.DescribeTargetHealth({ TargetGroupArn: targetGroupArn });
  return Object.fromEntries(
    (TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => [
      Target?.Id,
      [TargetHealth?.State, TargetHealth?.Reason].filter(Boolean).join(' '),
    ]),
  );
}

test('a load balancer is active when its nodes run, and its targets are healthy when both nodes say so', async () => {
  const made = await makeInventory();
  assert.equal(stateOf(made), 'provisioning');
  assert.equal(healthOf(made)['i-1'], 'initial Elb.RegistrationInProgress');

  await made.sim.settle();
  const early = healthOf(made);
  await made.sim.advance(1_000);

  assert.equal(stateOf(made), 'active');
  assert.equal(early['i-1'], 'initial Elb.InitialHealthChecking');
  assert.deepEqual(healthOf(made), { 'i-1': 'healthy', 'i-2': 'healthy' });
});

test('a load balancer has an interface in each zone, and its name leads to their public addresses', async () => {
  const { sim, loadBalancerArn } = await makeInventory();
  await sim.settle();

  const managed = sim.store.list(networkInterfaceType).filter(({ spec }) => spec.requester === 'amazon-elb');
  const { LoadBalancers } = sim.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [loadBalancerArn] });
  const balancerId = loadBalancerArn.split('/').at(-1);
  const view = sim.names.views.get(`public-elb-${balancerId}`);

  assert.deepEqual(
    managed.map(({ spec }) => spec.subnetId),
    ['subnet-a', 'subnet-b'],
  );
  assert.equal(managed[0]?.spec.description, `ELB app/Inventory-LB/${balancerId}`);
  assert.match(LoadBalancers?.[0]?.DNSName ?? '', /^Inventory-LB-\d+\.eu-west-3\.elb\.amazonaws\.com$/);
  assert.deepEqual(view?.records, [
    {
      name: LoadBalancers?.[0]?.DNSName?.toLowerCase(),
      ttlSeconds: 60,
      data: { type: 'A', addresses: managed.map(({ spec }) => spec.publicIpAddress) },
    },
  ]);
});

test('a target whose checks fail becomes unhealthy, and healthy after its threshold', async () => {
  const made = await makeInventory();
  await made.sim.settle();
  await made.sim.advance(1_000);

  made.sim.sick.add('10.0.0.11');
  await made.sim.advance(21_000);
  const sick = healthOf(made);
  made.sim.sick.clear();
  await made.sim.advance(21_000);

  assert.deepEqual(sick, { 'i-1': 'unhealthy Target.FailedHealthChecks', 'i-2': 'healthy' });
  assert.deepEqual(healthOf(made), { 'i-1': 'healthy', 'i-2': 'healthy' });
});

test('a deregistered target drains for the delay and is then gone', async () => {
  const made = await makeInventory();
  const { sim, targetGroupArn } = made;
  sim.elbv2.ModifyTargetGroupAttributes({
    TargetGroupArn: targetGroupArn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '20' }],
  });
  await sim.settle();
  await sim.advance(1_000);

  sim.elbv2.DeregisterTargets({ TargetGroupArn: targetGroupArn, Targets: [{ Id: 'i-1' }] });
  assert.equal(healthOf(made)['i-1'], 'draining Target.DeregistrationInProgress');
  await sim.advance(19_000);
  const late = healthOf(made);
  await sim.advance(2_000);

  assert.equal(late['i-1'], 'draining Target.DeregistrationInProgress');
  assert.deepEqual(healthOf(made), { 'i-2': 'healthy' });
  const { TargetHealthDescriptions } = sim.elbv2.DescribeTargetHealth({
    TargetGroupArn: targetGroupArn,
    Targets: [{ Id: 'i-1' }],
  });
  assert.equal(TargetHealthDescriptions?.[0]?.TargetHealth?.Reason, 'Target.NotRegistered');
});

test('a stopped instance is unused, a terminated one is deregistered without being asked', async () => {
  const made = await makeInventory();
  const { sim } = made;
  await sim.settle();
  await sim.advance(1_000);

  sim.setInstance('i-1', 'stopped');
  await sim.settle();
  const stopped = healthOf(made);
  const instance = sim.store.get(instanceType, 'i-2');
  assert.ok(instance);
  sim.store.setSpec(instance, { ...instance.spec, wish: 'terminated' });
  await sim.settle();
  const terminating = healthOf(made);
  sim.setInstance('i-2', 'terminated');
  await sim.settle();

  assert.equal(stopped['i-1'], 'unused Target.InvalidState');
  assert.equal(terminating['i-2'], 'draining Target.DeregistrationInProgress');
  assert.deepEqual(Object.keys(healthOf(made)), ['i-1']);
});

test('a target group that no listener uses has unused targets', async () => {
  const made = await makeInventory();
  const { sim, listenerArn } = made;
  await sim.settle();

  sim.elbv2.DeleteListener({ ListenerArn: listenerArn });
  await sim.settle();

  assert.equal(healthOf(made)['i-1'], 'unused Target.NotInUse');
});

test('rules reach the nodes by ascending priority, the default rule last', async () => {
  const { sim, listenerArn, loadBalancerArn, targetGroupArn } = await makeInventory();
  for (const [priority, path] of [
    [20, '/b*'],
    [10, '/a*'],
  ] as const)
    sim.elbv2.CreateRule({
      ListenerArn: listenerArn,
      Priority: priority,
      Conditions: [{ Field: 'path-pattern', Values: [path] }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', MessageBody: path } }],
    });
  await sim.settle();

  const { Rules } = sim.elbv2.DescribeRules({ ListenerArn: listenerArn });
  const balancerId = loadBalancerArn.split('/').at(-1);
  const node = sim.balancer.nodeOf(`Inventory-LB.${balancerId}.eu-west-3a`);

  assert.deepEqual(
    Rules?.map(({ Priority }) => Priority),
    ['10', '20', 'default'],
  );
  assert.deepEqual(Rules?.[2]?.Actions?.[0]?.TargetGroupArn, targetGroupArn);
  assert.deepEqual(
    node?.listeners[0]?.rules.map(({ priority }) => priority),
    [10, 20, undefined],
  );
  assert.throws(
    () =>
      sim.elbv2.CreateRule({
        ListenerArn: listenerArn,
        Priority: 10,
        Conditions: [{ Field: 'path-pattern', Values: ['/c'] }],
        Actions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
      }),
    { code: 'PriorityInUse' },
  );
});

test('a node that dies is started again', async () => {
  const made = await makeInventory();
  const { sim, loadBalancerArn } = made;
  await sim.settle();
  const id = `Inventory-LB.${loadBalancerArn.split('/').at(-1)}.eu-west-3a`;

  sim.balancer.kill(id);
  await sim.settle();

  assert.equal((await sim.balancer.inspect(id))?.isRunning, true);
  assert.equal(stateOf(made), 'active');
});

test('a deleted load balancer is gone at once, with its nodes, its interfaces and its name', async () => {
  const { sim, loadBalancerArn, targetGroupArn } = await makeInventory();
  await sim.settle();

  sim.elbv2.DeleteLoadBalancer({ LoadBalancerArn: loadBalancerArn });
  assert.throws(() => sim.elbv2.DescribeLoadBalancers({ LoadBalancerArns: [loadBalancerArn] }), {
    code: 'LoadBalancerNotFound',
  });
  await sim.settle();

  assert.deepEqual(await sim.balancer.list(), []);
  assert.deepEqual(await sim.names.list(), []);
  assert.equal(sim.store.list(networkInterfaceType).filter(({ spec }) => spec.requester).length, 0);
  sim.elbv2.DeleteTargetGroup({ TargetGroupArn: targetGroupArn });
  assert.throws(() => sim.elbv2.DescribeTargetGroups({ TargetGroupArns: [targetGroupArn] }), {
    code: 'TargetGroupNotFound',
  });
});

test('what cannot be is refused with the code that AWS gives', async () => {
  const { sim, loadBalancerArn, targetGroupArn } = await makeInventory();

  const refusals: readonly [string, () => unknown][] = [
    ['ValidationError', () => sim.elbv2.CreateLoadBalancer({ Name: 'one', Subnets: ['subnet-a'] })],
    [
      'SubnetNotFound',
      () => sim.elbv2.CreateLoadBalancer({ Name: 'one', Subnets: ['subnet-x', 'subnet-a'] }),
    ],
    [
      'DuplicateLoadBalancerName',
      () =>
        sim.elbv2.CreateLoadBalancer({
          Name: 'Inventory-LB',
          Subnets: ['subnet-a', 'subnet-b'],
          Scheme: 'internal',
        }),
    ],
    [
      'DuplicateListener',
      () =>
        sim.elbv2.CreateListener({
          LoadBalancerArn: loadBalancerArn,
          Port: 80,
          Protocol: 'HTTP',
          DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
        }),
    ],
    ['ResourceInUse', () => sim.elbv2.DeleteTargetGroup({ TargetGroupArn: targetGroupArn })],
    [
      'InvalidTarget',
      () => sim.elbv2.RegisterTargets({ TargetGroupArn: targetGroupArn, Targets: [{ Id: 'i-404' }] }),
    ],
  ];

  for (const [code, call] of refusals) assert.throws(call, { code });
});
