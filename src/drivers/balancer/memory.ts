import type {
  BalancerDriver,
  BalancerNode,
  BalancerTarget,
  BalancerTargetGroup,
  ObservedTarget,
} from '#/drivers/balancer/driver.ts';
import type { Clock } from '#/lib/clock.ts';

interface Probe {
  health: 'initial' | 'healthy' | 'unhealthy';
  /** Checks in a row that say the contrary of `health`. */
  contrary: number;
  cancel: () => void;
}

export interface MemoryBalancerOptions {
  readonly clock: Clock;
  /** Whether a target answers its health check now, as the simulation has it. */
  readonly isHealthy: (target: BalancerTarget) => boolean;
}

export interface MemoryBalancer extends BalancerDriver {
  /** Ends a node's proxy as a crash would. */
  kill(nodeId: string): void;
  /** What was last applied, for a simulation's assertions. */
  nodeOf(nodeId: string): BalancerNode | undefined;
}

/** Balancers that move no byte: targets are probed by asking the simulation, at the pace of its clock. */
export function memoryBalancer({ clock, isHealthy }: MemoryBalancerOptions): MemoryBalancer {
  const nodes = new Map<string, { node: BalancerNode; isRunning: boolean; probes: Map<string, Probe> }>();
  const listeners = new Set<(nodeId: string) => void>();

  function tell(nodeId: string): void {
    for (const listener of listeners) listener(nodeId);
  }

  function probeLater(
    nodeId: string,
    group: BalancerTargetGroup,
    target: BalancerTarget,
    probe: Probe,
  ): void {
    const delayMs =
      probe.health === 'initial' && probe.contrary === 0 ? 10 : group.healthCheck.intervalSeconds * 1000;
    probe.cancel = clock.after(delayMs, () => {
      const before = probe.health;
      decide(probe, isHealthy(target), group);
      probeLater(nodeId, group, target, probe);
      if (probe.health !== before) tell(nodeId);
    });
  }

  function stopProbes(nodeId: string): void {
    for (const probe of nodes.get(nodeId)?.probes.values() ?? []) probe.cancel();
  }

  function destroy(nodeId: string): void {
    stopProbes(nodeId);
    nodes.delete(nodeId);
  }

  return {
    apply(node) {
      const before = nodes.get(node.id);
      if (before?.isRunning && JSON.stringify(before.node) === JSON.stringify(node)) return Promise.resolve();
      stopProbes(node.id);
      const probes = new Map<string, Probe>();
      for (const group of node.targetGroups) {
        for (const target of group.targets) {
          const known = before?.isRunning ? before.probes.get(keyOf(group.id, target)) : undefined;
          const wasDraining = before?.node.targetGroups
            .find(({ id }) => id === group.id)
            ?.targets.some((other) => sameTarget(other, target) && other.isDraining && !target.isDraining);
          const probe: Probe =
            known && !wasDraining ? known : { health: 'initial', contrary: 0, cancel: () => {} };
          probes.set(keyOf(group.id, target), probe);
          probeLater(node.id, group, target, probe);
        }
      }
      nodes.set(node.id, { node, isRunning: true, probes });
      tell(node.id);
      return Promise.resolve();
    },
    inspect(nodeId) {
      const found = nodes.get(nodeId);
      if (!found?.isRunning) return Promise.resolve(found && { isRunning: false, targets: [] });
      const targets = found.node.targetGroups.flatMap((group) =>
        group.targets.map((target) => observe(group.id, target, found.probes.get(keyOf(group.id, target)))),
      );
      return Promise.resolve({ isRunning: true, targets });
    },
    destroy(nodeId) {
      destroy(nodeId);
      return Promise.resolve();
    },
    list: () => Promise.resolve([...nodes.keys()]),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    destroyAll() {
      for (const nodeId of nodes.keys()) destroy(nodeId);
      return Promise.resolve();
    },
    kill(nodeId) {
      const found = nodes.get(nodeId);
      if (!found) return;
      stopProbes(nodeId);
      found.isRunning = false;
      tell(nodeId);
    },
    nodeOf: (nodeId) => nodes.get(nodeId)?.node,
  };
}

function keyOf(targetGroupId: string, { address, port }: BalancerTarget): string {
  return `${targetGroupId}/${address}:${port}`;
}

function sameTarget(a: BalancerTarget, b: BalancerTarget): boolean {
  return a.address === b.address && a.port === b.port;
}

function decide(probe: Probe, isHealthyNow: boolean, { healthCheck }: BalancerTargetGroup): void {
  const says = isHealthyNow ? 'healthy' : 'unhealthy';
  if (probe.health === says) {
    probe.contrary = 0;
    return;
  }
  probe.contrary += 1;
  // One success is enough for a new target.
  const threshold =
    says === 'unhealthy'
      ? healthCheck.unhealthyThreshold
      : probe.health === 'initial'
        ? 1
        : healthCheck.healthyThreshold;
  if (probe.contrary < threshold) return;
  probe.health = says;
  probe.contrary = 0;
}

function observe(targetGroupId: string, target: BalancerTarget, probe: Probe | undefined): ObservedTarget {
  const health = probe?.health ?? 'initial';
  return {
    targetGroupId,
    address: target.address,
    port: target.port,
    health: target.isDraining ? 'draining' : health,
    reason: health === 'unhealthy' ? 'connection-failed' : undefined,
    responseCode: undefined,
    sessions: 0,
  };
}
