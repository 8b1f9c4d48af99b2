import { keepCapacity } from '#/services/autoscaling/auto-scaling-group/capacity.ts';
import { checkHealth } from '#/services/autoscaling/auto-scaling-group/health.ts';
import type { AutoScalingGroup } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { isSuspended, type Member, type Step } from '#/services/autoscaling/auto-scaling-group/steps.ts';

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
  // All machines start again after the region did: that is no failure, and their grace period begins anew.
  if (lifecycleState === 'InService' && state === 'pending') return [{ do: 'return-to-service', id }];
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
