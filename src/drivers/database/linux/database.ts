import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep, type Clock } from '#/lib/clock.ts';
import { systemRandom, type Random } from '#/lib/random.ts';
import type { DatabaseDriver, DatabaseServer, ObservedServer } from '#/drivers/database/driver.ts';
import { renderMasterUser, replicationUser } from '#/drivers/database/linux/accounts.ts';
import { parseVertical, query, sqlText } from '#/drivers/database/linux/client.ts';
import { renderConfig, type ServerPaths } from '#/drivers/database/linux/config.ts';
import {
  dataDir,
  duplicateVolume,
  initFile,
  listVolumeDirs,
  makeVolume,
  prepareDirs,
  replicationPassword,
  serverUser,
  volumeDir,
  volumesDir,
} from '#/drivers/database/linux/volume.ts';
import { daemonPids, killDaemon, listDaemons, startDaemon, type Daemon } from '#/drivers/linux/daemon.ts';
import { thaw, whileFrozen } from '#/drivers/database/linux/freeze.ts';
import type { Site } from '#/drivers/linux/site.ts';

export interface LinuxDatabaseOptions {
  readonly site: Site;
  readonly clock: Clock;
  /** For the passwords of replication accounts. */
  readonly random?: Random;
}

const startLimitMs = 50_000;
const stopLimitMs = 20_000;
const lookEveryMs = 200;

/**
 * Database servers as MariaDB processes, each in its interface's namespace and its own cgroup. What runs is read from
 * the cgroups and asked of the servers; a server's files say only on which volume it was started.
 */
export function linuxDatabase({ site, clock, random = systemRandom }: LinuxDatabaseOptions): DatabaseDriver {
  const listeners = new Set<(serverId: string) => void>();
  /** Volumes under way, so that asking twice is doing once. */
  const making = new Map<string, Promise<void>>();
  let cancelLook: (() => void) | undefined;
  let seen = new Set<string>();

  function once(volumeId: string, make: () => Promise<void>): Promise<void> {
    const underWay = making.get(volumeId);
    if (underWay) return underWay;
    const made = make().finally(() => making.delete(volumeId));
    making.set(volumeId, made);
    return made;
  }

  /** The server that runs on a volume, if one does. */
  function serverOn(volumeId: string): string | undefined {
    return listDaemons(site, 'database').find((id) => isRunning(site, id) && volumeOf(site, id) === volumeId);
  }

  async function startServer(server: DatabaseServer, paths: ServerPaths, config: string): Promise<void> {
    const user = serverOn(server.volumeId);
    if (user !== undefined && user !== server.id)
      throw new Error(`volume ${server.volumeId} is in use by ${user}: kill that server first`);
    if (!existsSync(paths.dataDir)) throw new Error(`there is no volume ${server.volumeId}`);
    await prepareServerDir(site, paths, server.volumeId, config);
    startDaemon(daemonOf(site, server.id), {
      program: 'setpriv',
      args: [
        `--reuid=${serverUser}`,
        `--regid=${serverUser}`,
        '--clear-groups',
        '--no-new-privs',
        'mariadbd',
        `--defaults-file=${configPath(paths.serverDir)}`,
      ],
      namespace: server.namespace,
      hostname: server.id.slice(0, 64), // what @@hostname tells clients
      logFile: logPath(site, server.id),
    });
    await accepting(server.id, paths.serverDir);
  }

  async function accepting(serverId: string, serverDir: string): Promise<void> {
    const deadline = clock.now() + startLimitMs;
    for (let attempt = 0; ; attempt += 1) {
      if (existsSync(join(serverDir, 's')) && (await answers(serverDir))) return;
      // The process needs a moment to enter its cgroup; afterwards an empty cgroup is a server that ended.
      if (attempt > 50 && !isRunning(site, serverId))
        throw new Error(`database server ${serverId} ended at its start: ${logTail(site, serverId)}`);
      if (clock.now() > deadline)
        throw new Error(`database server ${serverId} does not answer: ${logTail(site, serverId)}`);
      await sleep(clock, 20);
    }
  }

  async function endCleanly(serverId: string): Promise<void> {
    const deadline = clock.now() + stopLimitMs;
    for (const pid of daemonPids(daemonOf(site, serverId))) terminate(pid);
    while (isRunning(site, serverId) && clock.now() < deadline) await sleep(clock, 20);
    await killDaemon(daemonOf(site, serverId));
  }

  function look(): void {
    const running = new Set(listDaemons(site, 'database').filter((id) => isRunning(site, id)));
    const moved = [...running.symmetricDifference(seen)];
    seen = running;
    for (const id of moved) tell(id);
    cancelLook = listeners.size > 0 ? clock.after(lookEveryMs, look) : undefined;
  }

  function tell(serverId: string): void {
    for (const listener of listeners) listener(serverId);
  }

  return {
    async createVolume(volume) {
      await once(volume.id, () => makeVolume(site, volume, random));
    },
    async copyVolume(fromVolumeId, toVolumeId) {
      const server = serverOn(fromVolumeId);
      await once(toVolumeId, () =>
        duplicateVolume(site, fromVolumeId, toVolumeId, (copy) =>
          server === undefined ? copy() : whileFrozen(daemonOf(site, server), copy),
        ),
      );
    },
    async destroyVolume(volumeId) {
      const user = serverOn(volumeId);
      if (user !== undefined) throw new Error(`volume ${volumeId} is in use by ${user}`);
      await rm(volumeDir(site, volumeId), { recursive: true, force: true });
    },
    listVolumes: () => listVolumeDirs(site),
    async apply(server) {
      const paths = pathsOf(site, server);
      const config = renderConfig(server, paths);
      if (isRunning(site, server.id)) {
        // A copy that was cut short by the end of this process has left it frozen.
        if (!making.size) thaw(daemonOf(site, server.id));
        // Leaving a volume loses nothing: what was acknowledged is on it. Changed settings are a clean restart.
        if (volumeOf(site, server.id) !== server.volumeId) await killDaemon(daemonOf(site, server.id));
        else if (configOf(site, server.id) !== config) await endCleanly(server.id);
      }
      const isStarted = !isRunning(site, server.id);
      if (isStarted) await startServer(server, paths, config);
      else await accepting(server.id, paths.serverDir);
      if (server.role.type === 'writer') await becomeWriter(paths.serverDir);
      else await follow(site, server.volumeId, paths.serverDir, server.role);
      // Only of what moved: whoever is told looks, and may find reason to ask for the same again.
      if (isStarted) tell(server.id);
    },
    stop: (serverId) => endCleanly(serverId),
    kill: (serverId) => killDaemon(daemonOf(site, serverId)),
    async destroy(serverId) {
      await killDaemon(daemonOf(site, serverId));
      await rm(serverDirOf(site, serverId), { recursive: true, force: true });
    },
    async inspect(serverId) {
      if (isRunning(site, serverId)) return inspectRunning(site, serverId);
      if (!existsSync(serverDirOf(site, serverId))) return undefined;
      return { ...nothingRuns, volumeId: volumeOf(site, serverId) };
    },
    list: async () => [...new Set([...listDaemons(site, 'database'), ...childrenOf(serversDir(site))])],
    async setPassword(serverId, user, password) {
      await query(serverDirOf(site, serverId), renderMasterUser(user, password));
    },
    watch(listener) {
      listeners.add(listener);
      if (!cancelLook) {
        seen = new Set(listDaemons(site, 'database').filter((id) => isRunning(site, id)));
        cancelLook = clock.after(lookEveryMs, look);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        cancelLook?.();
        cancelLook = undefined;
      };
    },
    async destroyAll() {
      for (const id of listDaemons(site, 'database')) await killDaemon(daemonOf(site, id));
      for (const directory of [serversDir(site), volumesDir(site)]) {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

const nothingRuns: ObservedServer = {
  isRunning: false,
  isAccepting: false,
  volumeId: undefined,
  role: undefined,
  replication: undefined,
};

async function inspectRunning(site: Site, serverId: string): Promise<ObservedServer> {
  const volumeId = volumeOf(site, serverId);
  const silent = { ...nothingRuns, isRunning: true, volumeId };
  let text: string;
  try {
    text = await query(
      serverDirOf(site, serverId),
      'SELECT @@read_only AS read_only\\G SHOW SLAVE STATUS\\G',
      2_000,
    );
  } catch {
    return silent; // starting, recovering, stopped by a signal: it runs and does not answer
  }
  const values = parseVertical(text);
  const lag = values.get('Seconds_Behind_Master');
  const writerAddress = values.get('Master_Host');
  return {
    ...silent,
    isAccepting: true,
    role: values.get('read_only') === '0' ? 'writer' : 'reader',
    replication:
      writerAddress === undefined
        ? undefined
        : {
            isRunning: values.get('Slave_IO_Running') === 'Yes' && values.get('Slave_SQL_Running') === 'Yes',
            lagSeconds: lag === undefined || lag === 'NULL' ? undefined : Number(lag),
            writerAddress,
          },
  };
}

/** Ends replication where there is any and opens the server for writing. */
async function becomeWriter(serverDir: string): Promise<void> {
  await query(serverDir, 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0;');
}

/** Closes the server for writing and makes it replicate, unless it does so already. */
async function follow(
  site: Site,
  volumeId: string,
  serverDir: string,
  role: { readonly writerAddress: string; readonly writerPort: number },
): Promise<void> {
  const status = parseVertical(await query(serverDir, 'SET GLOBAL read_only = 1; SHOW SLAVE STATUS\\G'));
  const follows =
    status.get('Master_Host') === role.writerAddress &&
    status.get('Master_Port') === String(role.writerPort) &&
    status.get('Slave_IO_Running') !== 'No' &&
    status.get('Slave_SQL_Running') === 'Yes';
  if (follows) return;
  await query(serverDir, 'STOP SLAVE;');
  const position = await replicationPosition(serverDir);
  await query(
    serverDir,
    [
      ...position,
      `CHANGE MASTER TO MASTER_HOST=${sqlText(role.writerAddress)}, MASTER_PORT=${role.writerPort},`,
      `MASTER_USER='${replicationUser}', MASTER_PASSWORD=${sqlText(replicationPassword(site, volumeId))},`,
      'MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;',
      'START SLAVE;',
    ].join('\n'),
  );
}

/**
 * Where the volume's content ends in the cluster's one history. Its binary log has everything that was ever applied
 * to it, as writer, as reader, or before it was copied; what replication itself remembers may be from an earlier role.
 */
async function replicationPosition(serverDir: string): Promise<readonly string[]> {
  const positions = parseVertical(
    await query(serverDir, 'SELECT @@gtid_binlog_pos AS logged, @@gtid_slave_pos AS applied\\G'),
  );
  const logged = positions.get('logged') ?? '';
  const applied = positions.get('applied') ?? '';
  return sequenceOf(logged) > sequenceOf(applied) ? [`SET GLOBAL gtid_slave_pos = ${sqlText(logged)};`] : [];
}

/** The number of a global transaction id, `0-1-145679`: it grows along the history of a cluster. */
function sequenceOf(position: string): number {
  return Number(position.split('-')[2] ?? 0);
}

async function answers(serverDir: string): Promise<boolean> {
  try {
    await query(serverDir, 'SELECT 1;', 2_000);
    return true;
  } catch {
    return false; // it has not come so far
  }
}

async function prepareServerDir(
  site: Site,
  paths: ServerPaths,
  volumeId: string,
  config: string,
): Promise<void> {
  const { serverDir } = paths;
  await prepareDirs(site);
  mkdirSync(serversDir(site), { recursive: true, mode: 0o711 });
  await chmod(serversDir(site), 0o711);
  await rm(join(serverDir, 's'), { force: true });
  await mkdir(join(serverDir, 'tmp'), { recursive: true });
  const { uid, gid } = await stat(dataDir(site, volumeId));
  for (const directory of [serverDir, join(serverDir, 'tmp')]) {
    await chown(directory, uid, gid);
    await chmod(directory, 0o700);
  }
  await writeFile(join(serverDir, 'volume'), volumeId);
  const half = `${configPath(serverDir)}.new`;
  await writeFile(half, config, { mode: 0o640 });
  await chown(half, 0, gid);
  await rename(half, configPath(serverDir));
}

function daemonOf(site: Site, id: string): Daemon {
  return { site, kind: 'database', id };
}

function isRunning(site: Site, serverId: string): boolean {
  return daemonPids(daemonOf(site, serverId)).length > 0;
}

function serversDir(site: Site): string {
  return join(site.stateDir, 'databases');
}

function serverDirOf(site: Site, serverId: string): string {
  return join(serversDir(site), serverId);
}

function pathsOf(site: Site, server: DatabaseServer): ServerPaths {
  return {
    serverDir: serverDirOf(site, server.id),
    dataDir: dataDir(site, server.volumeId),
    initFile: initFile(site, server.volumeId),
  };
}

function configPath(serverDir: string): string {
  return join(serverDir, 'my.cnf');
}

function logPath(site: Site, serverId: string): string {
  return join(site.stateDir, 'logs', `database-${serverId}.log`);
}

function logTail(site: Site, serverId: string): string {
  return readIfThere(logPath(site, serverId)).slice(-600).trim();
}

/** The volume a server was last started on. It is written before each start, while nothing runs. */
function volumeOf(site: Site, serverId: string): string | undefined {
  return readIfThere(join(serverDirOf(site, serverId), 'volume')) || undefined;
}

function configOf(site: Site, serverId: string): string {
  return readIfThere(configPath(serverDirOf(site, serverId)));
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function childrenOf(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It ended between the look and the signal.
  }
}
