import type { LoadBalancer, NodeTarget } from '#/services/elbv2/load-balancer/resource.ts';
import {
  nodeGroupId,
  targetKey,
  type RegisteredTarget,
  type TargetGroup,
  type TargetHealth,
  type TargetHealthReason,
} from '#/services/elbv2/target-group/resource.ts';
import { isUsable, type ResolvedTarget } from '#/services/elbv2/targets.ts';

/** What a group's targets become, and when to look again. */
export interface TargetsDecision {
  /** What stays registered or draining. */
  readonly targets: readonly RegisteredTarget[];
  readonly health: Readonly<Record<string, TargetHealth>>;
  readonly lookAgainAtMs: number | undefined;
}

/**
 * The group's targets by what they are now and what the balancers' nodes see. Pure. Draining ends when its delay is
 * over; a terminated instance is deregistered without being asked, and gone when the instance is.
 */
export function decideTargets(
  group: TargetGroup,
  resolved: readonly ResolvedTarget[],
  loadBalancers: readonly LoadBalancer[],
  nowMs: number,
): TargetsDecision {
  const delayMs = Number(group.spec.attributes['deregistration_delay.timeout_seconds']) * 1000;
  const targets: RegisteredTarget[] = [];
  const health: Record<string, TargetHealth> = {};
  let lookAgainAtMs: number | undefined;
  for (const each of resolved) {
    const isGone = each.state === undefined || each.state === 'terminated';
    const deregisteredAt = each.target.deregisteredAt ?? (each.isTerminating ? nowMs : undefined);
    // What no balancer uses has nothing to drain.
    const drainedAtMs = (deregisteredAt ?? Infinity) + (loadBalancers.length === 0 ? 0 : delayMs);
    if (isGone || nowMs >= drainedAtMs) continue;
    const target = { ...each.target, deregisteredAt };
    targets.push(target);
    health[targetKey(target)] = decideHealth(group, { ...each, target }, loadBalancers);
    if (deregisteredAt !== undefined) lookAgainAtMs = Math.min(lookAgainAtMs ?? Infinity, drainedAtMs);
  }
  return { targets, health, lookAgainAtMs };
}

/** One target's health: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-states */
export function decideHealth(
  group: TargetGroup,
  resolved: ResolvedTarget,
  loadBalancers: readonly LoadBalancer[],
): TargetHealth {
  const { target, state, address } = resolved;
  if (target.deregisteredAt !== undefined)
    return toHealth('draining', 'Target.DeregistrationInProgress', 'Target deregistration is in progress');
  if (state === 'stopped' || state === 'terminated')
    return toHealth('unused', 'Target.InvalidState', `Target is in the ${state} state`);
  const [loadBalancer] = loadBalancers;
  if (!loadBalancer)
    return toHealth(
      'unused',
      'Target.NotInUse',
      'Target group is not configured to receive traffic from the load balancer',
    );
  if (!isInEnabledZone(resolved, loadBalancer))
    return toHealth(
      'unused',
      'Target.NotInUse',
      'Target is in an Availability Zone that is not enabled for the load balancer',
    );
  if (loadBalancer.status.state === 'provisioning' || !isUsable(resolved))
    return toHealth('initial', 'Elb.RegistrationInProgress', 'Target registration is in progress');
  const nodes = loadBalancer.status.nodes.filter(({ isRunning }) => isRunning);
  if (nodes.length === 0) return toHealth('unavailable', 'Elb.InternalError', 'Internal error');
  const seen = nodes.map(({ targets }) =>
    targets.find(
      (candidate) =>
        candidate.targetGroupId === nodeGroupId(group.spec) &&
        candidate.address === address &&
        candidate.port === target.port,
    ),
  );
  return combine(group, seen);
}

/** What the nodes see of one target together: healthy is what all of them find healthy. */
function combine(group: TargetGroup, seen: readonly (NodeTarget | undefined)[]): TargetHealth {
  const isZonal = group.spec.attributes['load_balancing.cross_zone.enabled'] === 'false';
  const views = isZonal ? seen.filter((view) => view !== undefined) : seen;
  const unhealthy = views.find((view) => view?.health === 'unhealthy');
  if (unhealthy) return toUnhealthy(unhealthy);
  if (views.length > 0 && views.every((view) => view?.health === 'healthy'))
    return toHealth('healthy', undefined, undefined);
  return views.some((view) => view === undefined)
    ? toHealth('initial', 'Elb.RegistrationInProgress', 'Target registration is in progress')
    : toHealth('initial', 'Elb.InitialHealthChecking', 'Initial health checks in progress');
}

function toUnhealthy({ reason, responseCode }: NodeTarget): TargetHealth {
  if (reason === 'timeout') return toHealth('unhealthy', 'Target.Timeout', 'Request timed out');
  if (reason === 'response-code')
    return toHealth(
      'unhealthy',
      'Target.ResponseCodeMismatch',
      `Health checks failed with these codes: [${responseCode ?? ''}]`,
    );
  return toHealth('unhealthy', 'Target.FailedHealthChecks', 'Health checks failed');
}

function isInEnabledZone({ availabilityZone }: ResolvedTarget, { spec }: LoadBalancer): boolean {
  if (availabilityZone === undefined || availabilityZone === 'all') return true;
  return spec.zones.some((zone) => zone.availabilityZone === availabilityZone);
}

function toHealth(
  state: TargetHealth['state'],
  reason: TargetHealthReason | undefined,
  description: string | undefined,
): TargetHealth {
  return { state, reason, description };
}
