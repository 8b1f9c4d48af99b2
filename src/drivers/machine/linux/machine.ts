import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine, MachineDriver, MachineMetadata, ObservedMachine } from '#/drivers/machine/driver.ts';
import { killDaemon, listDaemons, type Daemon } from '#/drivers/linux/daemon.ts';
import type { Site } from '#/drivers/linux/site.ts';
import { renderBundle, type BundleHost } from '#/drivers/machine/linux/bundle.ts';
import {
  carriesMark,
  cgroupHost,
  killMarked,
  machineCgroup,
  machinesWithCgroups,
  removeEmptyParents,
  waitFor,
} from '#/drivers/machine/linux/cgroup.ts';
import { consoleBytesMax, parseConsoleLog } from '#/drivers/machine/linux/console.ts';
import {
  diskPaths,
  makeDisk,
  mountDisk,
  unmountDisk,
  readText,
  removeDisk,
  writeWhole,
} from '#/drivers/machine/linux/disk.ts';
import { boundingSet, openFilesMax, raiseInotifyLimit } from '#/drivers/machine/linux/host.ts';
import {
  askToPowerOff,
  boot,
  chooseRuntime,
  execInside,
  forgetRun,
  noteOfEnding,
  runtimeStatus,
  type Run,
} from '#/drivers/machine/linux/runtime.ts';
import { findImage, imageNames } from '#/images/build.ts';
import type { Clock } from '#/lib/clock.ts';

const monitorKind = 'machine-monitor';
const lookEveryMs = 500;
const askAgainMs = 1000;
const execLimitMs = 60_000;

/** What is known of a machine that was made: its wish, and the layers its disk lies on for ever. */
interface MachineRecord {
  readonly machine: Machine;
  readonly layers: readonly string[];
}

/**
 * Machines as system containers: an OCI runtime boots systemd in an overlay of an image, conmon keeps its console and exit
 * code. All state is in files and in the kernel, so that a new process finds what an earlier one left, at any point.
 */
export function linuxMachine({ site, clock }: { readonly site: Site; readonly clock: Clock }): MachineDriver {
  const root = join(site.stateDir, 'machines');
  const exitDir = join(site.stateDir, 'machine-runs', 'exits');
  const listeners = new Set<(machineId: string) => void>();
  /** What was alive at the last look, and what was started since. */
  let alive: ReadonlySet<string> = new Set();
  let cancelLook: (() => void) | undefined;

  const directoryOf = (id: string): string => join(root, id);
  const markOf = (id: string): string => machineCgroup(site, id);
  const monitorOf = (id: string): Daemon => ({ site, kind: monitorKind, id });

  function runOf(id: string): Run {
    const bundle = directoryOf(id);
    return {
      id,
      bundle,
      runtime: chooseRuntime(join(site.stateDir, 'machine-runs')),
      monitor: monitorOf(id),
      logFile: join(bundle, 'console.log'),
      pidFile: join(bundle, 'pid'),
      exitDir,
      socketDir: join(site.stateDir, 'machine-runs', 'sockets'),
    };
  }

  function recordOf(id: string): MachineRecord | undefined {
    const text = readText(join(directoryOf(id), 'machine.json'));
    // Written by create below, whole or not at all.
    return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
  }

  /** Whether its first process lives; also true between the making and the start of a run. */
  function isAlive(id: string): boolean {
    const pid = Number(readText(runOf(id).pidFile) ?? NaN);
    return pid > 0 && carriesMark(pid, markOf(id));
  }

  async function isRunning(id: string): Promise<boolean> {
    return isAlive(id) && (await runtimeStatus(runOf(id).runtime, id)) === 'running';
  }

  /** Takes away what a run left behind, also a half-made one. Keeps the note of how it ended. */
  async function clear(id: string): Promise<void> {
    await forgetRun(runOf(id));
    await killMarked(markOf(id));
  }

  /** How the last run ended, as conmon noted it: a first process that powers off or reboots ends with a signal's number. */
  async function endingOf(id: string): Promise<ObservedMachine['ending']> {
    if (!existsSync(runOf(id).pidFile) || isAlive(id)) return undefined; // alive: made, but never started
    const note = join(exitDir, id);
    await noteOfEnding(runOf(id)); // without a note the plug was pulled
    switch (Number(readText(note))) {
      case 130:
        return 'poweroff';
      case 129:
        return 'reboot';
      default:
        return 'killed';
    }
  }

  function bundleHost(id: string): BundleHost {
    return {
      cgroupMount: cgroupHost().version2 === 'beside' ? 'cgroup2' : 'cgroup',
      cgroupsPath: markOf(id),
      rootfs: diskPaths(directoryOf(id)).rootfs,
      boundingSet: boundingSet(),
      openFilesMax: openFilesMax(),
      architecture: process.arch === 'arm64' ? 'arm64' : 'x64',
    };
  }

  function metadataFile(linkId: string): string {
    return join(site.stateDir, 'metadata', `${linkId}.json`);
  }

  function writeMetadata(id: string, metadata: MachineMetadata): void {
    mkdirSync(join(site.stateDir, 'metadata'), { recursive: true, mode: 0o700 });
    const noteOfLink = join(directoryOf(id), 'link');
    const before = readText(noteOfLink);
    writeWhole(noteOfLink, metadata.linkId); // first, so that destroy finds the file in any case
    writeWhole(metadataFile(metadata.linkId), JSON.stringify(metadata));
    if (before !== undefined && before !== metadata.linkId) rmSync(metadataFile(before), { force: true });
  }

  function tell(id: string): void {
    for (const listener of listeners) listener(id);
  }

  function aliveNow(): ReadonlySet<string> {
    return new Set(listMachines().filter(isAlive));
  }

  /** Looks for machines that have ended since the last look. */
  function look(): void {
    const before = alive;
    alive = aliveNow();
    for (const id of before) if (!alive.has(id)) tell(id);
    cancelLook = clock.after(lookEveryMs, look);
  }

  function listMachines(): readonly string[] {
    const directories = existsSync(root) ? readdirSync(root) : [];
    return [...new Set([...directories, ...machinesWithCgroups(site), ...listDaemons(site, monitorKind)])];
  }

  async function destroy(id: string): Promise<void> {
    const linkId = readText(join(directoryOf(id), 'link'));
    await clear(id);
    if (linkId !== undefined) rmSync(metadataFile(linkId), { force: true });
    rmSync(join(exitDir, id), { force: true });
    rmSync(join(runOf(id).socketDir, id), { recursive: true, force: true });
    await removeDisk(directoryOf(id));
  }

  return {
    // oxlint-disable-next-line require-await -- a contract of promises
    async create(machine) {
      const directory = directoryOf(machine.id);
      const before = recordOf(machine.id);
      const layers = before?.layers ?? findImage(site.imagesDir, machine.image);
      if (layers === undefined)
        throw new Error(`the image ${machine.image} is not built in ${site.imagesDir}`);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      if (before === undefined) makeDisk(directory, machine);
      writeMetadata(machine.id, machine.metadata);
      const record: MachineRecord = { machine, layers };
      writeWhole(join(directory, 'machine.json'), JSON.stringify(record)); // last: with it the machine exists
    },

    async start(id) {
      const record = recordOf(id);
      if (record === undefined) throw new Error(`there is no machine ${id}`);
      if (await isRunning(id)) return;
      raiseInotifyLimit();
      const attempt = runOf(id);
      await clear(id);
      rmSync(join(exitDir, id), { force: true });
      rmSync(attempt.pidFile, { force: true });
      for (const directory of [exitDir, attempt.socketDir])
        mkdirSync(directory, { recursive: true, mode: 0o700 });
      await mountDisk(attempt.bundle, record.layers);
      writeFileSync(
        join(attempt.bundle, 'config.json'),
        JSON.stringify(renderBundle(record.machine, bundleHost(id))),
      );
      await boot(attempt);
      alive = new Set([...alive, id]);
      tell(id);
    },

    async stop(id, graceMs) {
      const end = performance.now() + graceMs;
      while (performance.now() < end && (await isRunning(id))) {
        // Asked again and again: a machine that has just begun to boot does not hear it yet.
        await askToPowerOff(runOf(id).runtime, id);
        const askAgainAt = Math.min(end, performance.now() + askAgainMs);
        await waitFor(`machine ${id} to power off`, () => !isAlive(id) || performance.now() >= askAgainAt);
      }
      if (recordOf(id) === undefined) return;
      await clear(id);
      await unmountDisk(directoryOf(id));
    },

    destroy,

    async inspect(id) {
      if (recordOf(id) === undefined) return undefined;
      if (await isRunning(id)) return { state: 'running', ending: undefined };
      return { state: 'stopped', ending: await endingOf(id) };
    },

    list: () => Promise.resolve(listMachines()),

    // oxlint-disable-next-line require-await -- a contract of promises
    async setMetadata(id, metadata) {
      if (recordOf(id) === undefined) throw new Error(`there is no machine ${id}`);
      writeMetadata(id, metadata);
    },

    async exec(id, argv, options = {}) {
      if (!(await isRunning(id))) throw new Error(`machine ${id} does not run`);
      return execInside(runOf(id).runtime, id, argv, options.timeoutMs ?? execLimitMs);
    },

    console(id) {
      const log = runOf(id).logFile;
      if (!existsSync(log)) return Promise.resolve('');
      // Time and stream take about as much room as the text.
      const tail = readFileSync(log).subarray(-4 * consoleBytesMax);
      return Promise.resolve(parseConsoleLog(tail.toString()));
    },

    images: () => imageNames.filter((name) => findImage(site.imagesDir, name) !== undefined),

    watch(listener) {
      listeners.add(listener);
      if (listeners.size === 1) {
        alive = aliveNow();
        cancelLook = clock.after(lookEveryMs, look);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) cancelLook?.();
      };
    },

    async destroyAll() {
      for (const id of listMachines()) await destroy(id);
      for (const id of listDaemons(site, monitorKind)) await killDaemon(monitorOf(id));
      rmSync(join(site.stateDir, 'machine-runs'), { recursive: true, force: true });
      rmSync(root, { recursive: true, force: true });
      removeEmptyParents(site);
    },
  };
}
