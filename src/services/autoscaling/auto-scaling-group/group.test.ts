import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autoscalingService } from '#/services/autoscaling/service.ts';
import { anyType, type Service } from '#/services/contract.ts';
import { simulateCompute, type ComputeSimulation } from '#/services/ec2/compute-simulation.ts';
import { resourceType, type Resource } from '#/store/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

const arn = 'arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/Inventory-App/0123456789abcdef';
const minuteMs = 60_000;

type Targets = Readonly<Record<string, 'initial' | 'healthy' | 'unhealthy' | 'draining'>>;
const targetGroupType = resourceType<
  Resource<'AWS::ElasticLoadBalancingV2::TargetGroup', Record<string, never>, Targets>
>('AWS::ElasticLoadBalancingV2::TargetGroup');

/** A balancer whose targets are as healthy as the test says. */
const balancer = {
  name: 'elbv2',
  operations: {
    DescribeTargetGroups: () => ({ TargetGroups: [{ TargetGroupArn: arn }] }),
    DescribeTargetHealth: (_input, { store }) => ({
      TargetHealthDescriptions: Object.entries(store.get(targetGroupType, arn)?.status ?? {}).map(
        ([Id, State]) => ({ Target: { Id }, TargetHealth: { State } }),
      ),
    }),
    RegisterTargets({ Targets }, { store }) {
      const found = store.get(targetGroupType, arn);
      assert(found);
      const added = Object.fromEntries(Targets.map(({ Id }) => [Id, 'healthy' as const]));
      store.setStatus(found, { ...found.status, ...added });
      return {};
    },
    DeregisterTargets({ Targets }, { store }) {
      const found = store.get(targetGroupType, arn);
      assert(found);
      const left = Object.fromEntries(Targets.map(({ Id }) => [Id, 'draining' as const]));
      store.setStatus(found, { ...found.status, ...left });
      return {};
    },
  },
  types: [anyType(targetGroupType)],
  controllers: [],
  providers: [],
} satisfies Service<'elbv2'>;

async function simulate(): Promise<ComputeSimulation> {
  const sim = await simulateCompute((dependencies) => [autoscalingService(dependencies), balancer]);
  sim.region.store.create(targetGroupType, { id: arn, spec: {}, status: {} });
  for (const UserData of ['djE=', 'djI=']) createVersion(sim, UserData);
  return sim;
}

function createVersion({ call, imageId }: ComputeSimulation, UserData: string): void {
  const LaunchTemplateData = { ImageId: imageId, InstanceType: 't3.micro' as const, UserData };
  const LaunchTemplateName = 'Inventory-LT';
  const exists = (call.ec2.DescribeLaunchTemplates({}).LaunchTemplates ?? []).length > 0;
  if (exists) call.ec2.CreateLaunchTemplateVersion({ LaunchTemplateName, LaunchTemplateData });
  else call.ec2.CreateLaunchTemplate({ LaunchTemplateName, LaunchTemplateData });
}

async function createGroup(
  sim: ComputeSimulation,
  input: Partial<InputOf<AutoscalingApi, 'CreateAutoScalingGroup'>> = {},
): Promise<void> {
  sim.call.autoscaling.CreateAutoScalingGroup({
    AutoScalingGroupName: 'Inventory-ASG',
    LaunchTemplate: { LaunchTemplateName: 'Inventory-LT', Version: '$Latest' },
    MinSize: 2,
    MaxSize: 4,
    VPCZoneIdentifier: sim.subnetIds.join(','),
    Tags: [{ Key: 'Name', Value: 'Inventory-App', PropagateAtLaunch: true }],
    ...input,
  });
  await sim.settle();
}

const withBalancer = { TargetGroupARNs: [arn], HealthCheckType: 'ELB', HealthCheckGracePeriod: 90 };

function describe({ call }: ComputeSimulation) {
  const group = call.autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups?.[0];
  assert(group);
  return group;
}

function members(sim: ComputeSimulation, state = 'InService') {
  return (describe(sim).Instances ?? []).filter(({ LifecycleState }) => LifecycleState === state);
}

function zonesOf(sim: ComputeSimulation): string[] {
  return members(sim)
    .map(({ AvailabilityZone = '' }) => AvailabilityZone)
    .toSorted((a, b) => a.localeCompare(b));
}

function causes({ call }: ComputeSimulation): string[] {
  const { Activities } = call.autoscaling.DescribeScalingActivities({
    AutoScalingGroupName: 'Inventory-ASG',
  });
  return (Activities ?? []).map(({ Cause }) => Cause ?? '');
}

function setTarget(sim: ComputeSimulation, id: string, state: Targets[string] | undefined): void {
  const found = sim.region.store.get(targetGroupType, arn);
  assert(found);
  const { [id]: _, ...others } = found.status;
  sim.region.store.setStatus(found, state === undefined ? others : { ...others, [id]: state });
}

test('a new group launches its desired capacity, spread over the zones', async () => {
  const sim = await simulate();

  await createGroup(sim);

  const zones = zonesOf(sim);
  assert.deepEqual(zones, ['eu-west-3a', 'eu-west-3b']);
  assert.match(
    causes(sim)[0] ?? '',
    /a user request created an AutoScalingGroup changing the desired capacity from 0 to 2\. {2}At .* increasing the capacity from 1 to 2\.$/,
  );
  await sim.stop();
});

test('instances carry the group’s propagated tags and the version they came from', async () => {
  const sim = await simulate();

  await createGroup(sim);

  const [member] = members(sim);
  const instance = sim.call.ec2.DescribeInstances({ InstanceIds: [member?.InstanceId ?? ''] })
    .Reservations?.[0]?.Instances?.[0];
  const tags = Object.fromEntries((instance?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  assert.equal(tags['Name'], 'Inventory-App');
  assert.equal(tags['aws:autoscaling:groupName'], 'Inventory-ASG');
  assert.equal(member?.LaunchTemplate?.Version, '2');
  await sim.stop();
});

test('a group with a target group registers each instance, and the target group goes into service', async () => {
  const sim = await simulate();

  await createGroup(sim, withBalancer);

  assert.equal(members(sim).length, 2);
  assert.deepEqual(Object.values(sim.region.store.get(targetGroupType, arn)?.status ?? {}), [
    'healthy',
    'healthy',
  ]);
  const { LoadBalancerTargetGroups } = sim.call.autoscaling.DescribeLoadBalancerTargetGroups({
    AutoScalingGroupName: 'Inventory-ASG',
  });
  assert.equal(LoadBalancerTargetGroups?.[0]?.State, 'InService');
  await sim.stop();
});

test('an instance that a user terminates is replaced in its zone', async () => {
  const sim = await simulate();
  await createGroup(sim);
  const [victim] = members(sim);

  sim.call.ec2.TerminateInstances({ InstanceIds: [victim?.InstanceId ?? ''] });
  await sim.advance(5_000);

  const ids = members(sim).map(({ InstanceId }) => InstanceId);
  assert.equal(ids.length, 2);
  assert(!ids.includes(victim?.InstanceId));
  assert.deepEqual(zonesOf(sim), ['eu-west-3a', 'eu-west-3b']);
  const [launched, ended] = causes(sim);
  assert.match(
    launched ?? '',
    /an instance was launched in response to an unhealthy instance needing to be replaced\.$/,
  );
  assert.match(
    ended ?? '',
    /in response to an EC2 health check indicating it has been terminated or stopped\.$/,
  );
  await sim.stop();
});

test('an instance whose machine dies is replaced', async () => {
  const sim = await simulate();
  await createGroup(sim);
  const [victim] = members(sim);

  sim.machines.kill(victim?.InstanceId ?? '', 'killed');
  await sim.advance(5_000);

  assert.equal(members(sim).length, 2);
  assert.equal(await sim.machines.inspect(victim?.InstanceId ?? ''), undefined);
  await sim.stop();
});

test('an unhealthy target is left alone in the grace period and replaced after it', async () => {
  const sim = await simulate();
  await createGroup(sim, withBalancer);
  const [victim] = members(sim);
  const id = victim?.InstanceId ?? '';

  setTarget(sim, id, 'unhealthy');
  await sim.advance(89_000);
  const inGrace = members(sim).map(({ InstanceId }) => InstanceId);
  await sim.advance(2_000);
  const after = members(sim, 'Terminating').map(({ InstanceId }) => InstanceId);

  assert(inGrace.includes(id));
  assert.deepEqual(after, [id]);
  assert.match(
    causes(sim).find((cause) => cause.includes('taken out')) ?? '',
    /ELB system health check failure\.$/,
  );
  assert.equal(members(sim).length, 2);
  await sim.stop();
});

test('a terminating instance keeps its machine until it is drained', async () => {
  const sim = await simulate();
  await createGroup(sim, withBalancer);
  await sim.advance(2 * minuteMs);
  const id = members(sim)[0]?.InstanceId ?? '';
  setTarget(sim, id, 'unhealthy');

  await sim.advance(5 * minuteMs);
  const whileDraining = (await sim.machines.inspect(id))?.state;
  setTarget(sim, id, undefined);
  await sim.advance(5_000);

  assert.equal(whileDraining, 'running');
  assert.equal(await sim.machines.inspect(id), undefined);
  assert.deepEqual(members(sim, 'Terminating'), []);
  await sim.stop();
});

test('with EC2 checks only, an instance whose application is broken stays', async () => {
  const sim = await simulate();
  await createGroup(sim, { TargetGroupARNs: [arn] });
  const before = members(sim).map(({ InstanceId }) => InstanceId);

  setTarget(sim, before[0] ?? '', 'unhealthy');
  await sim.advance(10 * minuteMs);

  assert.deepEqual(
    members(sim).map(({ InstanceId }) => InstanceId),
    before,
  );
  await sim.stop();
});

test('two unhealthy targets of a small group are replaced one after the other', async () => {
  const sim = await simulate();
  await createGroup(sim, withBalancer);
  await sim.advance(2 * minuteMs);
  for (const { InstanceId = '' } of members(sim)) setTarget(sim, InstanceId, 'unhealthy');

  // The first look may replace one only: its replacement is not in service in the same moment.
  const seen: number[] = [];
  sim.region.store.watch(() => seen.push(members(sim).length));
  await sim.advance(minuteMs);

  assert(Math.min(...seen) >= 1);
  assert.equal(members(sim).length, 2);
  await sim.stop();
});

test('a larger and a smaller desired capacity are followed, newest zone balance kept', async () => {
  const sim = await simulate();
  await createGroup(sim);

  sim.call.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: 'Inventory-ASG', DesiredCapacity: 4 });
  await sim.settle();
  const grown = members(sim).length;
  sim.call.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: 'Inventory-ASG', DesiredCapacity: 2 });
  await sim.advance(5_000);

  assert.equal(grown, 4);
  assert.deepEqual(zonesOf(sim), ['eu-west-3a', 'eu-west-3b']);
  assert.match(
    causes(sim)[0] ?? '',
    /changing the desired capacity from 4 to 2\. .*shrinking the capacity from 3 to 2\. .*was selected for termination\.$/,
  );
  await sim.stop();
});

test('a launch that is refused is a failed activity and is tried again later', async () => {
  const sim = await simulate();
  sim.call.ec2.CreateKeyPair({ KeyName: 'lost' });
  sim.call.ec2.CreateLaunchTemplate({
    LaunchTemplateName: 'Broken-LT',
    LaunchTemplateData: { ImageId: sim.imageId, InstanceType: 't3.micro', KeyName: 'lost' },
  });
  sim.call.ec2.DeleteKeyPair({ KeyName: 'lost' });

  await createGroup(sim, {
    LaunchTemplate: { LaunchTemplateName: 'Broken-LT', Version: '1' },
    MinSize: 1,
  });
  const [failed] = sim.call.autoscaling.DescribeScalingActivities({}).Activities ?? [];
  sim.call.ec2.CreateKeyPair({ KeyName: 'lost' });
  await sim.advance(minuteMs);

  assert.equal(failed?.StatusCode, 'Failed');
  assert.equal(failed?.StatusMessage, "The key pair 'lost' does not exist. Launching EC2 instance failed.");
  assert.equal(members(sim).length, 1);
  await sim.stop();
});

test('suspended processes are not done', async () => {
  const sim = await simulate();
  await createGroup(sim);
  const [victim] = members(sim);
  sim.call.autoscaling.SuspendProcesses({
    AutoScalingGroupName: 'Inventory-ASG',
    ScalingProcesses: ['Launch'],
  });

  sim.call.ec2.TerminateInstances({ InstanceIds: [victim?.InstanceId ?? ''] });
  await sim.advance(minuteMs);
  const suspended = members(sim).length;
  sim.call.autoscaling.ResumeProcesses({
    AutoScalingGroupName: 'Inventory-ASG',
    ScalingProcesses: ['Launch'],
  });
  await sim.settle();

  assert.equal(suspended, 1);
  assert.equal(members(sim).length, 2);
  await sim.stop();
});

test('a group that is deleted by force ends its instances and then itself', async () => {
  const sim = await simulate();
  await createGroup(sim, withBalancer);

  assert.throws(
    () => sim.call.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: 'Inventory-ASG' }),
    {
      code: 'ResourceInUse',
    },
  );
  sim.call.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: 'Inventory-ASG', ForceDelete: true });
  const shown = describe(sim).Status;
  await sim.advance(10_000);

  assert.equal(shown, 'Delete in progress');
  assert.deepEqual(sim.call.autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups, []);
  assert.equal((await sim.machines.list()).length, 0);
  await sim.stop();
});

test('a user’s termination with decrement shrinks the group', async () => {
  const sim = await simulate();
  await createGroup(sim, { MinSize: 1, DesiredCapacity: 2 });
  const [victim] = members(sim);

  const { Activity } = sim.call.autoscaling.TerminateInstanceInAutoScalingGroup({
    InstanceId: victim?.InstanceId ?? '',
    ShouldDecrementDesiredCapacity: true,
  });
  await sim.advance(5_000);

  assert.match(
    Activity?.Cause ?? '',
    /was taken out of service in response to a user request, shrinking the capacity from 2 to 1\.$/,
  );
  assert.equal(describe(sim).DesiredCapacity, 1);
  assert.equal(members(sim).length, 1);
  await sim.stop();
});

test('a detached instance goes on running without its group', async () => {
  const sim = await simulate();
  await createGroup(sim, { MinSize: 1, DesiredCapacity: 2 });
  const id = members(sim)[0]?.InstanceId ?? '';

  sim.call.autoscaling.DetachInstances({
    AutoScalingGroupName: 'Inventory-ASG',
    InstanceIds: [id],
    ShouldDecrementDesiredCapacity: true,
  });
  await sim.settle();

  assert(!members(sim).some(({ InstanceId }) => InstanceId === id));
  assert.equal((await sim.machines.inspect(id))?.state, 'running');
  await sim.stop();
});

test('an instance goes to standby out of the balancer and comes back', async () => {
  const sim = await simulate();
  await createGroup(sim, { ...withBalancer, MinSize: 1, DesiredCapacity: 2 });
  const [stays = '', moves = ''] = members(sim).map(({ InstanceId = '' }) => InstanceId);

  sim.call.autoscaling.EnterStandby({
    AutoScalingGroupName: 'Inventory-ASG',
    InstanceIds: [moves],
    ShouldDecrementDesiredCapacity: true,
  });
  await sim.settle();
  setTarget(sim, moves, undefined);
  await sim.settle();
  const standby = members(sim, 'Standby').map(({ InstanceId }) => InstanceId);
  const serving = members(sim).map(({ InstanceId }) => InstanceId);
  sim.call.autoscaling.ExitStandby({ AutoScalingGroupName: 'Inventory-ASG', InstanceIds: [moves] });
  await sim.settle();

  assert.deepEqual([standby, serving], [[moves], [stays]]);
  assert.deepEqual(new Set(members(sim).map(({ InstanceId }) => InstanceId)), new Set([stays, moves]));
  assert.equal((await sim.machines.list()).length, 2);
  await sim.stop();
});

for (const policy of ['OldestInstance', 'NewestInstance']) {
  test(`${policy} decides who is scaled in`, async () => {
    const sim = await simulate();
    await createGroup(sim, { MinSize: 1, DesiredCapacity: 1, TerminationPolicies: [policy] });
    const oldest = members(sim)[0]?.InstanceId;
    await sim.advance(minuteMs);
    sim.call.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: 'Inventory-ASG', DesiredCapacity: 2 });
    await sim.settle();

    sim.call.autoscaling.SetDesiredCapacity({ AutoScalingGroupName: 'Inventory-ASG', DesiredCapacity: 1 });
    await sim.advance(5_000);

    assert.equal(members(sim)[0]?.InstanceId === oldest, policy === 'NewestInstance');
    await sim.stop();
  });
}

test('a group that leaves a zone moves its instances and comes to rest', async () => {
  const sim = await simulate();
  await createGroup(sim);

  sim.call.autoscaling.UpdateAutoScalingGroup({
    AutoScalingGroupName: 'Inventory-ASG',
    VPCZoneIdentifier: sim.subnetIds[0],
  });
  await sim.advance(minuteMs);
  const activitiesBefore = causes(sim).length;
  await sim.advance(5 * minuteMs);

  assert.deepEqual(zonesOf(sim), ['eu-west-3a', 'eu-west-3a']);
  assert.equal(causes(sim).length, activitiesBefore);
  await sim.stop();
});
