import type { ObservedServer } from '#/drivers/database/driver.ts';

/** A set of servers: one writer, and readers that follow it. */
export interface Servers {
  readonly isStopped: boolean;
  /** Undefined until the first is chosen, or when the last is gone. */
  readonly writerId: string | undefined;
  /** Asked for and not carried out yet; `any` leaves the choice open. */
  readonly failoverTo: string | undefined;
  /** The writer has been promoted and is being started: not the moment to give up on it. */
  readonly isFailingOver: boolean;
  readonly members: readonly Member[];
}

export interface Member {
  readonly id: string;
  readonly isDeleting: boolean;
  /** Whether its network interface can be used. */
  readonly isLinked: boolean;
  readonly address: string;
  /** 0 to 15; the lowest is promoted first. */
  readonly promotionTier: number;
  /** The volume it shall run on; undefined until it has one. */
  readonly volumeId: string | undefined;
  readonly isRestartAsked: boolean;
  /** Whether it has run without answering for too long. */
  readonly isStuck: boolean;
  readonly observed: ObservedServer | undefined;
}

export type ServerStep =
  /** The fence: answers when no process of it is left. */
  | { readonly do: 'kill'; readonly id: string }
  /** Writes down that it is the writer; the former one gets the volume it had. */
  | { readonly do: 'promote'; readonly id: string }
  | { readonly do: 'start-writer'; readonly id: string }
  /** Gives it a copy of the writer's volume if it has none, starts it, makes it follow the writer. */
  | { readonly do: 'start-reader'; readonly id: string }
  | { readonly do: 'stop'; readonly id: string }
  | { readonly do: 'restart'; readonly id: string }
  /** Removes its server; its place in the set is forgotten afterwards. */
  | { readonly do: 'remove'; readonly id: string };

/**
 * What to do next. The order is the safety: a volume is given to another server only after the one that ran on it is
 * known to be gone, so at no time can two servers write; and what is written down comes before what is started.
 */
export function decideServers(servers: Servers): readonly ServerStep[] {
  const { members, isStopped, writerId, failoverTo, isFailingOver } = servers;
  const strays = members.filter(
    ({ observed, volumeId }) => observed?.isRunning && observed.volumeId !== volumeId,
  );
  if (strays.length > 0) return strays.map(({ id }) => ({ do: 'kill', id }));

  const leaving = members.filter((member) => member.isDeleting && member.id !== writerId && isHeld(member));
  const removals: ServerStep[] = leaving.map(({ id }) => ({ do: 'remove', id }));
  const usable = members.filter(({ isDeleting, isLinked }) => isLinked && !isDeleting);
  const writer = members.find(({ id }) => id === writerId);
  if (isStopped && !writer?.isDeleting) return [...removals, ...stopAll(members)];

  if (!writer) {
    const [first] = byPreference(usable);
    return first ? [...removals, { do: 'promote', id: first.id }] : removals;
  }
  const successor = chooseSuccessor(usable, writer, failoverTo);
  if (writer.isDeleting)
    return successor
      ? [...removals, ...failover(writer, successor)]
      : [...removals, { do: 'remove', id: writer.id }];
  const isLost = isDown(writer) && !isFailingOver;
  if (successor && (failoverTo !== undefined || isLost)) return failover(writer, successor);
  if (!writer.isLinked) return removals;
  if (writer.isRestartAsked) return [{ do: 'restart', id: writer.id }];
  if (writer.isStuck) return [{ do: 'kill', id: writer.id }];
  if (!writer.observed?.isRunning) return [{ do: 'start-writer', id: writer.id }];
  if (!writer.observed.isAccepting) return removals;
  if (writer.observed.role !== 'writer') return [{ do: 'start-writer', id: writer.id }];

  const readers = usable.filter(({ id }) => id !== writer.id);
  return [...removals, ...readers.flatMap((reader) => decideReader(reader, writer))];
}

function decideReader(reader: Member, writer: Member): readonly ServerStep[] {
  const { id, observed } = reader;
  if (observed?.isRunning && reader.isRestartAsked) return [{ do: 'restart', id }];
  if (reader.isStuck) return [{ do: 'kill', id }];
  if (!observed?.isRunning) return [{ do: 'start-reader', id }];
  if (!observed.isAccepting) return [];
  const follows =
    observed.role === 'reader' &&
    observed.replication?.writerAddress === writer.address &&
    observed.replication.isRunning;
  return follows ? [] : [{ do: 'start-reader', id }];
}

/** Fence, take, write down; the start on the writer's volume follows once both are seen to be gone. */
function failover(from: Member, to: Member): readonly ServerStep[] {
  return [
    { do: 'kill', id: from.id },
    { do: 'kill', id: to.id },
    { do: 'promote', id: to.id },
  ];
}

function chooseSuccessor(
  usable: readonly Member[],
  writer: Member,
  failoverTo: string | undefined,
): Member | undefined {
  const candidates = usable.filter(({ id, observed }) => id !== writer.id && observed?.isAccepting);
  return candidates.find(({ id }) => id === failoverTo) ?? byPreference(candidates)[0];
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html */
function byPreference(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => a.promotionTier - b.promotionTier);
}

function isHeld({ observed, volumeId }: Member): boolean {
  return observed !== undefined || volumeId !== undefined;
}

function isDown({ observed, isStuck }: Member): boolean {
  return isStuck || !observed?.isRunning;
}

function stopAll(members: readonly Member[]): readonly ServerStep[] {
  return members
    .filter(({ observed, isDeleting }) => observed?.isRunning && !isDeleting)
    .map(({ id }) => ({ do: 'stop', id }));
}
