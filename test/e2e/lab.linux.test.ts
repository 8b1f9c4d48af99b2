/**
 * The Inventory system deployed, used and broken on the real data plane, as one story: each part begins where the one
 * before ended. What is measured is told as diagnostics; limits of time are generous, for others may share the machine.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { DescribeStacksCommand, paginateDescribeStackEvents } from '@aws-sdk/client-cloudformation';
import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeVpcsCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DescribeDBClustersCommand } from '@aws-sdk/client-rds';
import { query } from '#/drivers/database/linux/client.ts';
import { daemonPids } from '#/drivers/linux/daemon.ts';
import { tryRun } from '#/lib/run.ts';
import { courseUserData, publishCourse } from './course.ts';
import { listenOnHost } from './host-listener.ts';
import { hostState, lastingDifferences, processStarts, type HostState } from './host-state.ts';
import {
  launch,
  launchInPublic,
  membersInService,
  placesReached,
  replaced,
  runningInstances,
  targetHealth,
  threeHealthy,
  writer,
  type LaunchedInstance,
} from './lab.ts';
import { renderReport, startLoad, startWrites } from './load.ts';
import { addItem, askPage, itemsOf } from './page.ts';
import { clientsOf, removeHome, testRegion } from './region.ts';
import { secondsSince, until } from './until.ts';

const region = testRegion({ name: 't-e2e', port: 5199, publicPool: '198.18.205.0/24' });
const clients = clientsOf(region);
const hasAwsCli = await tryRun('aws', ['--version'], { timeoutMs: 60_000 }).then(
  ({ exitCode }) => exitCode === 0,
  () => false,
);

describe('the Inventory system', { timeout: 1_800_000 }, () => {
  let untouched: HostState;
  let isUp = false;
  let addresses: readonly string[] = [];
  let publicInstance: LaunchedInstance | undefined;

  before(async () => {
    region.prepare();
    await region.must('destroy'); // what an interrupted run left
    untouched = await hostState(region.site);
    region.prepare();
  });
  beforeEach((t) => {
    assert.ok(isUp || t.name.startsWith('up '), 'the region is not up');
  });
  after(async () => {
    await region.must('destroy');
    removeHome(region);
  });

  test('up ends with the addresses, and a second one changes nothing', async (t) => {
    const startMs = performance.now();

    const printed = await region.must('up');
    t.diagnostic(`up: ${secondsSince(startMs)}`);
    isUp = true;
    const againMs = performance.now();
    const printedAgain = await region.must('up');
    t.diagnostic(`up again: ${secondsSince(againMs)}`);

    addresses = [...printed.matchAll(/Inventory-LB\s+(http:\S+)/g)].map((match) => match[1] ?? '');
    assert.equal(addresses.length, 2);
    assert.match(printed, /http:\/\/127\.0\.0\.1:5199/);
    assert.match(printedAgain, /Everything is up already; nothing was changed\./);
  });

  test('requests are balanced over both zones and three instances, which share one database', async () => {
    const targets = await threeHealthy(clients);
    const [here = '', there = ''] = addresses;

    const pages = [];
    for (let turn = 0; turn < 40; turn += 1) pages.push(await askPage(addresses[turn % 2] ?? ''));
    const isSaved = await addItem(here, 'hammer');
    const listed = await askPage(there);
    const { id } = await writer(region);
    const row = await query(
      join(region.site.stateDir, 'databases', id),
      "SELECT name, quantity FROM inventory.items WHERE name = 'hammer';",
    );

    assert.deepEqual([...new Set(pages.map(({ status }) => status))], [200]);
    assert.deepEqual([...new Set(pages.map(({ zone }) => zone))].toSorted(), ['eu-west-3a', 'eu-west-3b']);
    assert.deepEqual([...new Set(pages.map(({ instance }) => instance))].toSorted(), targets);
    assert.ok(isSaved);
    assert.deepEqual(itemsOf(listed), ['hammer']);
    assert.match(row, /hammer\t1/);
  });

  test("AWS's SDK sees the system as AWS would show it", async () => {
    const { Vpcs } = await clients.ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'cidr', Values: ['10.0.0.0/16'] }] }),
    );
    const { DBClusters } = await clients.rds.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier: 'inventory-cluster' }),
    );
    const { Stacks } = await clients.cloudformation.send(
      new DescribeStacksCommand({ StackName: 'Inventory' }),
    );
    const events = [];
    for await (const { StackEvents = [] } of paginateDescribeStackEvents(
      { client: clients.cloudformation },
      { StackName: 'Inventory' },
    ))
      events.push(...StackEvents);

    assert.equal(Vpcs?.length, 1);
    assert.equal(
      (DBClusters?.[0]?.DBClusterMembers ?? []).filter(({ IsClusterWriter }) => IsClusterWriter).length,
      1,
    );
    assert.equal(DBClusters?.[0]?.DBClusterMembers?.length, 2);
    assert.equal(DBClusters?.[0]?.Status, 'available');
    assert.equal((await membersInService(clients)).length, 2);
    assert.equal((await threeHealthy(clients)).length, 3);
    assert.equal(Stacks?.[0]?.StackStatus, 'CREATE_COMPLETE');
    assert.equal(events[0]?.ResourceType, 'AWS::CloudFormation::Stack');
    assert.equal(events.at(-1)?.ResourceStatus, 'REVIEW_IN_PROGRESS');
    assert.ok(events.length > 100, 'two events or more for each of some sixty resources');
  });

  test("AWS's CLI sees it too", { skip: !hasAwsCli && 'it is not installed' }, async () => {
    const health = await region.aws(
      'autoscaling',
      'describe-auto-scaling-groups',
      '--query',
      'AutoScalingGroups[].Instances[].HealthStatus',
      '--output',
      'text',
    );
    const missing = await region.aws('ec2', 'describe-vpcs', '--vpc-ids', 'vpc-00000000000000000');

    assert.equal(health.stdout.trim(), 'Healthy\tHealthy');
    assert.match(missing.stderr, /InvalidVpcID\.NotFound/);
  });

  test('a terminated member of the group is replaced, and no request fails', async (t) => {
    const [victim = ''] = await membersInService(clients);
    const load = startLoad(addresses, 50);
    t.after(() => load.stop());
    const startMs = performance.now();

    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [victim] }));
    await replaced(clients, victim);
    t.diagnostic(`two in service and three healthy again after ${secondsSince(startMs)}`);
    const report = await load.stop();
    t.diagnostic(`at 50 requests/s: ${renderReport(report)}`);

    assert.deepEqual(report.failures, []);
  });

  test('an instance whose application has stopped leaves the balancer and is replaced', async (t) => {
    const health = await targetHealth(clients);
    const victim = (await membersInService(clients)).find((id) => health.get(id) === 'healthy') ?? '';
    const load = startLoad(addresses, 20);
    t.after(() => load.stop());
    const startMs = performance.now();

    await region.exec(victim, 'systemctl', 'stop', 'inventory');
    await until(
      `${victim} is not healthy`,
      async () => (await targetHealth(clients)).get(victim) !== 'healthy',
    );
    t.diagnostic(`out of the balancer after ${secondsSince(startMs)} (two checks, 10 s apart)`);
    await replaced(clients, victim);
    t.diagnostic(`replaced after ${secondsSince(startMs)}`);
    t.diagnostic(`at 20 requests/s: ${renderReport(await load.stop())}`);

    const pages = [];
    for (let turn = 0; turn < 12; turn += 1) pages.push(await askPage(addresses[turn % 2] ?? ''));
    assert.ok(pages.every(({ status, instance }) => status === 200 && instance !== victim));
  });

  test('a killed writer is succeeded by the reader, and no acknowledged item is lost', async (t) => {
    const old = await writer(region);
    const writes = startWrites(addresses, 'failover');
    t.after(() => writes.stop());
    await until('some items are acknowledged', async () => writes.acknowledgedCount() >= 10);
    const startMs = performance.now();

    for (const pid of daemonPids({ site: region.site, kind: 'database', id: old.id }))
      process.kill(pid, 'SIGKILL');
    await until('the other server is the writer', async () => {
      const { databases } = await region.overview();
      return databases[0]?.members.some(({ id, role }) => role === 'writer' && id !== old.id);
    });
    t.diagnostic(`the other server is the writer after ${secondsSince(startMs)}`);
    const countAtFailover = writes.acknowledgedCount();
    await until(
      'items are acknowledged again',
      async () => writes.acknowledgedCount() > countAtFailover + 10,
    );
    await until('both servers are available again', async () => {
      const { databases } = await region.overview();
      return databases[0]?.members.every(({ status }) => status === 'available');
    });
    t.diagnostic(`both servers are available after ${secondsSince(startMs)}`);
    const report = await writes.stop();
    t.diagnostic(`writes: ${renderReport(report)}`);

    const page = await askPage(addresses[0] ?? '');
    const items = new Set(itemsOf(page));
    assert.notEqual((await writer(region)).id, old.id);
    assert.deepEqual(
      report.acknowledged.filter((name) => !items.has(name)),
      [],
      'acknowledged, and lost',
    );
    assert.deepEqual(report.failures, []);
  });

  test("the region's process may be killed: nothing stops, and the next one adopts all of it", async (t) => {
    const targets = await threeHealthy(clients);
    const instances = await runningInstances(region);
    const starts = processStarts(region.site);
    const load = startLoad(addresses, 50);
    t.after(() => load.stop());

    region.kill();
    const gone = await region.cli('status');
    const countAtKill = load.succeededCount();
    await until(
      'a hundred requests succeed without it',
      async () => load.succeededCount() > countAtKill + 100,
    );
    const startMs = performance.now();
    await region.must('up');
    t.diagnostic(`up after the kill: ${secondsSince(startMs)}`);
    const targetsNow = await threeHealthy(clients);
    const report = await load.stop();
    t.diagnostic(`at 50 requests/s: ${renderReport(report)}`);
    const startsNow = processStarts(region.site);

    assert.equal(gone.exitCode, 3);
    assert.deepEqual(report.failures, []);
    assert.deepEqual(targetsNow, targets);
    assert.deepEqual(
      (await runningInstances(region)).filter((id) => !instances.includes(id)),
      [],
      'launched anew',
    );
    // Left out: what instances run besides their init, and instances that were about to end.
    const ending = instances.filter((id) => !targets.includes(id));
    const lasting = [...starts].filter(
      ([place]) => !place.includes('/system.slice') && !ending.some((id) => place.includes(id)),
    );
    assert.ok(
      lasting.length >= 10,
      "machines, their monitors, balancers, databases and the guests' services",
    );
    assert.deepEqual(
      lasting.filter(([place, started]) => startsNow.get(place) !== started),
      [],
      'ended or started anew',
    );
  });

  test('down leaves nothing running, and up brings all of it back with its data', async (t) => {
    const targets = await threeHealthy(clients);
    const instances = await runningInstances(region);
    const items = itemsOf(await askPage(addresses[0] ?? '')).toSorted();
    const downMs = performance.now();

    await region.must('down');
    t.diagnostic(`down: ${secondsSince(downMs)}`);
    const left = await lastingDifferences(untouched, region.site);
    const upMs = performance.now();
    await region.must('up');
    t.diagnostic(`up: ${secondsSince(upMs)}`);
    const targetsNow = await threeHealthy(clients);
    t.diagnostic(`three healthy targets after ${secondsSince(upMs)}`);

    assert.deepEqual(left, []);
    assert.deepEqual(targetsNow, targets);
    assert.deepEqual(
      (await runningInstances(region)).filter((id) => !instances.includes(id)),
      [],
      'launched anew',
    );
    assert.deepEqual(itemsOf(await askPage(addresses[0] ?? '')).toSorted(), items);
    assert.equal(await addItem(addresses[1] ?? '', 'after-down'), true);
  });

  test('the database answers the application only, and guests reach nothing of the host', async (t) => {
    const [application = ''] = await membersInService(clients);
    const { DBClusters = [] } = await clients.rds.send(new DescribeDBClustersCommand({}));
    const endpoint = DBClusters[0]?.Endpoint ?? '';
    const { stdout } = await region.exec(application, 'getent', 'ahostsv4', endpoint);
    const database = stdout.split(/\s/)[0] ?? '';
    await publishCourse(clients);
    publicInstance = await launchInPublic(clients, courseUserData);
    const { Vpc } = await clients.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const { Subnet } = await clients.ec2.send(
      new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.2.0/24' }),
    );
    const stranger = await launch(clients, { SubnetId: Subnet?.SubnetId });
    const host = await listenOnHost();
    try {
      const controls = await Promise.all(host.addresses.map((address) => host.isReached(address)));

      const ofHost = ['127.0.0.1', ...host.addresses].flatMap((address) => [
        `${address}:${region.settings.port}`,
        `${address}:${host.port}`,
      ]);
      const places = [`${database}:3306`, `${endpoint}:3306`, ...ofHost];
      const [fromApplication, fromPublicSubnet, fromElsewhere] = await Promise.all(
        [application, publicInstance.id, stranger.id].map((id) => placesReached(region, id, places)),
      );

      assert.match(database, /^10\.0\./);
      assert.ok(controls.length > 0 && controls.every(Boolean), 'the host reaches itself');
      assert.deepEqual(fromApplication, [`${database}:3306`, `${endpoint}:3306`]);
      assert.deepEqual(fromPublicSubnet, []);
      assert.deepEqual(fromElsewhere, []);
      assert.equal(host.connectionCount(), controls.length);
    } finally {
      host.close();
    }
    t.diagnostic(`the host's addresses tried: 127.0.0.1, ${host.addresses.join(', ')}`);
  });

  test("the course's user data runs unchanged, and PHP answers with what it filled in", async (t) => {
    assert.ok(publicInstance, 'it was launched');
    const { id, publicAddress } = publicInstance;
    const startMs = performance.now();

    const page = await until('PHP answers', async () => {
      const answer = await askPage(`http://${publicAddress}/index.php`, { timeoutMs: 3_000 }).catch(
        () => undefined,
      );
      return answer?.status === 200 && answer;
    });
    t.diagnostic(`PHP answers ${secondsSince(startMs)} after the tests before`);
    const { stdout } = await region.exec(
      id,
      'sh',
      '-c',
      'systemctl is-enabled httpd; systemctl is-active amazon-ssm-agent',
    );

    assert.deepEqual(JSON.parse(page.body), {
      answer: 42,
      endpoint: 'inventory-cluster.cluster-ceish0e2ysws.eu-west-3.rds.amazonaws.com',
      database: 'inventory',
      user: 'dbadmin',
      password: 'lab-password',
      hasMysql: true,
    });
    assert.equal(stdout, 'enabled\nactive\n');
  });

  test('a region with a stopped target starts all the same', async (t) => {
    const { instances } = await region.overview();
    const { id = '' } = instances.find(({ name }) => name === 'AppServer') ?? {};
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await until('it has stopped', async () => !(await runningInstances(region)).includes(id));
    region.kill();
    const startMs = performance.now();

    const printed = await region.must('up');
    t.diagnostic(`up: ${secondsSince(startMs)}`);

    assert.match(printed, /Inventory-LB\s+http:/);
    assert.doesNotMatch(printed, /targets healthy/);
  });

  test('destroy leaves the host as it was', async (t) => {
    for (const failure of region.failures()) t.diagnostic(`log: ${failure.slice(0, 300)}`);
    const startMs = performance.now();

    await region.must('destroy');
    t.diagnostic(`destroy: ${secondsSince(startMs)}`);
    isUp = false;
    removeHome(region);

    assert.deepEqual(await lastingDifferences(untouched, region.site), []);
  });
});
