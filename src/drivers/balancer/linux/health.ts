import type { BalancerNode, ObservedTarget } from '#/drivers/balancer/driver.ts';
import { openBackend, serverName } from '#/drivers/balancer/linux/config.ts';
import type { ServerStat } from '#/drivers/balancer/linux/state.ts';

/** What the proxy does not remember of a target: whether its first health was decided, and since when it fails. */
export interface TargetMemory {
  readonly isDecided: boolean;
  /** Milliseconds since the epoch of the first failure seen while undecided. */
  readonly failingSinceMs: number | undefined;
  /** Milliseconds since the epoch from which the proxy's last check is one made after the target came back. */
  readonly checkedAnewFromMs?: number;
}

/** By `<target group id>/<server>`. */
export type Memory = Readonly<Record<string, TargetMemory>>;

/** What a look at the running proxy says: each target's health, and which are to be brought up at once. */
export interface Finding {
  readonly targets: readonly ObservedTarget[];
  readonly memory: Memory;
  /** `<target group id>/<server>` of targets whose first check succeeded: one is enough for a new target. */
  readonly firstSuccesses: readonly string[];
}

const undecided: TargetMemory = { isDecided: false, failingSinceMs: undefined };

/** Reads the health of a node's targets. Pure. */
export function findHealth(
  node: BalancerNode,
  stats: readonly ServerStat[],
  memory: Memory,
  nowMs: number,
): Finding {
  const byName = new Map(stats.map((stat) => [`${stat.backend}/${stat.server}`, stat]));
  const targets: ObservedTarget[] = [];
  const nextMemory: Record<string, TargetMemory> = {};
  const firstSuccesses: string[] = [];
  for (const group of node.targetGroups) {
    for (const target of group.targets) {
      const name = `${group.id}/${serverName(target)}`;
      const stat = byName.get(name);
      const open = byName.get(`${openBackend(group.id)}/${serverName(target)}`);
      const before = memory[name] ?? undecided;
      const isUp = stat !== undefined && /^(UP|DRAIN)/.test(stat.status);
      const isFresh = nowMs >= (before.checkedAnewFromMs ?? 0);
      const hasFailed =
        isFresh && stat !== undefined && /^L[467](CON|TOUT|STS|RSP)$|^SOCKERR$/.test(stat.checkStatus);
      if (!before.isDecided && isFresh && !isUp && stat?.checkStatus.endsWith('OK'))
        firstSuccesses.push(name);
      const after = decideFirst(before, isUp, hasFailed, nowMs, group.healthCheck);
      nextMemory[name] = after;
      const health = isUp ? 'healthy' : after.isDecided ? 'unhealthy' : 'initial';
      targets.push({
        targetGroupId: group.id,
        address: target.address,
        port: target.port,
        health: target.isDraining ? 'draining' : health,
        reason: health === 'healthy' || !stat ? undefined : reasonOf(stat.checkStatus),
        responseCode: stat?.checkStatus.startsWith('L7') ? stat.checkCode : undefined,
        sessions: (stat?.sessions ?? 0) + (open?.sessions ?? 0),
      });
    }
  }
  return { targets, memory: nextMemory, firstSuccesses };
}

// A new target is unhealthy after as many failures in a row as any other. The proxy does not count failures of a
// server that is down, so they are counted in intervals since the first.
function decideFirst(
  before: TargetMemory,
  isUp: boolean,
  hasFailed: boolean,
  nowMs: number,
  check: { readonly unhealthyThreshold: number; readonly intervalSeconds: number },
): TargetMemory {
  if (before.isDecided) return before;
  if (isUp) return { isDecided: true, failingSinceMs: undefined };
  if (!hasFailed) return { ...before, failingSinceMs: undefined };
  const failingSinceMs = before.failingSinceMs ?? nowMs;
  const isDecided = nowMs - failingSinceMs >= (check.unhealthyThreshold - 1) * check.intervalSeconds * 1000;
  return isDecided ? { isDecided, failingSinceMs } : { ...before, failingSinceMs };
}

function reasonOf(checkStatus: string): ObservedTarget['reason'] {
  if (checkStatus.endsWith('TOUT')) return 'timeout';
  if (checkStatus === 'L7STS') return 'response-code';
  return /CON|RSP|SOCKERR/.test(checkStatus) ? 'connection-failed' : undefined;
}
