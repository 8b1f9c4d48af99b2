import { chooseVictim } from '#/services/autoscaling/auto-scaling-group/termination-policy.ts';
import type {
  AutoScalingGroup,
  GroupInstance,
  TargetGroupState,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';

/** An instance of a group with what EC2 and the balancers say of it. */
export interface Member {
  readonly instance: GroupInstance;
  /** EC2's state; undefined when EC2 no longer knows it. */
  readonly state: string | undefined;
  /** Since when a status check fails; milliseconds since the epoch. */
  readonly impairedSince: number | undefined;
  /** Health by target group; absent where it is not registered. */
  readonly targets: Readonly<Record<string, string>>;
}

/** Why an instance is given up. */
export type TerminationReason =
  | 'ec2-state'
  | 'ec2-status'
  | 'elb'
  | 'user-health'
  | 'scale-in'
  | 'rebalance'
  | 'group-deleted';

export type Step =
  | { readonly do: 'launch'; readonly subnetId: string; readonly because: 'capacity' | 'rebalance' }
  | { readonly do: 'register'; readonly id: string; readonly targetGroupArns: readonly string[] }
  | { readonly do: 'enter-service'; readonly id: string }
  | { readonly do: 'fail-launch'; readonly id: string }
  | { readonly do: 'begin-termination'; readonly id: string; readonly because: TerminationReason }
  | { readonly do: 'deregister'; readonly id: string; readonly targetGroupArns: readonly string[] }
  | { readonly do: 'await-draining'; readonly id: string }
  | { readonly do: 'terminate'; readonly id: string }
  /** It has left: terminated, detached. */
  | { readonly do: 'forget'; readonly id: string }
  | { readonly do: 'stand-by'; readonly id: string }
  | { readonly do: 'leave-service'; readonly id: string; readonly as: 'Detaching' | 'EnteringStandby' }
  | { readonly do: 'return-to-service'; readonly id: string }
  | { readonly do: 'mark-unhealthy'; readonly id: string }
  | { readonly do: 'target-group'; readonly arn: string; readonly state: TargetGroupState }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'forget-group' };

/** AWS waits "a few minutes" before an impaired instance is given up. */
const impairedMs = 180_000;
/** How often a draining target is looked at when nothing tells of it. */
const drainingLookMs = 5_000;

const movingSteps: readonly Step['do'][] = [
  'begin-termination',
  'fail-launch',
  'leave-service',
  'return-to-service',
];

/** What a group does next. Its members are looked at one by one, then their number. */
export function decide(group: AutoScalingGroup, members: readonly Member[], now: number): readonly Step[] {
  const leaving = members.flatMap((member) => leave(group, member));
  if (group.deleting) return [...leaving, ...dissolve(members)];
  const joining = members.flatMap((member) => join(group, member));
  const health = checkHealth(group, members, now);
  // Who changes places is counted in the next look, which follows at once.
  const isMoving = [...joining, ...health].some(({ do: act }) => movingSteps.includes(act));
  return [
    ...attach(group, members),
    ...joining,
    ...health,
    ...leaving,
    ...(isMoving ? [] : keepCapacity(group, members, now)),
  ];
}

function isSuspended(group: AutoScalingGroup, process: string): boolean {
  return group.spec.suspendedProcesses.includes(process);
}

function dissolve(members: readonly Member[]): readonly Step[] {
  if (members.length === 0) return [{ do: 'forget-group' }];
  return members
    .filter(({ instance }) => !['Terminating', 'Detaching'].includes(instance.status.lifecycleState))
    .map(({ instance }) => ({ do: 'begin-termination', id: instance.id, because: 'group-deleted' }));
}

/** A target group that was attached gets all members; it is in service when one of its targets is healthy. */
function attach(group: AutoScalingGroup, members: readonly Member[]): readonly Step[] {
  const inService = members.filter(({ instance }) => instance.status.lifecycleState === 'InService');
  return group.spec.targetGroupArns.flatMap((arn): Step[] => {
    const state = group.status.targetGroups[arn] ?? 'Adding';
    if (state === 'InService') return [];
    const absent = inService.filter(({ targets }) => targets[arn] === undefined);
    if (state === 'Adding' && absent.length > 0) {
      if (isSuspended(group, 'AddToLoadBalancer')) return [];
      return absent.map(({ instance }) => ({ do: 'register', id: instance.id, targetGroupArns: [arn] }));
    }
    const isServing = inService.some(({ targets }) => targets[arn] === 'healthy');
    const next = isServing ? 'InService' : 'Added';
    return group.status.targetGroups[arn] === next ? [] : [{ do: 'target-group', arn, state: next }];
  });
}

/** From Pending to InService: when it runs and the balancers know it. */
function join(group: AutoScalingGroup, { instance, state, targets }: Member): readonly Step[] {
  const { id } = instance;
  const { lifecycleState } = instance.status;
  if (lifecycleState === 'Standby' && instance.spec.wish === 'in-service')
    return [{ do: 'return-to-service', id }];
  if (lifecycleState === 'InService' && instance.spec.wish !== 'in-service')
    return [
      {
        do: 'leave-service',
        id,
        as: instance.spec.wish === 'standby' ? 'EnteringStandby' : 'Detaching',
      },
    ];
  if (lifecycleState !== 'Pending') return [];
  if (state === 'pending') return [];
  if (state !== 'running') return [{ do: 'fail-launch', id }];
  const absent = isSuspended(group, 'AddToLoadBalancer')
    ? []
    : group.spec.targetGroupArns.filter((arn) => targets[arn] === undefined);
  return [
    ...(absent.length > 0 ? [{ do: 'register', id, targetGroupArns: absent } as const] : []),
    { do: 'enter-service', id },
  ];
}

/** From Terminating (or Detaching, EnteringStandby) to gone: first out of the balancers, then the machine. */
function leave(group: AutoScalingGroup, { instance, state, targets }: Member): readonly Step[] {
  const { id, status } = instance;
  if (!['Terminating', 'Detaching', 'EnteringStandby'].includes(status.lifecycleState)) return [];
  const registered = group.spec.targetGroupArns.filter(
    (arn) =>
      targets[arn] !== undefined && targets[arn] !== 'draining' && targets[arn] !== 'unhealthy.draining',
  );
  const isDraining = Object.values(targets).some((health) => health.endsWith('draining'));
  const isRunning = state === 'running';
  if (registered.length > 0) return [{ do: 'deregister', id, targetGroupArns: registered }];
  // Nobody waits for requests to a machine that is gone, nor when the group is deleted by force.
  if (isDraining && isRunning && !group.spec.isForceDeleted)
    return [
      { do: 'await-draining', id },
      { do: 'wait', ms: drainingLookMs },
    ];
  if (status.lifecycleState === 'EnteringStandby') return [{ do: 'stand-by', id }];
  if (status.lifecycleState === 'Detaching') return [{ do: 'forget', id }];
  if (state === undefined || state === 'terminated') return [{ do: 'forget', id }];
  return state === 'shutting-down' ? [] : [{ do: 'terminate', id }];
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html */
function checkHealth(group: AutoScalingGroup, members: readonly Member[], now: number): readonly Step[] {
  if (isSuspended(group, 'HealthCheck')) return [];
  const serving = members.filter(({ instance }) => instance.status.lifecycleState === 'InService');
  const findings = serving.map((member) => ({ member, finding: examine(group, member, now) }));
  const steps: Step[] = [];
  let allowed = replaceableNow(group, members);
  for (const { member, finding } of findings) {
    const { id, status } = member.instance;
    if (finding === undefined) continue;
    if (typeof finding === 'number') {
      steps.push({ do: 'wait', ms: finding });
      continue;
    }
    if (status.health === 'Healthy') steps.push({ do: 'mark-unhealthy', id });
    if (isSuspended(group, 'ReplaceUnhealthy') || isSuspended(group, 'Terminate')) continue;
    // What does not run serves nobody: there is nothing to be careful about.
    if (member.state !== 'running' || allowed > 0) {
      steps.push({ do: 'begin-termination', id, because: finding });
      if (member.state === 'running') allowed -= 1;
    }
  }
  return steps;
}

/** What is wrong with a member; a number is in how many milliseconds to look again; undefined is nothing. */
function examine(
  group: AutoScalingGroup,
  { instance, state, impairedSince, targets }: Member,
  now: number,
): TerminationReason | number | undefined {
  if (state !== 'running') return 'ec2-state';
  if (instance.spec.userHealth === 'Unhealthy') return 'user-health';
  const graceEnd = (instance.status.inServiceAt ?? now) + group.spec.healthCheckGracePeriodSeconds * 1_000;
  const waits: number[] = [];
  if (impairedSince !== undefined) {
    const due = Math.max(impairedSince + impairedMs, graceEnd);
    if (now >= due) return 'ec2-status';
    waits.push(due - now);
  }
  const isFailing = group.spec.targetGroupArns.some(
    (arn) => group.status.targetGroups[arn] === 'InService' && targets[arn] === 'unhealthy',
  );
  if (group.spec.healthCheckType.includes('ELB') && isFailing) {
    if (now >= graceEnd) return 'elb';
    waits.push(graceEnd - now);
  }
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** At most a tenth of the group at a time, one in small groups; those being replaced count until they are. */
function replaceableNow(group: AutoScalingGroup, members: readonly Member[]): number {
  const limit = Math.max(1, Math.floor(group.spec.desiredCapacity / 10));
  const underWay = members.filter(
    ({ instance }) =>
      instance.status.lifecycleState === 'Pending' ||
      (instance.status.lifecycleState === 'Terminating' && instance.status.needsReplacement),
  );
  return limit - underWay.length;
}

function keepCapacity(group: AutoScalingGroup, members: readonly Member[], now: number): readonly Step[] {
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
  let candidates = inService.map(({ instance }) => ({
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
