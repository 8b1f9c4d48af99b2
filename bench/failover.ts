/** How long nobody can write after the database's writer is killed, and whether an acknowledged row was lost. */
import { randomUUID } from 'node:crypto';
import { askOverview } from '#/cli/client.ts';
import { daemonPids } from '#/drivers/linux/daemon.ts';
import { pause, runBench, waitFor, type BenchOptions, type Figure } from './harness.ts';
import { regionName, regionSite, snowglobe, withFreshRegion } from './region.ts';

const rounds = 5;
const writersCount = 4;
const writeEveryMs = 20;
/** Longer than the application's own patience. */
const answerLimitMs = 15_000;

await runBench(({ progress }: BenchOptions): Promise<readonly Figure[]> =>
  withFreshRegion(async (port) => {
    progress('failover: starting the Inventory system');
    await snowglobe('up', '--port', String(port));
    const gaps = [];
    const failures = [];
    const acknowledged: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      await settled();
      progress(`failover: ${round} of ${rounds}`);
      const outcome = await killUnderLoad(acknowledged);
      gaps.push(outcome.gapMs / 1000);
      failures.push(outcome.failures);
    }
    await settled();
    const page = await (await fetch(await pageUrl())).text();
    const lost = acknowledged.filter((name) => !page.includes(name));
    return [
      { name: 'writer killed, longest time without an acknowledged write', unit: 's', values: gaps },
      { name: 'writes answered with an error meanwhile', unit: 'writes', values: failures },
      {
        name: 'acknowledged rows lost',
        unit: 'rows',
        values: [lost.length],
        note: `of ${acknowledged.length} acknowledged over ${rounds} failovers`,
      },
    ];
  }),
);

/** Writes through the page, kills the writer, and goes on until writes have been acknowledged again for a while. */
async function killUnderLoad(acknowledged: string[]): Promise<{ gapMs: number; failures: number }> {
  const url = `${await pageUrl()}items`;
  const load = { stops: false, failures: 0 };
  const times: number[] = [];
  const writer = async (): Promise<void> => {
    while (!load.stops) {
      const name = `bench-${randomUUID()}`;
      if (await add(url, name)) {
        times.push(performance.now());
        acknowledged.push(name);
      } else load.failures += 1;
      await pause(writeEveryMs);
    }
  };
  const writers = Array.from({ length: writersCount }, writer);
  await waitFor('the first writes', async () => times.length > 20);
  const former = await writerId();
  const pids = daemonPids({ site: regionSite(), kind: 'database', id: former });
  if (pids.length === 0) throw new Error(`the writer ${former} has no process to kill`);
  const killedAt = performance.now();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await waitFor(
    'writes after the failover',
    async () => times.filter((time) => time > killedAt + 500).length > 50,
  );
  load.stops = true;
  await Promise.all(writers);
  if ((await writerId()) === former) throw new Error(`${former} was killed and is the writer still`);
  const sorted = times.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
  return { gapMs: Math.max(...gaps), failures: load.failures };
}

/** Whether the page acknowledged the new item. */
function add(url: string, name: string): Promise<boolean> {
  return fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ name, quantity: '1' }),
    redirect: 'manual',
    signal: AbortSignal.timeout(answerLimitMs),
  }).then(
    ({ status }) => status === 303 || status === 302,
    () => false,
  );
}

/** Waits until writer and reader both are there: what a failover needs. */
async function settled(): Promise<void> {
  await waitFor('the cluster to settle', async () => {
    const all = await members();
    return all.length === 2 && all.every(({ status }) => status === 'available');
  });
}

async function writerId(): Promise<string> {
  return (await members()).find(({ role }) => role === 'writer')?.id ?? '';
}

async function members() {
  const { databases } = await askOverview(regionName);
  return databases.flatMap((cluster) => cluster.members);
}

async function pageUrl(): Promise<string> {
  const { loadBalancers } = await askOverview(regionName);
  return `http://${loadBalancers[0]?.addresses[0]}/`;
}
