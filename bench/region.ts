/** A region of the benchmarks' own: made by the commands that a user types, and gone when they end. */
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { call } from '#/cli/client.ts';
import { run } from '#/lib/run.ts';
import { readSettings, requireSettings, siteOf } from '#/server/settings.ts';
import type { Site } from '#/drivers/linux/site.ts';

export const regionName = 't-bench';
const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
export const commandLimitMs = 900_000;

/** Runs `snowglobe COMMAND` for the benchmarks' region. */
export function snowglobe(command: string, ...args: readonly string[]): Promise<string> {
  return run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, command, '--name', regionName, ...args],
    { timeoutMs: commandLimitMs },
  );
}

/** Starts from nothing, and leaves nothing behind, also when the work fails or is interrupted. */
export async function withFreshRegion<T>(work: (port: number) => Promise<T>): Promise<T> {
  if (readSettings(regionName)) await snowglobe('destroy');
  const interrupt = (): void => void snowglobe('destroy').finally(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await work(await freePort());
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await snowglobe('destroy');
  }
}

/** Calls an AWS operation of the region as its account. The caller knows the operation's output. */
export async function aws<T>(service: string, operation: string, input: object): Promise<T> {
  return (await call(regionName, service, operation, input)) as T; // as the caller says
}

export function regionSite(): Site {
  return siteOf(requireSettings(regionName));
}

/** A TCP port of 127.0.0.1 that nobody uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo; // it listens on TCP
      probe.close(() => resolve(port));
    });
  });
}
