import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { run, start } from '#/lib/run.ts';
import { systemClock } from '#/lib/clock.ts';
import { databaseConformance } from '#/drivers/database/conformance.ts';
import type { DatabaseDriver, DatabaseServer } from '#/drivers/database/driver.ts';
import { linuxDatabase } from '#/drivers/database/linux/database.ts';
import { twoPlaces, type TestPlace } from '#/drivers/database/linux/testbed.ts';
import { daemonPids, killRegion } from '#/drivers/linux/daemon.ts';

const stateDir = mkdtempSync('/tmp/t-db-');
const site = { name: 't-db', stateDir, imagesDir: `${stateDir}/images`, publicPool: '198.18.250.0/24' };
const driver: DatabaseDriver = linuxDatabase({ site, clock: systemClock });
// The clock's timers do not keep this process alive.
const alive = setInterval(() => {}, 1_000);
const ledgers = new Set<{ stop(): Promise<void> }>();
const testbed = await twoPlaces(site.name);
const { places } = testbed;

before(() => killRegion(site));
after(async () => {
  await driver.destroyAll();
  for (const each of ledgers) await each.stop();
  await killRegion(site);
  await testbed.remove();
  rmSync(stateDir, { recursive: true, force: true });
  clearInterval(alive);
});

databaseConformance(async () => {
  await driver.destroyAll();
  return { driver, places };
});

function server(place: TestPlace, id: string, volumeId: string, writer?: TestPlace): DatabaseServer {
  return {
    ...place,
    id,
    volumeId,
    port: 3306,
    reportedVersion: '8.0.39',
    role: writer ? { type: 'reader', writerAddress: writer.address, writerPort: 3306 } : { type: 'writer' },
    bufferPoolMib: 16,
    variables: { long_query_time: '5', no_such_thing: '1', read_only: '0' },
  };
}

const client = [
  'mariadb',
  '--no-defaults',
  '--user=dbadmin',
  '--connect-timeout=1',
  '--batch',
  '--skip-column-names',
];
const env = { MYSQL_PWD: 'first-light' };

/** Runs SQL as a guest does: from a namespace, over the network, as the master user. */
function asGuest(from: TestPlace, to: TestPlace, sql: string): Promise<string> {
  const args = [`--net=${from.namespace}`, '--', ...client, `--host=${to.address}`];
  return run('nsenter', args, { input: `${sql}\n`, env, timeoutMs: 10_000 });
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.now() + 10_000;
  while (!(await holds().catch(() => false))) {
    assert.ok(systemClock.now() < deadline, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Inserts ids one by one through whatever address is current, and keeps which were acknowledged, and when. */
function ledger(from: TestPlace, current: () => TestPlace) {
  const acked: number[] = [];
  let next = 0;
  let last = 0;
  let gapMaxMs = 0;
  const end = { wished: false };
  async function session(): Promise<void> {
    const args = [`--net=${from.namespace}`, '--', ...client, '--unbuffered', `--host=${current().address}`];
    const child = start('nsenter', args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { stdin, stdout } = child;
    assert.ok(stdin && stdout, 'the client has pipes');
    stdin.on('error', () => {});
    const ask = (): boolean => stdin.write(`INSERT INTO w VALUES (${next}); SELECT ${next};\n`);
    const done = new Promise((resolve) => child.on('close', resolve));
    stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean)) {
        if (Number(line) !== next) continue;
        const now = performance.now();
        if (last > 0) gapMaxMs = Math.max(gapMaxMs, now - last);
        last = now;
        acked.push(next);
        next += 1;
        if (end.wished) stdin.end();
        else ask();
      }
    });
    stdin.write('USE inventory;\n');
    ask();
    await done;
    next += 1; // what was under way may or may not have been committed
  }
  const finished = (async () => {
    while (!end.wished) {
      await session();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const made = {
    acked,
    gapMaxMs: () => gapMaxMs,
    async stop() {
      end.wished = true;
      await finished;
    },
  };
  ledgers.add(made);
  return made;
}

void it('keeps every acknowledged row over kills of the writer, and the former writer follows', async () => {
  await driver.destroyAll();
  const [a, b] = places;
  await driver.createVolume({
    id: 'w',
    engine: 'mysql',
    masterUser: 'dbadmin',
    masterPassword: 'first-light',
    databaseName: 'inventory',
  });
  await driver.apply(server(a, 'db-1', 'w'));
  await asGuest(b, a, 'USE inventory; CREATE TABLE w (id INT PRIMARY KEY) ENGINE=InnoDB;');
  let writer = { id: 'db-1', place: a };
  let reader = { id: 'db-2', place: b };
  const load = ledger(b, () => writer.place);
  await driver.copyVolume('w', 'r');
  await driver.apply(server(b, 'db-2', 'r', a));
  assert.match(await asGuest(a, b, 'SELECT @@version, @@read_only'), /^10\.\S+\t1$/m);
  await assert.rejects(asGuest(a, b, 'CREATE DATABASE x'), /1290/);

  for (let kill = 1; kill <= 3; kill += 1) {
    const ackedBefore = load.acked.length;
    await eventually('the load writes', async () => load.acked.length > ackedBefore + 100);
    for (const pid of daemonPids({ site, kind: 'database', id: writer.id })) process.kill(pid, 'SIGKILL');
    const killedAt = performance.now();
    await driver.kill(writer.id);
    await driver.kill(reader.id);
    await driver.apply(server(reader.place, reader.id, 'w'));
    [writer, reader] = [reader, writer];
    console.log(`kill ${kill}: procedure ${Math.round(performance.now() - killedAt)} ms`);
    await driver.apply(server(reader.place, reader.id, 'r', writer.place));
  }
  const ackedBefore = load.acked.length;
  await eventually('the load writes again', async () => load.acked.length > ackedBefore + 100);
  await load.stop();

  const rows = async (of: TestPlace): Promise<string> =>
    asGuest(a, of, 'SELECT id FROM inventory.w ORDER BY id');
  const present = new Set((await rows(writer.place)).trim().split('\n').map(Number));
  const lost = load.acked.filter((id) => !present.has(id));
  console.log(`acked ${load.acked.length}, in the table ${present.size}, lost ${lost.length}`);
  console.log(`longest gap between acknowledged writes ${Math.round(load.gapMaxMs())} ms`);
  assert.deepEqual(lost, []);
  assert.ok(load.gapMaxMs() < 5_000, 'the gap is bounded');
  await eventually(
    'the reader has all',
    async () => (await rows(writer.place)) === (await rows(reader.place)),
  );
  assert.equal((await driver.inspect(reader.id))?.replication?.isRunning, true);
});

void it('has its own accounts back after a start, whatever a user did to them', async () => {
  await driver.destroyAll();
  const [a, b] = places;
  await driver.createVolume({
    id: 'w',
    engine: 'mysql',
    masterUser: 'dbadmin',
    masterPassword: 'first-light',
    databaseName: undefined,
  });
  await driver.apply(server(a, 'db-1', 'w'));
  await asGuest(b, a, "DROP USER 'root'@'localhost'");
  assert.equal((await driver.inspect('db-1'))?.isAccepting, false);

  await driver.kill('db-1');
  await driver.apply(server(a, 'db-1', 'w'));
  await driver.setPassword('db-1', 'dbadmin', 'second');

  await assert.rejects(asGuest(b, a, 'SELECT 1'), /1045/);
});
