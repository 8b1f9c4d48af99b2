import type { Clock } from '#/lib/clock.ts';
import { sleep } from '#/lib/clock.ts';
import type { DatabaseDriver, DatabaseServer, ObservedServer } from '#/drivers/database/driver.ts';

export interface MemoryDatabaseOptions {
  readonly clock: Clock;
  /** How long a server takes from its start to its first answer, in the clock's time. */
  readonly bootMs?: number;
}

/** The twin also says what a real server would tell its clients, and can be told to fail. */
export interface MemoryDatabase extends DatabaseDriver {
  /** Ends a server's processes as a crash does; watchers hear of it. */
  crash(serverId: string): void;
  /** The rows that a volume holds; `write` adds one through a server. */
  rows(volumeId: string): readonly string[];
  /** Commits a row through a server: on its volume at once, on its readers' volumes a moment later. Throws when refused. */
  write(serverId: string, row: string): void;
  /** What the master users' passwords are, by volume. */
  password(volumeId: string): string | undefined;
}

interface Volume {
  readonly rows: string[];
  password: string;
}

interface Server {
  wish: DatabaseServer;
  isRunning: boolean;
  isAccepting: boolean;
}

/** Database servers as a simulation: the same rules for volumes, roles and fences, no process. */
export function memoryDatabase({ clock, bootMs = 100 }: MemoryDatabaseOptions): MemoryDatabase {
  const volumes = new Map<string, Volume>();
  const servers = new Map<string, Server>();
  const listeners = new Set<(serverId: string) => void>();

  function tell(serverId: string): void {
    for (const listener of listeners) listener(serverId);
  }
  function userOf(volumeId: string): string | undefined {
    return [...servers.values()].find((server) => server.isRunning && server.wish.volumeId === volumeId)?.wish
      .id;
  }
  function volume(volumeId: string): Volume {
    const found = volumes.get(volumeId);
    if (!found) throw new Error(`there is no volume ${volumeId}`);
    return found;
  }
  function end(serverId: string): void {
    const server = servers.get(serverId);
    if (!server?.isRunning) return;
    server.isRunning = false;
    server.isAccepting = false;
    tell(serverId);
  }
  function accepting(serverId: string): Server {
    const server = servers.get(serverId);
    if (!server?.isAccepting) throw new Error(`database server ${serverId} does not answer`);
    return server;
  }
  /** A reader holds what its writer's volume holds, while that writer runs. */
  function replicate(server: Server): void {
    const { role, volumeId } = server.wish;
    if (role.type === 'writer' || !server.isAccepting) return;
    const writer = writerAt(role.writerAddress);
    const rows = volumes.get(volumeId)?.rows;
    if (writer && rows) rows.splice(0, rows.length, ...volume(writer.wish.volumeId).rows);
  }
  function writerAt(address: string): Server | undefined {
    return [...servers.values()].find(
      ({ wish, isAccepting }) => isAccepting && wish.address === address && wish.role.type === 'writer',
    );
  }

  return {
    async createVolume({ id, masterPassword }) {
      if (!volumes.has(id)) volumes.set(id, { rows: [], password: masterPassword });
    },
    async copyVolume(fromVolumeId, toVolumeId) {
      if (volumes.has(toVolumeId)) return;
      const { rows, password } = volume(fromVolumeId);
      volumes.set(toVolumeId, { rows: [...rows], password });
    },
    async destroyVolume(volumeId) {
      const user = userOf(volumeId);
      if (user !== undefined) throw new Error(`volume ${volumeId} is in use by ${user}`);
      volumes.delete(volumeId);
    },
    listVolumes: async () => [...volumes.keys()],
    async apply(wish) {
      volume(wish.volumeId);
      const user = userOf(wish.volumeId);
      if (user !== undefined && user !== wish.id)
        throw new Error(`volume ${wish.volumeId} is in use by ${user}: kill that server first`);
      const before = servers.get(wish.id);
      const goesOn =
        before?.isRunning === true &&
        before.wish.volumeId === wish.volumeId &&
        before.wish.reportedVersion === wish.reportedVersion &&
        before.wish.address === wish.address &&
        before.wish.port === wish.port;
      const server: Server = { wish, isRunning: true, isAccepting: goesOn && before.isAccepting };
      servers.set(wish.id, server);
      if (!server.isAccepting) await sleep(clock, bootMs);
      if (servers.get(wish.id) !== server || !server.isRunning)
        throw new Error(`database server ${wish.id} ended at its start`);
      server.isAccepting = true;
      replicate(server);
      tell(wish.id);
    },
    stop: async (serverId) => end(serverId),
    kill: async (serverId) => end(serverId),
    async destroy(serverId) {
      end(serverId);
      servers.delete(serverId);
    },
    async inspect(serverId): Promise<ObservedServer | undefined> {
      const server = servers.get(serverId);
      if (!server) return undefined;
      const { wish, isRunning, isAccepting } = server;
      const { role, volumeId } = wish;
      return {
        isRunning,
        isAccepting,
        volumeId,
        role: isAccepting ? role.type : undefined,
        replication:
          isAccepting && role.type === 'reader'
            ? {
                isRunning: writerAt(role.writerAddress) !== undefined,
                lagSeconds: writerAt(role.writerAddress) ? 0 : undefined,
                writerAddress: role.writerAddress,
              }
            : undefined,
      };
    },
    list: async () => [...servers.keys()],
    async setPassword(serverId, _user, password) {
      const { wish } = accepting(serverId);
      volume(wish.volumeId).password = password;
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async destroyAll() {
      servers.clear();
      volumes.clear();
    },
    crash: end,
    rows: (volumeId) => [...volume(volumeId).rows],
    write(serverId, row) {
      const { wish } = accepting(serverId);
      if (wish.role.type === 'reader') throw new Error(`${serverId} is read-only`);
      volume(wish.volumeId).rows.push(row);
      for (const server of servers.values()) {
        if (server.wish.role.type === 'reader' && server.wish.role.writerAddress === wish.address)
          replicate(server);
      }
    },
    password: (volumeId) => volumes.get(volumeId)?.password,
  };
}
