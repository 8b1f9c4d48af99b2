import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { daemonCgroup, type Daemon } from '#/drivers/linux/daemon.ts';

const frozenWithinMs = 5_000;

/** Does something while none of the daemon's processes moves. They go on afterwards, whatever happened. */
export async function whileFrozen(daemon: Daemon, work: () => Promise<void>): Promise<void> {
  const cgroup = daemonCgroup(daemon);
  try {
    writeFileSync(join(cgroup, 'cgroup.freeze'), '1');
    await frozen(cgroup);
    await work();
  } finally {
    thaw(daemon);
  }
}

/** Lets a frozen daemon go on. One that is not frozen, or not there, is left alone. */
export function thaw(daemon: Daemon): void {
  const file = join(daemonCgroup(daemon), 'cgroup.freeze');
  if (existsSync(file)) writeFileSync(file, '0');
}

async function frozen(cgroup: string): Promise<void> {
  for (
    let attempt = 0;
    !readFileSync(join(cgroup, 'cgroup.events'), 'utf8').includes('frozen 1');
    attempt += 1
  ) {
    if (attempt > frozenWithinMs) throw new Error(`${cgroup} does not freeze`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
