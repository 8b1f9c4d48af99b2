import { unreachable } from '#/lib/assert.ts';
import type { Clock } from '#/lib/clock.ts';
import type {
  DatabaseDriver,
  DatabaseServer,
  DatabaseVolume,
  ObservedServer,
} from '#/drivers/database/driver.ts';
import { decideServers, type Member, type ServerStep } from '#/services/rds/servers/decide.ts';
import type { ServersStatus } from '#/services/rds/servers/resource.ts';

/** One set of servers, as a cluster or an instance that stands alone describes itself. */
export interface ServerSet {
  /** The writer's volume; it has the name of the set's resource id. */
  readonly volume: DatabaseVolume;
  readonly port: number;
  readonly isStopped: boolean;
  readonly failover: { readonly count: number; readonly target: string | undefined };
  readonly passwordGeneration: number;
  readonly members: readonly SetMember[];
  /** What was written down last. */
  status(): ServersStatus;
  /** Writes down. */
  save(status: ServersStatus): void;
  /** Tells what happened, for the event log. */
  tell(happening: Happening): void;
}

export interface SetMember {
  readonly id: string;
  /** The mark of its volume. */
  readonly resourceId: string;
  readonly isDeleting: boolean;
  readonly isLinked: boolean;
  readonly namespace: string;
  readonly address: string;
  readonly promotionTier: number;
  readonly restarts: number;
  readonly reportedVersion: string;
  readonly bufferPoolMib: number;
  readonly variables: Readonly<Record<string, string>>;
}

export type Happening =
  | { readonly what: 'failover-started'; readonly from: string; readonly to: string }
  | { readonly what: 'failover-completed'; readonly from: string; readonly to: string }
  | { readonly what: 'restarted'; readonly id: string };

/** How long a server may run without answering before it counts as lost. */
const stuckAfterMs = 10_000;
const lookAgainMs = 5_000;
const lookSoonMs = 500;

/** Looks, decides and acts once. Answers when to look again, at the latest. */
export async function performServers(
  { database, clock }: { readonly database: DatabaseDriver; readonly clock: Clock },
  set: ServerSet,
): Promise<number> {
  if (!set.status().hasVolume) {
    await database.createVolume(set.volume);
    set.save({ ...set.status(), hasVolume: true, passwordGeneration: set.passwordGeneration });
  }
  const observed = await observe(database, set, clock);
  const members = set.members.map((member) => toMember(member, set.status(), observed, clock));
  const { writer, failover, failoversDone, passwordGeneration } = set.status();
  const steps = decideServers({
    isStopped: set.isStopped,
    writerId: writer,
    failoverTo: set.failover.count > failoversDone ? (set.failover.target ?? 'any') : undefined,
    isFailingOver: failover !== undefined && failover.to === writer,
    members,
  });
  for (const step of steps) await perform(database, set, step);
  if (
    writer !== undefined &&
    passwordGeneration < set.passwordGeneration &&
    observed.get(writer)?.role === 'writer'
  ) {
    await database.setPassword(writer, set.volume.masterUser, set.volume.masterPassword);
    set.save({ ...set.status(), passwordGeneration: set.passwordGeneration });
  }
  if (steps.some((step) => step.do !== 'start-reader')) return 0;
  const isUnsettled =
    steps.length > 0 || [...observed.values()].some((each) => each.isRunning && !each.isAccepting);
  return isUnsettled ? lookSoonMs : lookAgainMs;
}

/** Every volume that the set's servers run on or may run on again. */
export function volumesOf(resourceId: string, status: ServersStatus): ReadonlySet<string> {
  return new Set([resourceId, ...Object.values(status.volumes)]);
}

/** Looks at every server, keeps since when one has not answered, and forgets whoever is no member any more. */
async function observe(
  database: DatabaseDriver,
  set: ServerSet,
  clock: Clock,
): Promise<ReadonlyMap<string, ObservedServer>> {
  const observed = new Map<string, ObservedServer>();
  await Promise.all(
    set.members.map(async ({ id }) => {
      const server = await database.inspect(id);
      if (server) observed.set(id, server);
    }),
  );
  const silent = [...observed].filter(([, { isRunning, isAccepting }]) => isRunning && !isAccepting);
  const { writer, volumes, restartsDone, silentSince: before, ...status } = set.status();
  const isMember = (id: string): boolean => set.members.some((each) => each.id === id);
  set.save({
    ...status,
    writer: writer !== undefined && isMember(writer) ? writer : undefined,
    volumes: only(volumes, isMember),
    restartsDone: only(restartsDone, isMember),
    silentSince: Object.fromEntries(silent.map(([id]) => [id, before[id] ?? clock.now()])),
  });
  return observed;
}

function toMember(
  member: SetMember,
  status: ServersStatus,
  observed: ReadonlyMap<string, ObservedServer>,
  clock: Clock,
): Member {
  const { id, isDeleting, isLinked, address, promotionTier, restarts } = member;
  const silentSince = status.silentSince[id];
  return {
    id,
    isDeleting,
    isLinked,
    address,
    promotionTier,
    volumeId: status.volumes[id],
    isRestartAsked: restarts > (status.restartsDone[id] ?? 0),
    isStuck: silentSince !== undefined && clock.now() - silentSince >= stuckAfterMs,
    observed: observed.get(id),
  };
}

async function perform(database: DatabaseDriver, set: ServerSet, step: ServerStep): Promise<void> {
  switch (step.do) {
    case 'kill':
      return database.kill(step.id);
    case 'stop':
      return database.stop(step.id);
    case 'promote':
      return promote(set, step.id);
    case 'start-writer':
      return startWriter(database, set, step.id);
    case 'start-reader':
      return startReader(database, set, step.id);
    case 'restart':
      return restart(database, set, step.id);
    case 'remove':
      return remove(database, set, step.id);
    default:
      return unreachable(step);
  }
}

function promote(set: ServerSet, id: string): void {
  const status = set.status();
  const { writer, volumes } = status;
  const swapped: Record<string, string> = { ...volumes, [id]: set.volume.id };
  const former = volumes[id];
  if (writer !== undefined && writer !== id) {
    if (former === undefined) delete swapped[writer];
    else swapped[writer] = former;
  }
  const failover = writer === undefined || writer === id ? undefined : { from: writer, to: id };
  if (failover) set.tell({ what: 'failover-started', ...failover });
  set.save({ ...status, writer: id, volumes: swapped, failover, failoversDone: set.failover.count });
}

async function startWriter(database: DatabaseDriver, set: ServerSet, id: string): Promise<void> {
  try {
    await database.apply(toServer(set, id, { type: 'writer' }));
  } catch (error) {
    // Whoever was promoted has failed: another may be chosen.
    set.save({ ...set.status(), failover: undefined });
    throw error;
  }
  const { failover, ...status } = set.status();
  set.save({
    ...status,
    failover: undefined,
    restartsDone: { ...status.restartsDone, [id]: memberOf(set, id).restarts },
  });
  if (failover) set.tell({ what: 'failover-completed', ...failover });
}

async function startReader(database: DatabaseDriver, set: ServerSet, id: string): Promise<void> {
  const { volumes, writer, restartsDone } = set.status();
  if (writer === undefined) return;
  const volumeId = volumes[id] ?? `${set.volume.id}.${memberOf(set, id).resourceId}`;
  set.save({
    ...set.status(),
    volumes: { ...volumes, [id]: volumeId },
    restartsDone: { ...restartsDone, [id]: memberOf(set, id).restarts },
  });
  await database.copyVolume(set.volume.id, volumeId);
  await database.apply(
    toServer(set, id, {
      type: 'reader',
      writerAddress: memberOf(set, writer).address,
      writerPort: set.port,
    }),
  );
}

async function restart(database: DatabaseDriver, set: ServerSet, id: string): Promise<void> {
  await database.stop(id);
  // The start follows at once, so that a writer which restarts is not taken for one that was lost.
  if (set.status().writer === id) await startWriter(database, set, id);
  else await startReader(database, set, id);
  set.tell({ what: 'restarted', id });
}

async function remove(database: DatabaseDriver, set: ServerSet, id: string): Promise<void> {
  await database.destroy(id);
  const { writer, volumes, restartsDone, ...status } = set.status();
  set.save({
    ...status,
    writer: writer === id ? undefined : writer,
    volumes: only(volumes, (each) => each !== id),
    restartsDone: only(restartsDone, (each) => each !== id),
  });
}

function toServer(set: ServerSet, id: string, role: DatabaseServer['role']): DatabaseServer {
  const { namespace, address, reportedVersion, bufferPoolMib, variables } = memberOf(set, id);
  const volumeId = set.status().volumes[id] ?? set.volume.id;
  return {
    id,
    volumeId,
    namespace,
    address,
    port: set.port,
    reportedVersion,
    role,
    bufferPoolMib,
    variables,
  };
}

function memberOf(set: ServerSet, id: string): SetMember {
  const found = set.members.find((each) => each.id === id);
  if (!found) throw new Error(`${id} is not a member of ${set.volume.id}`);
  return found;
}

function only<T>(record: Readonly<Record<string, T>>, wanted: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => wanted(key)));
}
