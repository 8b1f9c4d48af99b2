/** The region's process by itself: how soon it answers, and what it costs while it has nothing to do. */
import { isRunning } from '#/cli/client.ts';
import { endRegion } from '#/cli/process.ts';
import { start } from '#/lib/run.ts';
import { fileURLToPath } from 'node:url';
import { pause, runBench, waitFor, type BenchOptions, type Figure } from './harness.ts';
import { cpuMs, memoryMib } from './proc.ts';
import { regionName, snowglobe, withFreshRegion } from './region.ts';

const rounds = 5;
const idleMs = 20_000;
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

await runBench(({ progress }: BenchOptions): Promise<readonly Figure[]> =>
  withFreshRegion(async (port) => {
    await snowglobe('up', '--no-lab', '--port', String(port));
    const starts = [];
    let pid = 0;
    for (let round = 1; round <= rounds; round += 1) {
      progress(`start: ${round} of ${rounds}`);
      await endRegion(regionName, false);
      const begun = performance.now();
      const child = start(process.execPath, ['--disable-warning=ExperimentalWarning', program, regionName], {
        detached: true,
        stdio: 'ignore',
        cwd: '/',
      });
      child.unref();
      pid = child.pid ?? 0;
      await waitFor('the region to answer', () => isRunning(regionName), { everyMs: 5 });
      starts.push(performance.now() - begun);
    }
    await pause(5_000);
    const before = cpuMs(pid);
    await pause(idleMs);
    const used = cpuMs(pid) - before;
    const { rss, pss } = memoryMib(pid);
    return [
      { name: 'region process, spawn until it answers', unit: 'ms', values: starts },
      { name: 'empty region process, RSS', unit: 'MiB', values: [rss] },
      { name: 'empty region process, PSS', unit: 'MiB', values: [pss] },
      { name: 'empty region process, processor', unit: '% of a core', values: [(used / idleMs) * 100] },
    ];
  }),
);
