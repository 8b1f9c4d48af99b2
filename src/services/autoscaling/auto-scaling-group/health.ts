import type { AutoScalingGroup } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import {
  isSuspended,
  type Member,
  type Step,
  type TerminationReason,
} from '#/services/autoscaling/auto-scaling-group/steps.ts';

/** AWS waits "a few minutes" before an impaired instance is given up. */
const impairedMs = 180_000;

/** Who is unhealthy, and goes. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html */
export function checkHealth(
  group: AutoScalingGroup,
  members: readonly Member[],
  now: number,
): readonly Step[] {
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
  if (state === 'pending') return undefined;
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
