/**
 * The region process: one region's API, its store and its controllers. It starts what is wished and not there, adopts
 * what runs, and may be killed at any time: the data plane goes on without it.
 * Its one argument is the region's name; the settings are in its state (see server/settings.ts).
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { readFileIfThere } from '#/lib/files.ts';
import { systemClock } from '#/lib/clock.ts';
import { systemRandom } from '#/lib/random.ts';
import { removeCgroups } from '#/server/data-plane.ts';
import { openRegion, type OpenOptions, type OpenRegion } from '#/server/open-region.ts';
import { privateApi } from '#/server/private-api.ts';
import { markRestarted } from '#/server/restart.ts';
import { controlSocketOf, requireSettings, siteOf } from '#/server/settings.ts';
import { SimulatedRegions } from '#/server/simulated-regions.ts';
import { stopEverything } from '#/server/stop.ts';
import { findCredentials, findHostCredentials } from '#/services/iam/sessions.ts';
import type { Backend } from '#/wire/backend.ts';
import { createWireServer } from '#/wire/server.ts';

const name = process.argv[2] ?? 'main';
const settings = requireSettings(name);
const site = siteOf(settings);
const { regionName, account } = settings;

mkdirSync(site.stateDir, { recursive: true, mode: 0o711 }); // database servers, not root, must get through
chmodSync(site.stateDir, 0o711);
claimState();
const options: OpenOptions = {
  settings,
  site,
  databaseFile: join(site.stateDir, 'region.db'),
  clock: systemClock,
  random: systemRandom,
  onFailure: ({ kind, id, attempt, error }) => log(`${kind} ${id}: attempt ${attempt} failed`, error),
};
const first = openRegion(options);
const simulated = settings.dataPlane === 'memory' ? new SimulatedRegions(options, first) : undefined;
const served = (): OpenRegion => simulated?.home ?? first;

const { drivers } = first;
await drivers.network.prepare();
await drivers.names.prepare();
await drivers.names.apply({
  id: 'public-endpoints',
  records: [
    `*.${regionName}.amazonaws.com`,
    's3.amazonaws.com',
    '*.s3.amazonaws.com',
    'sts.amazonaws.com',
    'iam.amazonaws.com',
  ].map((endpoint) => ({ name: endpoint, ttlSeconds: 60, data: { type: 'region' } })),
});
const servers = await listen();
// A simulated data plane lives and dies with this process.
if (isAfterStop() || settings.dataPlane === 'memory') markRestarted(first.store);
rmSync(join(site.stateDir, 'stopped'), { force: true });
writeFileSync(join(site.stateDir, 'boot-id'), hostBootId());
first.region.runtime.start();
process.on('SIGTERM', () => void shutdown(false));
process.on('SIGINT', () => void shutdown(false));
log(`the region ${name} (${regionName}, ${settings.dataPlane}) listens on http://127.0.0.1:${settings.port}`);

/** Two region processes on one state would fight: the second ends with a sentence. */
function claimState(): void {
  const pidFile = join(site.stateDir, 'region.pid');
  const pid = Number(readFileIfThere(pidFile) ?? 0);
  const commandLine = pid > 0 && pid !== process.pid ? readFileIfThere(`/proc/${pid}/cmdline`) : undefined;
  if (commandLine?.includes('src/main.ts'))
    throw new Error(`the region ${name} runs already, as process ${pid}`);
  writeFileSync(pidFile, String(process.pid));
}

async function listen(): Promise<readonly Server[]> {
  const common = {
    backend: backendOf(served),
    ...(simulated ? { backendOf: (signedFor: string) => backendOf(() => simulated.named(signedFor)) } : {}),
    clock: systemClock,
    random: systemRandom,
    onError: (error: unknown, requestId: string) => log(`request ${requestId} failed`, error),
  };
  const tools = {
    ...common,
    privateApi: privateApi({
      served,
      settings,
      shutdown: (stops) => void shutdown(stops),
      ...(simulated ? { reset: () => simulated.reset() } : {}),
    }),
  };
  // Guests come through a socket of their own: without a private API, and without the well-known key.
  const guests = {
    ...common,
    backend: {
      ...common.backend,
      credentials: (id: string) => findCredentials(served().store, account, id),
    },
  };
  return [
    await listenOn(createWireServer(guests), { path: freshSocket(join(site.stateDir, 'api.sock')) }),
    await listenOn(createWireServer(tools), { path: freshSocket(controlSocketOf(name)) }),
    await listenOn(createWireServer(tools), { host: '127.0.0.1', port: settings.port }),
  ];
}

/** What the wire layer asks; the region itself is looked up at each call, because a reset replaces it. */
function backendOf(current: () => OpenRegion): Backend {
  return {
    region: regionName,
    account,
    credentials: (accessKeyId) => findHostCredentials(served().store, account, accessKeyId),
    implements: (service, operation) => current().region.implements(service, operation),
    async invoke(...call) {
      const { region } = current();
      await simulated?.settle(region);
      return region.invoke(...call);
    },
  };
}

function freshSocket(path: string): string {
  rmSync(path, { force: true });
  return path;
}

function listenOn(
  server: Server,
  address: { path: string } | { host: string; port: number },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const port = 'port' in address ? address.port : undefined;
      reject(
        cause.code === 'EADDRINUSE' && port !== undefined
          ? new Error(`port ${port} is in use by another program; choose one with --port`)
          : new Error('the region cannot listen', { cause }),
      );
    });
    server.listen(address, () => resolve(server));
  });
}

/** Whether everything was stopped (`down`, or the host restarted) since the region last ran. */
function isAfterStop(): boolean {
  const lastBoot = readFileIfThere(join(site.stateDir, 'boot-id'));
  return existsSync(join(site.stateDir, 'stopped')) || (lastBoot !== undefined && lastBoot !== hostBootId());
}

function hostBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

async function shutdown(stops: boolean): Promise<void> {
  await served().region.runtime.stop();
  if (stops) {
    await stopEverything(served().drivers);
    if (settings.dataPlane === 'linux') await removeCgroups(site);
    writeFileSync(join(site.stateDir, 'stopped'), '');
  }
  for (const server of servers) server.closeAllConnections();
  served().store.close();
  log(`the region ${name} has ended`);
  process.exit(0);
}

function log(message: string, error?: unknown): void {
  const reason = error instanceof Error ? `: ${error.stack}${causes(error)}` : '';
  process.stdout.write(`${new Date(systemClock.now()).toISOString()} ${message}${reason}\n`);
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `\n  because ${error.cause.stack}${causes(error.cause)}` : '';
}
