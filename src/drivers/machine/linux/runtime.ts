import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupHost, waitFor } from '#/drivers/machine/linux/cgroup.ts';
import { readText } from '#/drivers/machine/linux/disk.ts';
import { daemonPids, killDaemon, startDaemon, type Daemon } from '#/drivers/linux/daemon.ts';
import { run, tryRun, type Finished } from '#/lib/run.ts';

/** An OCI runtime with its state directory: crun, or runc where crun does not run. Both take the same bundle. */
export interface Runtime {
  readonly program: string;
  readonly options: readonly string[];
}

/** SIGRTMIN+3: systemd as the first process powers off. */
const powerOffSignal = '37';

/** The runtime for this host. */
export function chooseRuntime(stateDir: string): Runtime {
  const crun = cgroupHost().controllersAreSplit ? undefined : findProgram('crun');
  if (crun !== undefined) {
    return { program: crun, options: ['--root', join(stateDir, 'crun'), '--cgroup-manager=cgroupfs'] };
  }
  const runc = findProgram('runc');
  if (runc === undefined) throw new Error('neither crun nor runc can run machines here: install runc');
  return { program: runc, options: ['--root', join(stateDir, 'runc')] };
}

/** Files and marks of one run of a machine. */
export interface Run {
  readonly id: string;
  readonly bundle: string;
  readonly runtime: Runtime;
  /** The mark of conmon, which holds the console and the exit code. */
  readonly monitor: Daemon;
  readonly logFile: string;
  readonly pidFile: string;
  readonly exitDir: string;
  readonly socketDir: string;
}

/** Boots the bundle under conmon. Nothing of an earlier run may be left. */
export async function boot(attempt: Run): Promise<void> {
  const { id, bundle, runtime, monitor, logFile, pidFile, exitDir, socketDir } = attempt;
  const conmon = findProgram('conmon');
  if (conmon === undefined) throw new Error('machines need conmon: install it');
  const complaints = join(bundle, 'conmon.log');
  startDaemon(monitor, {
    program: conmon,
    args: [
      '--cid', id, '--cuuid', id, '--name', id, '--terminal',
      '--runtime', runtime.program, ...runtime.options.flatMap((option) => ['--runtime-arg', option]),
      '--bundle', bundle, '--container-pidfile', pidFile, '--exit-dir', exitDir, '--socket-dir-path', socketDir,
      '--log-path', `k8s-file:${logFile}`, '--log-size-max', String(16 * 1024 * 1024),
    ], // prettier-ignore
    logFile: complaints,
  });
  let begun = false;
  const hasFailed = (): boolean => {
    const runs = daemonPids(monitor).length > 0;
    const failed = begun && !runs;
    begun ||= runs;
    return failed;
  };
  await waitFor(`conmon to make machine ${id}`, () => existsSync(pidFile) || hasFailed(), 30_000);
  if ((await runtimeStatus(runtime, id)) !== 'created')
    throw new Error(`machine ${id} could not be made: ${readText(complaints)?.trim()}`);
  await run(runtime.program, [...runtime.options, 'start', id]);
}

/** What the runtime says of it: `created`, `running`, `stopped`; undefined when it knows no such machine. */
export async function runtimeStatus({ program, options }: Runtime, id: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryRun(program, [...options, 'state', id]);
  if (exitCode !== 0) return undefined;
  // The runtime's answer has this member by its specification.
  return (JSON.parse(stdout) as { status: string }).status;
}

export async function askToPowerOff({ program, options }: Runtime, id: string): Promise<void> {
  await tryRun(program, [...options, 'kill', id, powerOffSignal]); // it may just have ended
}

/** Makes the runtime forget the machine, killing it if need be. */
export async function forgetRun({ id, runtime, monitor, exitDir }: Run): Promise<void> {
  const forget = [...runtime.options, 'delete', '--force', id];
  await tryRun(runtime.program, forget);
  await noteOfEnding({ id, monitor, exitDir });
  await killDaemon(monitor);
  // A runtime that was just making the machine has left half of one: the next could not be made beside it.
  await tryRun(runtime.program, forget);
}

/** conmon notes an end within milliseconds. */
const noteLimitMs = 2_000;

/** Waits a little for conmon to write how the machine ended. One that lost its starter may never do. */
export async function noteOfEnding({
  id,
  monitor,
  exitDir,
}: Pick<Run, 'id' | 'monitor' | 'exitDir'>): Promise<void> {
  const isOver = (): boolean => existsSync(join(exitDir, id)) || daemonPids(monitor).length === 0;
  await waitFor(`the end of ${id} to be noted`, isOver, noteLimitMs).catch(() => {});
}

export async function execInside(
  { program, options }: Runtime,
  id: string,
  argv: readonly string[],
  timeoutMs: number,
): Promise<Finished> {
  const seconds = Math.max(0.1, timeoutMs / 1000);
  // Killing the runtime's process would leave the command: the guest itself ends it in time.
  const limited = ['timeout', '--signal=KILL', String(seconds), ...argv];
  return tryRun(program, [...options, 'exec', id, ...limited], {
    timeoutMs: timeoutMs + 5000,
  });
}

function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}
