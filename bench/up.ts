/** How long `up` takes until the Inventory page is served, and what the whole system costs while nobody uses it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askOverview } from '#/cli/client.ts';
import { buildImages } from '#/images/build.ts';
import { elapsedMs, pause, runBench, type BenchOptions, type Figure } from './harness.ts';
import { cpuMs, cpuMsByKind, memoryByKind, memoryMib } from './proc.ts';
import { regionName, regionSite, snowglobe, withFreshRegion } from './region.ts';

const idleMs = 20_000;
const settleMs = 10_000;

await runBench(async (options) => [...(await coldBuild(options)), ...(await warm(options))]);

async function coldBuild({ cold, progress }: BenchOptions): Promise<readonly Figure[]> {
  if (!cold) return [];
  const imagesDir = mkdtempSync(join(tmpdir(), 'sg-cold-'));
  try {
    const took = await elapsedMs(() => buildImages({ imagesDir, onProgress: progress }));
    return [{ name: 'image build, nothing cached', unit: 's', values: [took / 1000] }];
  } finally {
    rmSync(imagesDir, { recursive: true, force: true });
  }
}

function warm({ progress }: BenchOptions): Promise<readonly Figure[]> {
  return withFreshRegion(async (port) => {
    progress('up: a new region, images cached');
    const first = await elapsedMs(() => snowglobe('up', '--port', String(port)));
    progress('up: again');
    const again = [];
    for (let round = 0; round < 3; round += 1) again.push(await elapsedMs(() => snowglobe('up')));
    await pause(settleMs); // checks that the deployment began are over by then
    return [
      { name: 'up, images cached, until the page is served', unit: 's', values: [first / 1000] },
      { name: 'up again, everything is up', unit: 's', values: again.map((ms) => ms / 1000) },
      ...(await idle(progress)),
    ];
  });
}

/** Memory and processor time of the region with the Inventory system in it and no user. */
async function idle(progress: (line: string) => void): Promise<readonly Figure[]> {
  progress(`up: idle for ${idleMs / 1000} s`);
  const { pid } = await askOverview(regionName);
  const site = regionSite();
  const before = { own: cpuMs(pid), kinds: cpuMsByKind(site) };
  await pause(idleMs);
  const own = cpuMs(pid) - before.own;
  const { rss, pss } = memoryMib(pid);
  return [
    { name: 'idle region process, processor', unit: '% of a core', values: [(own / idleMs) * 100] },
    { name: 'idle region process, RSS', unit: 'MiB', values: [rss] },
    { name: 'idle region process, PSS', unit: 'MiB', values: [pss] },
    ...[...cpuMsByKind(site)].map(([kind, ms]) => ({
      name: `idle ${kind}s, processor`,
      unit: '% of a core',
      values: [((ms - (before.kinds.get(kind) ?? 0)) / idleMs) * 100],
    })),
    ...[...memoryByKind(site)].map(([kind, mib]) => ({
      name: `idle ${kind}s, PSS`,
      unit: 'MiB',
      values: [mib],
    })),
  ];
}
