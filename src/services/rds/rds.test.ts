import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simRds, type SimRds } from '#/services/rds/testing.ts';

function createCluster({ call }: SimRds): void {
  call.rds.CreateDBCluster({
    DBClusterIdentifier: 'Inventory-Cluster',
    Engine: 'aurora-mysql',
    MasterUsername: 'dbadmin',
    MasterUserPassword: 'lab-password',
    DatabaseName: 'inventory',
    DBSubnetGroupName: 'inventory-db',
  });
}

function addInstance({ call }: SimRds, DBInstanceIdentifier: string): void {
  call.rds.CreateDBInstance({
    DBInstanceIdentifier,
    DBClusterIdentifier: 'inventory-cluster',
    DBInstanceClass: 'db.t3.medium',
    Engine: 'aurora-mysql',
  });
}

function cluster({ call }: SimRds) {
  const found = call.rds.DescribeDBClusters({ DBClusterIdentifier: 'inventory-cluster' }).DBClusters?.[0];
  assert.ok(found, 'the cluster is there');
  return found;
}

function instance({ call }: SimRds, id: string) {
  const found = call.rds.DescribeDBInstances({ DBInstanceIdentifier: id }).DBInstances?.[0];
  assert.ok(found, 'the instance is there');
  return found;
}

function writerOf(sim: SimRds): string | undefined {
  return cluster(sim).DBClusterMembers?.find(({ IsClusterWriter }) => IsClusterWriter)?.DBInstanceIdentifier;
}

/** Whose name an endpoint leads to. */
function target({ names }: SimRds, endpoint: string | undefined): string | undefined {
  const record = names.views
    .get('public-rds-inventory-cluster')
    ?.records.find(({ name }) => name === endpoint);
  return record?.data.type === 'CNAME' ? record.data.targets.join(' ').replaceAll(/\.[^ ]*/g, '') : undefined;
}

/** A cluster of two instances, both available, with one row written. */
async function twoInstances(): Promise<SimRds> {
  const sim = await simRds();
  createCluster(sim);
  addInstance(sim, 'db-1');
  await sim.until('db-1 is available', () => instance(sim, 'db-1').DBInstanceStatus === 'available');
  addInstance(sim, 'db-2');
  await sim.until('db-2 is available', () => instance(sim, 'db-2').DBInstanceStatus === 'available');
  await sim.until('the reader has its name', () => target(sim, cluster(sim).ReaderEndpoint) === 'db-2');
  sim.database.write('db-1', 'row-1');
  return sim;
}

test('a cluster with one instance becomes available, and both endpoints lead to its writer', async () => {
  const sim = await simRds();
  createCluster(sim);
  assert.equal(cluster(sim).Status, 'creating');
  addInstance(sim, 'db-1');
  assert.equal(instance(sim, 'db-1').DBInstanceStatus, 'creating');

  await sim.until('db-1 is available', () => instance(sim, 'db-1').DBInstanceStatus === 'available');

  assert.equal(cluster(sim).Status, 'available');
  assert.equal(writerOf(sim), 'db-1');
  assert.match(
    cluster(sim).Endpoint ?? '',
    /^inventory-cluster\.cluster-[a-z0-9]{12}\.eu-west-3\.rds\.amazonaws\.com$/,
  );
  assert.equal(target(sim, cluster(sim).Endpoint), 'db-1');
  assert.equal(target(sim, cluster(sim).ReaderEndpoint), 'db-1');
  assert.equal((await sim.database.inspect('db-1'))?.role, 'writer');
});

test('a second instance reads in the other zone', async () => {
  const sim = await twoInstances();

  assert.notEqual(instance(sim, 'db-1').AvailabilityZone, instance(sim, 'db-2').AvailabilityZone);
  assert.equal((await sim.database.inspect('db-2'))?.role, 'reader');
  assert.equal(target(sim, cluster(sim).Endpoint), 'db-1');
});

test('a writer that dies is followed by its reader, which has every row, and returns as a reader', async () => {
  const sim = await twoInstances();
  sim.database.crash('db-1');

  await sim.until(
    'the cluster has failed over',
    () => writerOf(sim) === 'db-2' && cluster(sim).Status === 'available',
  );
  await sim.until('db-1 reads', async () => (await sim.database.inspect('db-1'))?.role === 'reader');
  await sim.until('the names have followed', () => target(sim, cluster(sim).ReaderEndpoint) === 'db-1');

  sim.database.write('db-2', 'row-2');
  const volumeId = (await sim.database.inspect('db-2'))?.volumeId ?? '';
  assert.deepEqual(sim.database.rows(volumeId), ['row-1', 'row-2']);
  assert.equal(target(sim, cluster(sim).Endpoint), 'db-2');
  const messages = sim.call.rds
    .DescribeEvents({ SourceIdentifier: 'inventory-cluster', SourceType: 'db-cluster' })
    .Events?.map(({ Message }) => Message);
  assert.deepEqual(messages, [
    'DB cluster created',
    'Started cross AZ failover to DB instance: db-2',
    'Completed failover to DB instance: db-2',
  ]);
});

test('a failover that is asked for moves the writer and nothing else', async () => {
  const sim = await twoInstances();

  const answer = sim.call.rds.FailoverDBCluster({ DBClusterIdentifier: 'inventory-cluster' });

  assert.equal(answer.DBCluster?.Status, 'failing-over');
  await sim.until(
    'it has failed over',
    () => writerOf(sim) === 'db-2' && cluster(sim).Status === 'available',
  );
  await sim.until('db-1 reads', async () => (await sim.database.inspect('db-1'))?.role === 'reader');
  assert.equal(writerOf(sim), 'db-2');
});

test('a region that ends in the middle of a failover finishes it when it is back', async () => {
  const sim = await twoInstances();
  sim.call.rds.FailoverDBCluster({ DBClusterIdentifier: 'inventory-cluster' });
  await sim.until('the writer is fenced', async () => !(await sim.database.inspect('db-1'))?.isRunning);

  await sim.restart();

  await sim.until('db-2 writes', async () => (await sim.database.inspect('db-2'))?.role === 'writer');
  await sim.until('db-1 reads', async () => (await sim.database.inspect('db-1'))?.role === 'reader');
  const volumeId = (await sim.database.inspect('db-2'))?.volumeId ?? '';
  assert.deepEqual(sim.database.rows(volumeId), ['row-1']);
});

test('a writer without readers starts again in place', async () => {
  const sim = await simRds();
  createCluster(sim);
  addInstance(sim, 'db-1');
  await sim.until('db-1 is available', () => instance(sim, 'db-1').DBInstanceStatus === 'available');

  sim.database.crash('db-1');

  await sim.until('it is down', async () => !(await sim.database.inspect('db-1'))?.isAccepting);
  await sim.until('it is back', async () => (await sim.database.inspect('db-1'))?.role === 'writer');
  assert.equal(writerOf(sim), 'db-1');
});

test('a cluster goes after its instances, and takes volumes, names and interfaces with it', async () => {
  const sim = await twoInstances();
  const DBClusterIdentifier = 'inventory-cluster';
  assert.throws(
    () => sim.call.rds.DeleteDBCluster({ DBClusterIdentifier, SkipFinalSnapshot: true }),
    /still contains DB instances in non-deleting state/,
  );

  sim.call.rds.DeleteDBInstance({ DBInstanceIdentifier: 'db-1' });
  sim.call.rds.DeleteDBInstance({ DBInstanceIdentifier: 'db-2' });
  sim.call.rds.DeleteDBCluster({ DBClusterIdentifier, SkipFinalSnapshot: true });
  assert.equal(cluster(sim).Status, 'deleting');

  await sim.until('it is gone', () => sim.call.rds.DescribeDBClusters({}).DBClusters?.length === 0);
  assert.deepEqual(await sim.database.list(), []);
  assert.deepEqual(await sim.database.listVolumes(), []);
  assert.equal(sim.names.views.has('public-rds-inventory-cluster'), false);
  assert.deepEqual(sim.call.ec2.DescribeNetworkInterfaces({}).NetworkInterfaces, []);
});

test('an instance that stands alone runs, restarts when asked, takes a new password, stops and starts', async () => {
  const sim = await simRds();
  const DBInstanceIdentifier = 'shop';
  sim.call.rds.CreateDBInstance({
    DBInstanceIdentifier,
    DBInstanceClass: 'db.t3.micro',
    Engine: 'mysql',
    AllocatedStorage: 20,
    MasterUsername: 'admin',
    MasterUserPassword: 'first-password',
    DBSubnetGroupName: 'inventory-db',
  });
  const state = (): string | undefined => instance(sim, 'shop').DBInstanceStatus;
  await sim.until('it is available', () => state() === 'available');
  const volumeId = (await sim.database.inspect('shop'))?.volumeId ?? '';

  sim.call.rds.RebootDBInstance({ DBInstanceIdentifier });
  sim.call.rds.ModifyDBInstance({ DBInstanceIdentifier, MasterUserPassword: 'second-password' });
  await sim.until('the password is new', () => sim.database.password(volumeId) === 'second-password');
  const events = (): unknown =>
    sim.call.rds.DescribeEvents({ SourceIdentifier: 'shop' }).Events?.map((event) => event.Message);
  await sim.until('it has restarted', () => JSON.stringify(events()).includes('DB instance restarted'));
  await sim.until('it is available again', () => state() === 'available');
  sim.call.rds.StopDBInstance({ DBInstanceIdentifier });
  await sim.until('it is stopped', () => state() === 'stopped');
  assert.equal((await sim.database.inspect('shop'))?.isRunning, false);
  sim.call.rds.StartDBInstance({ DBInstanceIdentifier });
  await sim.until('it is available once more', () => state() === 'available');

  sim.call.rds.DeleteDBInstance({ DBInstanceIdentifier, SkipFinalSnapshot: true });
  await sim.until('it is gone', () => sim.call.rds.DescribeDBInstances({}).DBInstances?.length === 0);
  assert.deepEqual(await sim.database.listVolumes(), []);
});

test('what AWS refuses is refused in its words', async () => {
  const sim = await simRds();
  createCluster(sim);
  const { rds } = sim.call;
  const refusals: readonly [() => unknown, string][] = [
    [() => createCluster(sim), 'DBClusterAlreadyExistsFault'],
    [() => rds.DescribeDBClusters({ DBClusterIdentifier: 'none' }), 'DBClusterNotFoundFault'],
    [() => rds.DescribeDBInstances({ DBInstanceIdentifier: 'none' }), 'DBInstanceNotFound'],
    [() => rds.FailoverDBCluster({ DBClusterIdentifier: 'inventory-cluster' }), 'InvalidDBClusterStateFault'],
    [() => rds.DeleteDBSubnetGroup({ DBSubnetGroupName: 'inventory-db' }), 'InvalidDBSubnetGroupStateFault'],
    [
      () =>
        rds.CreateDBSubnetGroup({
          DBSubnetGroupName: 'one',
          DBSubnetGroupDescription: 'one zone',
          SubnetIds: sim.subnetIds.slice(0, 1),
        }),
      'DBSubnetGroupDoesNotCoverEnoughAZs',
    ],
    [
      () =>
        rds.CreateDBCluster({
          DBClusterIdentifier: 'pg',
          Engine: 'aurora-postgresql',
          MasterUsername: 'dbadmin',
          MasterUserPassword: 'lab-password',
        }),
      'InvalidParameterCombination',
    ],
  ];

  for (const [refused, code] of refusals) assert.throws(refused, { name: 'AwsError', code });
});

test('passwords are never shown', async () => {
  const sim = await twoInstances();

  const shown = JSON.stringify([cluster(sim), instance(sim, 'db-1')]);

  assert.doesNotMatch(shown, /lab-password/);
});
