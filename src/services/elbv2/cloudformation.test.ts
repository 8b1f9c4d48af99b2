import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#/lib/random.ts';
import { systemClock } from '#/lib/clock.ts';
import { servicePrincipal } from '#/region.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { account, simElb, type SimElb } from '#/services/elbv2/testing.ts';

function contextOf({ region }: SimElb): ProviderContext {
  return {
    call: region.callAs(servicePrincipal(account)),
    random: seededRandom(3),
    clock: systemClock,
    region: region.name,
    account,
    stackName: 'Inventory',
    stackId: 'arn:aws:cloudformation:eu-west-3:123456789012:stack/Inventory/1',
    logicalId: 'X',
    tags: { 'aws:cloudformation:stack-name': 'Inventory' },
    physicalName: (lengthMax) => 'Inventory-X-ABCDEFGHIJKL'.slice(0, lengthMax),
  };
}

function providerOf({ region }: SimElb, type: string): ResourceProvider {
  const found = region.services
    .flatMap(({ providers }) => providers)
    .find((each) => each.type === `AWS::ElasticLoadBalancingV2::${type}`);
  assert.ok(found);
  return found;
}

/** A stack's load balancing, with numbers as text as a template may have them. */
async function createAll(sim: SimElb) {
  const context = contextOf(sim);
  const create = (type: string, properties: Properties): string =>
    providerOf(sim, type).create(properties, context);
  sim.addInstance('i-1', 'a', '10.0.0.11');
  const loadBalancerArn = create('LoadBalancer', {
    Scheme: 'internet-facing',
    Type: 'application',
    Subnets: ['subnet-a', 'subnet-b'],
    SecurityGroups: ['sg-web'],
    LoadBalancerAttributes: [{ Key: 'idle_timeout.timeout_seconds', Value: 30 }],
  });
  const targetGroupArn = create('TargetGroup', {
    Port: '80',
    Protocol: 'HTTP',
    VpcId: 'vpc-1',
    HealthCheckIntervalSeconds: '10',
    HealthCheckPort: 8080,
    Matcher: { HttpCode: 200 },
    Targets: [{ Id: 'i-1', Port: '8080' }],
    TargetGroupAttributes: [{ Key: 'stickiness.enabled', Value: 'false' }],
  });
  const listenerArn = create('Listener', {
    LoadBalancerArn: loadBalancerArn,
    Port: '80',
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
  const ruleArn = create('ListenerRule', {
    ListenerArn: listenerArn,
    Priority: '5',
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/old'] } }],
    Actions: [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Port: '8080' } }],
  });
  await sim.settle();
  return { context, loadBalancerArn, targetGroupArn, listenerArn, ruleArn };
}

test('a stack makes load balancing that becomes stable, and its attributes can be asked for', async () => {
  const sim = simElb();
  const { context, loadBalancerArn, targetGroupArn, listenerArn, ruleArn } = await createAll(sim);

  const loadBalancer = providerOf(sim, 'LoadBalancer');
  const { Rules } = sim.elbv2.DescribeRules({ RuleArns: [ruleArn] });
  const { TargetHealthDescriptions } = sim.elbv2.DescribeTargetHealth({ TargetGroupArn: targetGroupArn });

  assert.deepEqual(loadBalancer.stability(loadBalancerArn, context), { state: 'stable' });
  const attributes = loadBalancer.attributes(loadBalancerArn, context);
  assert.match(String(attributes['DNSName']), /\.eu-west-3\.elb\.amazonaws\.com$/);
  assert.equal(attributes['LoadBalancerFullName'], loadBalancerArn.split(':loadbalancer/')[1]);
  assert.deepEqual(providerOf(sim, 'TargetGroup').attributes(targetGroupArn, context)['LoadBalancerArns'], [
    loadBalancerArn,
  ]);
  assert.equal(providerOf(sim, 'Listener').attributes(listenerArn, context)['ListenerArn'], listenerArn);
  assert.equal(Rules?.[0]?.Priority, '5');
  assert.equal(Rules?.[0]?.Actions?.[0]?.RedirectConfig?.Port, '8080');
  assert.deepEqual(TargetHealthDescriptions?.[0]?.Target, { Id: 'i-1', Port: 8080 });
});

test('an update changes targets and health checks in place, and deleting leaves nothing', async () => {
  const sim = simElb();
  const { context, loadBalancerArn, targetGroupArn, listenerArn, ruleArn } = await createAll(sim);
  sim.addInstance('i-2', 'b', '10.0.1.12');

  providerOf(sim, 'TargetGroup').update?.(
    targetGroupArn,
    { HealthCheckPath: '/health', Targets: [{ Id: 'i-2', Port: 8080 }] },
    { Targets: [{ Id: 'i-1', Port: '8080' }] },
    context,
  );
  const group = sim.elbv2.DescribeTargetGroups({ TargetGroupArns: [targetGroupArn] }).TargetGroups?.[0];
  const health = sim.elbv2.DescribeTargetHealth({ TargetGroupArn: targetGroupArn }).TargetHealthDescriptions;
  for (const [type, arn] of [
    ['ListenerRule', ruleArn],
    ['Listener', listenerArn],
    ['TargetGroup', targetGroupArn],
    ['LoadBalancer', loadBalancerArn],
  ] as const)
    providerOf(sim, type).delete(arn, context);
  await sim.settle();

  assert.equal(group?.HealthCheckPath, '/health');
  assert.deepEqual(
    health?.map(({ Target, TargetHealth }) => [Target?.Id, TargetHealth?.State]),
    [
      ['i-1', 'draining'],
      ['i-2', 'initial'],
    ],
  );
  assert.equal(providerOf(sim, 'LoadBalancer').gone?.(loadBalancerArn, context), true);
  assert.deepEqual(await sim.balancer.list(), []);
});
