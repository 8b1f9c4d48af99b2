import { spawn, type SpawnOptions } from 'node:child_process';

/** What a finished program left. */
export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for its standard input. */
  readonly input?: string;
  /** Killed after this long; 30 s unless told. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with each piece of its standard output and error as it comes, for progress. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs a program to its end, with an argument list and never through a shell; this is the one door to programs.
 * Answers its exit code; throws when it cannot be started or does not end in time.
 */
export function tryRun(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Not spawn's own limit: that one keeps the process alive when the program cannot be started.
    const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        options.onOutput?.(text);
      });
    }
    child.stdin.on('error', () => {}); // a program may end before it has read its input
    child.stdin.end(options.input ?? '');
    child.on('error', (cause) => {
      clearTimeout(limit);
      reject(new Error(`cannot start ${program}`, { cause }));
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(limit);
      if (exitCode === null)
        reject(new Error(`${program} ${args.join(' ')} ended by ${signal} (limit ${timeoutMs} ms)`));
      else resolve({ exitCode, ...output });
    });
  });
}

/** Runs a program that must succeed, and answers its standard output. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await tryRun(program, args, options);
  if (exitCode !== 0)
    throw new Error(`${program} ${args.join(' ')} failed (${exitCode}): ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** Starts a program that goes on by itself, also when this process ends; answers the child process. */
export function start(program: string, args: readonly string[], options: SpawnOptions) {
  return spawn(program, args, options);
}
