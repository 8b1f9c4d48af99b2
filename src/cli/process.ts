import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask, isRunning } from '#/cli/client.ts';
import { readFileIfThere } from '#/lib/files.ts';
import { start } from '#/lib/run.ts';
import { snowglobeHome, stateDirOf } from '#/server/settings.ts';

const mainProgram = fileURLToPath(new URL('../main.ts', import.meta.url));
const startLimitMs = 60_000;
const stopLimitMs = 120_000;

/** Starts the region's process in the background and waits until it answers. False when it runs already. */
export async function startRegion(name: string): Promise<boolean> {
  if (await isRunning(name)) return false;
  const log = openSync(join(stateDirOf(name), 'region.log'), 'a');
  const child = start(process.execPath, ['--disable-warning=ExperimentalWarning', mainProgram, name], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, SNOWGLOBE_HOME: snowglobeHome() },
    cwd: '/',
  });
  let ended = false;
  child.on('exit', () => (ended = true));
  child.unref();
  const deadline = performance.now() + startLimitMs;
  while (!(await isRunning(name))) {
    if (ended) throw new Error(`the region did not start: ${lastError(name)}`);
    if (performance.now() > deadline)
      throw new Error(`the region does not answer; './snowglobe logs' says what it does`);
    await wait(50);
  }
  return true;
}

/** Ends the region's process; with `stops` also everything it runs. False when it does not run. */
export async function endRegion(name: string, stops: boolean): Promise<boolean> {
  if (!(await isRunning(name))) return false;
  await ask(name, 'POST', stops ? 'shutdown?stops=everything' : 'shutdown');
  const deadline = performance.now() + stopLimitMs;
  while (isAlive(name)) {
    if (performance.now() > deadline)
      throw new Error(`the region does not end; './snowglobe logs' says what it does`);
    await wait(50);
  }
  return true;
}

function isAlive(name: string): boolean {
  const pid = Number(readFileIfThere(join(stateDirOf(name), 'region.pid')) ?? 0);
  return pid > 0 && (readFileIfThere(`/proc/${pid}/cmdline`)?.includes('src/main.ts') ?? false);
}

function lastError(name: string): string {
  const lines = (readFileIfThere(join(stateDirOf(name), 'region.log')) ?? '').split('\n');
  return (
    lines.findLast((line) => /^\w*Error: /.test(line))?.replace(/^\w*Error: /, '') ?? "see './snowglobe logs'"
  );
}
