import type { AutoScalingGroup } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { isSuspended, type Member, type Step } from '#/services/autoscaling/auto-scaling-group/steps.ts';
import { chooseVictim } from '#/services/autoscaling/auto-scaling-group/termination-policy.ts';

/** What is missing is launched, what is too much ended, what is uneven evened. */
export function keepCapacity(
  group: AutoScalingGroup,
  members: readonly Member[],
  now: number,
): readonly Step[] {
  const inService = members.filter(({ instance }) => instance.status.lifecycleState === 'InService');
  const pending = members.filter(({ instance }) => instance.status.lifecycleState === 'Pending');
  const missing = group.spec.desiredCapacity - inService.length - pending.length;
  if (missing > 0) return launch(group, [...inService, ...pending], missing, now);
  const surplus = inService.length - group.spec.desiredCapacity;
  if (surplus > 0) return scaleIn(group, inService, surplus, now);
  if (missing === 0 && pending.length === 0) return rebalance(group, members, inService, now);
  return [];
}

/** Each launch goes to the zone with the fewest instances, and there to the subnet with the fewest. */
function launch(
  group: AutoScalingGroup,
  active: readonly Member[],
  count: number,
  now: number,
): readonly Step[] {
  if (isSuspended(group, 'Launch')) return [];
  const backOffMs = group.status.launchAgainAt - now;
  if (backOffMs > 0) return [{ do: 'wait', ms: backOffMs }];
  const zones = active.map(({ instance }) => instance.spec.availabilityZone);
  const steps: Step[] = [];
  for (let number = 0; number < count; number += 1) {
    const subnet = emptiest(group, zones);
    if (!subnet) return steps;
    zones.push(subnet.availabilityZone);
    steps.push({ do: 'launch', subnetId: subnet.id, because: 'capacity' });
  }
  return steps;
}

function emptiest(
  group: AutoScalingGroup,
  zones: readonly string[],
): AutoScalingGroup['spec']['subnets'][number] | undefined {
  const countOf = (zone: string): number => zones.filter((candidate) => candidate === zone).length;
  return group.spec.subnets.toSorted(
    (a, b) => countOf(a.availabilityZone) - countOf(b.availabilityZone), // stable: the first subnet of equals
  )[0];
}

function scaleIn(
  group: AutoScalingGroup,
  inService: readonly Member[],
  count: number,
  now: number,
): readonly Step[] {
  if (isSuspended(group, 'Terminate')) return [];
  const enabled = new Set(group.spec.subnets.map(({ availabilityZone }) => availabilityZone));
  // Zones that the group has left are emptied first.
  const outside = inService.filter(({ instance }) => !enabled.has(instance.spec.availabilityZone));
  const eligible = outside.length > 0 ? outside : inService;
  let candidates = eligible.map(({ instance }) => ({
    id: instance.id,
    availabilityZone: instance.spec.availabilityZone,
    protectedFromScaleIn: instance.spec.protectedFromScaleIn,
    launch: instance.spec.launch,
    launchedAt: instance.createdAt,
  }));
  const steps: Step[] = [];
  for (let number = 0; number < count; number += 1) {
    const victim = chooseVictim(candidates, group.spec.terminationPolicies, now);
    if (!victim) return steps;
    candidates = candidates.filter((candidate) => candidate !== victim);
    steps.push({ do: 'begin-termination', id: victim.id, because: 'scale-in' });
  }
  return steps;
}

/** Launches where there are too few before it ends one where there are too many: the surplus is scaled in later. */
function rebalance(
  group: AutoScalingGroup,
  members: readonly Member[],
  inService: readonly Member[],
  now: number,
): readonly Step[] {
  if (isSuspended(group, 'AZRebalance') || isSuspended(group, 'Launch')) return [];
  if (members.length > inService.length || group.status.launchAgainAt > now) return [];
  const zones = new Map(group.spec.subnets.map(({ availabilityZone }) => [availabilityZone, 0]));
  for (const { instance } of inService) {
    const zone = instance.spec.availabilityZone;
    zones.set(zone, (zones.get(zone) ?? 0) + 1);
  }
  const enabled = new Set(group.spec.subnets.map(({ availabilityZone }) => availabilityZone));
  const fewest = Math.min(...[...zones].filter(([zone]) => enabled.has(zone)).map(([, count]) => count));
  const isUneven = [...zones].some(([zone, count]) => count > (enabled.has(zone) ? fewest + 1 : 0));
  if (!isUneven) return [];
  const subnet = emptiest(
    group,
    inService.map(({ instance }) => instance.spec.availabilityZone),
  );
  return subnet ? [{ do: 'launch', subnetId: subnet.id, because: 'rebalance' }] : [];
}
