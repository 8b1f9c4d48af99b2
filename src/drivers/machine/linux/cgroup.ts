import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { regionCgroup } from '#/drivers/linux/daemon.ts';
import type { Site } from '#/drivers/linux/site.ts';

/** How cgroups lie on this host: version 2 alone, or beside version 1, where it may own some controllers. */
export interface CgroupHost {
  /** The mount point of each hierarchy. */
  readonly roots: readonly string[];
  readonly version2: 'alone' | 'beside' | 'absent';
  /** Version 2 lies beside version 1 and has controllers all the same: crun refuses to run there. */
  readonly controllersAreSplit: boolean;
}

export function cgroupHost(): CgroupHost {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    return { roots: ['/sys/fs/cgroup'], version2: 'alone', controllersAreSplit: false };
  }
  const roots = readdirSync('/sys/fs/cgroup', { withFileTypes: true })
    .filter((entry) => entry.isDirectory()) // links are second names of the same hierarchy
    .map((entry) => join('/sys/fs/cgroup', entry.name))
    .filter((root) => existsSync(join(root, 'cgroup.procs')));
  const controllers = '/sys/fs/cgroup/unified/cgroup.controllers';
  if (!existsSync(controllers)) return { roots, version2: 'absent', controllersAreSplit: false };
  const controllersAreSplit = readFileSync(controllers, 'utf8').trim() !== '';
  return { roots, version2: 'beside', controllersAreSplit };
}

/** The mark of a machine: where its processes are below each hierarchy. */
export function machineCgroup(site: Site, machineId: string): string {
  return `/snowglobe/${site.name}/machine/${machineId}`;
}

/** The ids of machines that have processes, or had and were not cleaned up. */
export function machinesWithCgroups(site: Site): readonly string[] {
  return childrenOf(join(regionCgroup(site), 'machine'));
}

/** Whether a process is there and carries the mark: its number alone may be that of another by now. */
export function carriesMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .split('\n')
      .some((line) => line.endsWith(mark) || line.includes(`${mark}/`));
  } catch {
    return false; // no such process
  }
}

/** Kills every process with the mark, in whatever hierarchy, and removes the mark. */
export async function killMarked(mark: string): Promise<void> {
  const trees = cgroupHost().roots.map((root) => join(root, mark));
  await waitFor(`the processes of ${mark} to die`, () => {
    const pids = trees.flatMap(pidsBelow);
    for (const pid of pids) kill(pid);
    return pids.length === 0;
  });
  await waitFor(`${mark} to be removed`, () => trees.every(isRemoved));
}

/** Removes the directories above the machines, where nothing is left in them. */
export function removeEmptyParents(site: Site): void {
  for (const root of cgroupHost().roots) {
    for (const path of [`snowglobe/${site.name}/machine`, `snowglobe/${site.name}`, 'snowglobe']) {
      removeIfEmpty(join(root, path));
    }
  }
}

/**
 * Waits for the condition, looking every 10 ms; throws after the limit, 10 seconds unless told. In the kernel's time, not a
 * Clock's: no simulation has these processes, and the wait must hold a process that does nothing else.
 */
export async function waitFor(what: string, condition: () => boolean, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await sleep(10);
  }
}

function isRemoved(tree: string): boolean {
  for (const child of childrenOf(tree)) isRemoved(join(tree, child));
  removeIfEmpty(tree);
  return !existsSync(tree);
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Not there, or the kernel still holds it, or others use it: the caller looks again.
  }
}

function pidsBelow(tree: string): readonly number[] {
  const own = readIfThere(join(tree, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
  return [...own, ...childrenOf(tree).flatMap((child) => pidsBelow(join(tree, child)))];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
}

function childrenOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return []; // no such directory
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
