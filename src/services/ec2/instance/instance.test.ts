import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateCompute, type ComputeSimulation } from '#/services/ec2/compute-simulation.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

function run(
  { call, imageId, subnetIds }: ComputeSimulation,
  input: Partial<InputOf<Ec2Api, 'RunInstances'>> = {},
): string {
  const answer = call.ec2.RunInstances({
    ImageId: imageId,
    InstanceType: 't3.micro',
    SubnetId: subnetIds[0],
    MinCount: 1,
    MaxCount: 1,
    ...input,
  });
  return answer.Instances?.[0]?.InstanceId ?? '';
}

function describe({ call }: ComputeSimulation, id: string) {
  const instance = call.ec2.DescribeInstances({ InstanceIds: [id] }).Reservations?.[0]?.Instances?.[0];
  assert(instance);
  return instance;
}

async function bootsOf({ machines }: ComputeSimulation, id: string): Promise<number> {
  return (await machines.console(id)).split(' boots ').length - 1;
}

test('a launched instance is pending at once and running when its machine runs', async () => {
  const sim = await simulateCompute();

  const id = run(sim);
  const before = describe(sim, id).State?.Name;
  await sim.settle();

  assert.equal(before, 'pending');
  assert.equal(describe(sim, id).State?.Name, 'running');
  assert.equal((await sim.machines.inspect(id))?.state, 'running');
  await sim.stop();
});

test('a launched instance has an address of its subnet, and a public one where the subnet says so', async () => {
  const sim = await simulateCompute();

  const [first, second] = sim.subnetIds.map((SubnetId) => run(sim, { SubnetId }));
  await sim.settle();

  const inFirst = describe(sim, first ?? '');
  assert.match(inFirst.PrivateIpAddress ?? '', /^10\.0\.1\.\d+$/);
  assert.match(inFirst.PublicIpAddress ?? '', /^198\.18\.7\.\d+$/);
  assert.equal(
    inFirst.PrivateDnsName,
    `ip-${inFirst.PrivateIpAddress?.replaceAll('.', '-')}.eu-west-3.compute.internal`,
  );
  assert.equal(describe(sim, second ?? '').PublicIpAddress, undefined);
  await sim.stop();
});

test('status checks are 2/2 when the guest answers, and impaired when it no longer does', async () => {
  const sim = await simulateCompute();
  const id = run(sim);
  await sim.settle();
  const statusOf = () => {
    const [status] = sim.call.ec2.DescribeInstanceStatus({ InstanceIds: [id] }).InstanceStatuses ?? [];
    return [status?.SystemStatus?.Status, status?.InstanceStatus?.Status];
  };

  const healthy = statusOf();
  sim.network.setAnswering(describe(sim, id).NetworkInterfaces?.[0]?.NetworkInterfaceId ?? '', false);
  await sim.advance(60_000);

  assert.deepEqual(healthy, ['ok', 'ok']);
  assert.deepEqual(statusOf(), ['ok', 'impaired']);
  await sim.stop();
});

test('a terminated instance is shutting down at once, keeps serving a moment, and is shown for an hour', async () => {
  const sim = await simulateCompute();
  const id = run(sim);
  await sim.settle();

  const [change] = sim.call.ec2.TerminateInstances({ InstanceIds: [id] }).TerminatingInstances ?? [];
  await sim.advance(1_000);
  const machineAfterASecond = (await sim.machines.inspect(id))?.state;
  await sim.advance(1_000);
  const terminated = describe(sim, id);
  await sim.advance(3_600_000);

  assert.deepEqual([change?.PreviousState?.Name, change?.CurrentState?.Name], ['running', 'shutting-down']);
  assert.equal(machineAfterASecond, 'running');
  assert.equal(terminated.State?.Name, 'terminated');
  assert.equal(terminated.StateReason?.Code, 'Client.UserInitiatedShutdown');
  assert.match(terminated.StateTransitionReason ?? '', /^User initiated \(2026-01-31 12:00:\d\d GMT\)$/);
  assert.deepEqual(terminated.NetworkInterfaces, []);
  assert.equal((await sim.machines.list()).length, 0);
  assert.deepEqual(sim.call.ec2.DescribeInstances({}).Reservations, []);
  await sim.stop();
});

test('a stopped instance keeps its disk and address, and starts again', async () => {
  const sim = await simulateCompute();
  const id = run(sim);
  await sim.settle();
  const address = describe(sim, id).PrivateIpAddress;

  sim.call.ec2.StopInstances({ InstanceIds: [id] });
  await sim.advance(2_000);
  const stopped = describe(sim, id).State?.Name;
  sim.call.ec2.StartInstances({ InstanceIds: [id] });
  await sim.settle();

  assert.equal(stopped, 'stopped');
  assert.equal(describe(sim, id).State?.Name, 'running');
  assert.equal(describe(sim, id).PrivateIpAddress, address);
  assert.equal(await bootsOf(sim, id), 2);
  await sim.stop();
});

test('a reboot boots the machine once more and the instance stays running', async () => {
  const sim = await simulateCompute();
  const id = run(sim);
  await sim.settle();

  sim.call.ec2.RebootInstances({ InstanceIds: [id] });
  await sim.settle();

  assert.equal(describe(sim, id).State?.Name, 'running');
  assert.equal(await bootsOf(sim, id), 2);
  await sim.stop();
});

for (const { ending, input, state, reason } of [
  { ending: 'poweroff', input: {}, state: 'stopped', reason: 'Client.InstanceInitiatedShutdown' },
  {
    ending: 'poweroff',
    input: { InstanceInitiatedShutdownBehavior: 'terminate' },
    state: 'terminated',
    reason: 'Client.InstanceInitiatedShutdown',
  },
  { ending: 'killed', input: {}, state: 'stopped', reason: 'Server.InternalError' },
  { ending: 'reboot', input: {}, state: 'running', reason: undefined },
] as const) {
  test(`a machine that ended by ${ending} ${JSON.stringify(input)} leaves its instance ${state}`, async () => {
    const sim = await simulateCompute();
    const id = run(sim, input);
    await sim.settle();

    sim.machines.kill(id, ending);
    await sim.settle();

    assert.equal(describe(sim, id).State?.Name, state);
    assert.equal(describe(sim, id).StateReason?.Code, reason);
    await sim.stop();
  });
}

test('the same client token launches once, and other parameters with it are refused', async () => {
  const sim = await simulateCompute();

  const [first, second] = [run(sim, { ClientToken: 'once' }), run(sim, { ClientToken: 'once' })];

  assert.equal(second, first);
  assert.throws(() => run(sim, { ClientToken: 'once', InstanceType: 't3.small' }), {
    code: 'IdempotentParameterMismatch',
  });
  await sim.stop();
});

test('a launch template gives what the request does not, and marks the instance', async () => {
  const sim = await simulateCompute();
  const created = sim.call.ec2.CreateLaunchTemplate({
    LaunchTemplateName: 'Inventory-LT',
    LaunchTemplateData: {
      ImageId: sim.imageId,
      InstanceType: 't3.small',
      UserData: 'djE=',
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'Inventory-App' }] }],
    },
  });
  sim.call.ec2.CreateLaunchTemplateVersion({
    LaunchTemplateName: 'Inventory-LT',
    SourceVersion: '1',
    LaunchTemplateData: { UserData: 'djI=' },
  });
  const LaunchTemplate = { LaunchTemplateName: 'Inventory-LT', Version: '$Latest' };

  const answer = sim.call.ec2.RunInstances({
    MinCount: 1,
    MaxCount: 1,
    SubnetId: sim.subnetIds[0],
    LaunchTemplate,
    InstanceType: 't3.micro',
  });
  const instance = answer.Instances?.[0];
  await sim.settle();

  assert.equal(instance?.InstanceType, 't3.micro');
  assert.equal(sim.machines.metadataOf(instance?.InstanceId ?? '')?.userData, 'djI=');
  assert.deepEqual(instance?.Tags, [
    { Key: 'Name', Value: 'Inventory-App' },
    { Key: 'aws:ec2launchtemplate:id', Value: created.LaunchTemplate?.LaunchTemplateId },
    { Key: 'aws:ec2launchtemplate:version', Value: '2' },
  ]);
  await sim.stop();
});

test('the metadata service is told who the instance is', async () => {
  const sim = await simulateCompute();
  const id = run(sim, { UserData: 'IyEvYmluL3No' });
  await sim.settle();

  const metadata = sim.machines.metadataOf(id);

  assert.equal(metadata?.metaData['instance-id'], id);
  assert.equal(metadata?.metaData['placement/availability-zone'], 'eu-west-3a');
  assert.equal(metadata?.metaData['placement/availability-zone-id'], 'euw3-az1');
  assert.equal(metadata?.metaData['local-ipv4'], describe(sim, id).PrivateIpAddress);
  assert.equal(metadata?.userData, 'IyEvYmluL3No');
  assert.equal(metadata?.identityDocument['instanceId'], id);
  assert.equal(metadata?.tokensRequired, true);
  await sim.stop();
});

test('what is not there is refused in AWS’s words', async () => {
  const sim = await simulateCompute();

  assert.throws(() => run(sim, { ImageId: 'ami-0123456789abcdef0' }), {
    code: 'InvalidAMIID.NotFound',
    message: "The image id '[ami-0123456789abcdef0]' does not exist",
  });
  assert.throws(() => run(sim, { SubnetId: 'subnet-1' }), { code: 'InvalidSubnetID.NotFound' });
  assert.throws(() => sim.call.ec2.TerminateInstances({ InstanceIds: ['i-0123456789abcdef0'] }), {
    code: 'InvalidInstanceID.NotFound',
    message: "The instance ID 'i-0123456789abcdef0' does not exist",
  });
  assert.throws(() => run(sim, { DryRun: true }), { code: 'DryRunOperation' });
  await sim.stop();
});
