import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '#/lib/run.ts';
import type { Site } from '#/drivers/linux/site.ts';

/** What a daemon is: `kind` and `id` are its mark. */
export interface Daemon {
  readonly site: Site;
  /** `balancer`, `database`, `guestd`: one for each driver. */
  readonly kind: string;
  /** Fit for a file name. */
  readonly id: string;
}

export interface DaemonCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Path of the network namespace to run in; the host's own when absent. */
  readonly namespace?: string;
  /** What it believes its host is called; the host's own name when absent. */
  readonly hostname?: string;
  /** Its output is appended to this file. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const enterScript = fileURLToPath(new URL('enter.sh', import.meta.url));

/** The tree in which daemons are found by name: version 2 has no controllers of ours in it, only processes. */
function cgroupRoot(): string {
  return existsSync('/sys/fs/cgroup/unified/cgroup.procs') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup';
}

/** Where this region's cgroups are, below which each daemon has `<kind>/<id>`. */
export function regionCgroup(site: Site): string {
  return join(cgroupRoot(), 'snowglobe', site.name);
}

export function daemonCgroup({ site, kind, id }: Daemon): string {
  return join(regionCgroup(site), kind, id);
}

/** Starts a program that goes on when the region process ends, in a cgroup of its own. The caller checks that none runs. */
export function startDaemon(daemon: Daemon, command: DaemonCommand): void {
  const cgroup = daemonCgroup(daemon);
  mkdirSync(cgroup, { recursive: true });
  mkdirSync(dirname(command.logFile), { recursive: true });
  const log = openSync(command.logFile, 'a');
  const child = start(
    enterScript,
    [cgroup, command.namespace ?? '-', command.hostname ?? '-', command.program, ...command.args],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', ...command.env },
      cwd: command.cwd ?? '/',
    },
  );
  child.on('error', () => {}); // seen as a daemon that does not run
  child.unref();
  closeSync(log);
}

/** The daemon's processes now, those of its children included. Empty when it does not run. */
export function daemonPids(daemon: Daemon): readonly number[] {
  return pidsOf(daemonCgroup(daemon));
}

/** Kills every process of the daemon and answers when the last is gone; then its cgroup is gone too. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  await killCgroup(daemonCgroup(daemon));
}

/** The ids of a kind's daemons, found by mark; also of those whose processes have ended. */
export function listDaemons(site: Site, kind: string): readonly string[] {
  return childrenOf(join(regionCgroup(site), kind));
}

/** Kills everything below this region's cgroups and removes them. */
export async function killRegion(site: Site): Promise<void> {
  await killTree(regionCgroup(site));
}

async function killTree(cgroup: string): Promise<void> {
  for (const child of childrenOf(cgroup)) await killTree(join(cgroup, child));
  await killCgroup(cgroup);
}

/**
 * Kills what is in a cgroup until it can be removed. A program that was just being started may still enter it after a
 * look found it empty; once the cgroup is gone it cannot, and ends.
 */
async function killCgroup(cgroup: string): Promise<void> {
  for (let attempt = 0; existsSync(cgroup); attempt += 1) {
    if (existsSync(join(cgroup, 'cgroup.kill'))) writeIfThere(join(cgroup, 'cgroup.kill'), '1');
    else for (const pid of pidsOf(cgroup)) killIfThere(pid);
    for (const child of childrenOf(cgroup)) await killTree(join(cgroup, child));
    try {
      rmdirSync(cgroup);
    } catch (cause) {
      if (attempt > 500) throw new Error(`the processes of ${cgroup} do not end`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function writeIfThere(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    // The cgroup was removed between the look and the write.
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the kill.
  }
}

function pidsOf(cgroup: string): readonly number[] {
  try {
    return readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return []; // no such cgroup: nothing runs in it
  }
}

function childrenOf(cgroup: string): readonly string[] {
  try {
    return readdirSync(cgroup, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
