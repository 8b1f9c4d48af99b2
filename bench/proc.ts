/** What the kernel knows about processes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { regionCgroup } from '#/drivers/linux/daemon.ts';
import type { Site } from '#/drivers/linux/site.ts';

/** The kernel counts a process's time in hundredths of a second towards programs, on every architecture. */
const ticksPerSecond = 100;

/** User and system time of a process so far, with the programs it ran and waited for, in milliseconds. */
export function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is a name in parentheses, which may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * 1000) / ticksPerSecond;
}

/** Resident memory, and the same with shared pages divided among those who share them, in MiB. */
export function memoryMib(pid: number): { readonly rss: number; readonly pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const read = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return { rss: read('Rss'), pss: read('Pss') };
}

/** Memory (PSS) of everything below the region's mark, by kind: `balancer`, `database`, `guestd`, `machine`; in MiB. */
export function memoryByKind(site: Site): ReadonlyMap<string, number> {
  const root = regionCgroup(site);
  return new Map(
    foldersIn(root).map((kind) => [
      kind,
      pidsBelow(join(root, kind))
        .map((pid) => ifAlive(() => memoryMib(pid).pss))
        .reduce((sum, pss) => sum + pss, 0),
    ]),
  );
}

/** Processor time (ms) of everything below the region's mark, by kind. */
export function cpuMsByKind(site: Site): ReadonlyMap<string, number> {
  const root = regionCgroup(site);
  return new Map(
    foldersIn(root).map((kind) => [
      kind,
      pidsBelow(join(root, kind))
        .map((pid) => ifAlive(() => cpuMs(pid)))
        .reduce((sum, ms) => sum + ms, 0),
    ]),
  );
}

export function pidsBelow(cgroup: string): readonly number[] {
  return [
    ...readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
    ...foldersIn(cgroup).flatMap((child) => pidsBelow(join(cgroup, child))),
  ];
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** 0 for a process that ended while we looked. */
function ifAlive(look: () => number): number {
  try {
    return look();
  } catch {
    return 0;
  }
}
