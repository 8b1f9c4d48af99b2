import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothing, simRegion, type SimRegion } from './sim-region.ts';
import { deleteSmallSystem, makeSmallSystem, settled, text, type SmallSystem } from './small-system.ts';

async function serving(): Promise<{ sim: SimRegion; system: SmallSystem }> {
  const sim = simRegion();
  const system = makeSmallSystem(sim);
  await settled(sim, system);
  return { sim, system };
}

function memberIds({ call }: SimRegion): string[] {
  const [group] = call.autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups ?? [];
  return (group?.Instances ?? []).map(({ InstanceId }) => text(InstanceId)).toSorted();
}

function writerOf({ call }: SimRegion): string {
  const [cluster] = call.rds.DescribeDBClusters({}).DBClusters ?? [];
  const writer = cluster?.DBClusterMembers?.find(({ IsClusterWriter }) => IsClusterWriter);
  return text(writer?.DBInstanceIdentifier);
}

test('a small highly available system comes to serve', async () => {
  const { sim } = await serving();

  const { networks, machines, balancers, servers, volumes } = await sim.inventory();

  assert.deepEqual(
    [networks, machines, balancers, servers, volumes].map(({ length }) => length),
    [1, 2, 2, 2, 2],
  );
  assert.deepEqual(machines.toSorted(), memberIds(sim));
  assert.deepEqual(sim.failures, []);
  await sim.close();
});

test('a terminated member is replaced, and the system serves again', async () => {
  const { sim, system } = await serving();
  const [victim = ''] = memberIds(sim);

  sim.call.ec2.TerminateInstances({ InstanceIds: [victim] });
  await sim.advance(1_000);
  await settled(sim, system);

  assert.ok(!memberIds(sim).includes(victim));
  assert.deepEqual((await sim.inventory()).machines.toSorted(), memberIds(sim));
  await sim.close();
});

test('a machine that dies is replaced, and its remains are cleared away', async () => {
  const { sim, system } = await serving();
  const [victim = ''] = memberIds(sim);

  sim.world.machine.kill(victim);
  await sim.advance(1_000);
  await settled(sim, system);
  await sim.settle('the dead machine is gone', () => stateOf(sim, victim) === 'terminated');

  assert.deepEqual((await sim.inventory()).machines.toSorted(), memberIds(sim));
  await sim.close();
});

test('a member whose application fails its health checks is replaced', async () => {
  const { sim, system } = await serving();
  const [victim = ''] = memberIds(sim);
  const [reservation] = sim.call.ec2.DescribeInstances({ InstanceIds: [victim] }).Reservations ?? [];
  await sim.advance(120_000); // the grace period is over

  sim.world.sick.add(text(reservation?.Instances?.[0]?.PrivateIpAddress));
  await sim.settle('it is given up', () => !memberIds(sim).includes(victim));
  sim.world.sick.clear();
  await settled(sim, system);

  const { Activities = [] } = sim.call.autoscaling.DescribeScalingActivities({ AutoScalingGroupName: 'app' });
  assert.ok(Activities.some(({ Cause = '' }) => Cause.includes('ELB system health check failure')));
  await sim.close();
});

test('a balancer node that dies is started again', async () => {
  const { sim, system } = await serving();
  const [node = ''] = await sim.world.balancer.list();

  sim.world.balancer.kill(node);
  await sim.advance(1_000);
  await settled(sim, system);

  assert.equal((await sim.world.balancer.inspect(node))?.isRunning, true);
  await sim.close();
});

test('a network that was damaged in the kernel is made whole', async () => {
  const { sim, system } = await serving();

  sim.world.network.damage(system.vpcId);
  await sim.advance(60_000);

  assert.equal((await sim.world.network.inspect(system.vpcId))?.isIntact, true);
  await sim.close();
});

test('when the writer dies, the reader takes over, and the names follow', async () => {
  const { sim, system } = await serving();
  const writer = writerOf(sim);
  const reader = writer === 'data-1' ? 'data-2' : 'data-1';

  sim.world.database.crash(writer);
  await sim.settle('another writes', () => writerOf(sim) === reader);
  await settled(sim, system);

  const records = sim.world.names.views.get('public-rds-data')?.records ?? [];
  const endpoint = text(sim.call.rds.DescribeDBClusters({}).DBClusters?.[0]?.Endpoint);
  const target = records.find(({ name }) => name === endpoint)?.data;
  assert.ok(target?.type === 'CNAME' && target.targets[0]?.startsWith(`${reader}.`));
  await sim.close();
});

test('what was committed is still there after a failover', async () => {
  const { sim, system } = await serving();
  sim.world.database.write(writerOf(sim), 'a row');

  const writer = writerOf(sim);
  sim.call.rds.FailoverDBCluster({ DBClusterIdentifier: 'data' });
  await sim.settle('another writes', () => writerOf(sim) !== writer);
  await settled(sim, system);

  const volume = (await sim.world.database.inspect(writerOf(sim)))?.volumeId;
  assert.deepEqual(sim.world.database.rows(text(volume)), ['a row']);
  await sim.close();
});

test('a system at rest stays at rest: nothing is made, moved or replaced', async () => {
  const { sim, system } = await serving();
  await sim.advance(300_000);
  const before = { inventory: await sim.inventory(), records: recordsOf(sim) };

  await sim.advance(3_600_000);

  assert.deepEqual({ inventory: await sim.inventory(), records: recordsOf(sim) }, before);
  await settled(sim, system, { maxMs: 0 });
  await sim.close();
});

test('a deleted system leaves nothing in the data plane, and in the store what AWS keeps', async () => {
  const { sim, system } = await serving();

  await deleteSmallSystem(sim, system);
  await sim.advance(2 * 3_600_000);

  assert.deepEqual(await sim.inventory(), nothing);
  assert.deepEqual(
    sim.store.kinds().filter((kind) => !keptByAws.includes(kind)),
    [],
  );
  await sim.close();
});

/** Histories outlive what they tell of; default sets and groups belong to the account. */
const keptByAws = [
  'Snowglobe::RDS::Event',
  'Snowglobe::AutoScaling::ScalingActivity',
  'AWS::EC2::DHCPOptions',
  'AWS::RDS::DBParameterGroup',
  'AWS::RDS::DBClusterParameterGroup',
];

function stateOf({ call }: SimRegion, id: string): string | undefined {
  const [reservation] = call.ec2.DescribeInstances({ InstanceIds: [id] }).Reservations ?? [];
  return reservation?.Instances?.[0]?.State?.Name;
}

/** Every record but the histories, as text. */
function recordsOf({ store }: SimRegion): readonly string[] {
  return store
    .kinds()
    .flatMap((kind) => store.listAny({ kind, indexes: {} }))
    .map((record) => JSON.stringify(record));
}
