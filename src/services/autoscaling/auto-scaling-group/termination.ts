import type { Clock } from '#/lib/clock.ts';
import type { Random } from '#/lib/random.ts';
import { causeTime, startActivity } from '#/services/autoscaling/auto-scaling-group/activities.ts';
import type { TerminationReason } from '#/services/autoscaling/auto-scaling-group/steps.ts';
import { membersOf } from '#/services/autoscaling/auto-scaling-group/members.ts';
import type {
  AutoScalingGroup,
  GroupInstance,
  ScalingActivity,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import type { Store } from '#/store/store.ts';

interface Region {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** Takes an instance out of its group: from now on it is terminating and counts no more. */
export function beginTermination(
  region: Region,
  group: AutoScalingGroup,
  member: GroupInstance,
  cause: string,
  needsReplacement: boolean,
): ScalingActivity {
  const activity = startActivity(region, group, {
    description: `Terminating EC2 instance: ${member.id}`,
    cause,
    details: activityDetails(group, member.spec.availabilityZone),
  });
  region.store.setStatus(member, {
    ...member.status,
    lifecycleState: 'Terminating',
    health: needsReplacement ? 'Unhealthy' : member.status.health,
    activityId: activity.id,
    needsReplacement,
  });
  return activity;
}

/** Why, in AWS's words. */
export function terminationCause(
  { store, clock }: Region,
  group: AutoScalingGroup,
  instanceId: string,
  reason: TerminationReason,
): string {
  const at = `At ${causeTime(clock.now())}`;
  switch (reason) {
    case 'ec2-state':
      return `${at} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`;
    case 'ec2-status':
      return `${at} an instance was taken out of service in response to an EC2 instance status checks failure.`;
    case 'elb':
      return `${at} an instance was taken out of service in response to an ELB system health check failure.`;
    case 'user-health':
      return `${at} an instance was taken out of service in response to a user health-check.`;
    case 'rebalance':
      return `${at} instances were terminated to balance instances across zones.`;
    case 'scale-in':
    case 'group-deleted': {
      const count = membersOf(store, group.id).filter(
        ({ status }) => status.lifecycleState === 'InService' || status.lifecycleState === 'Pending',
      ).length;
      return (
        `${group.spec.capacityChange}${at} an instance was taken out of service in response to a difference between ` +
        `desired and actual capacity, shrinking the capacity from ${count} to ${count - 1}.  ` +
        `${at} instance ${instanceId} was selected for termination.`
      );
    }
    default:
      throw new Error(`no cause for ${String(reason)}`);
  }
}

/** `{"Subnet ID":"subnet-…","Availability Zone":"eu-west-3a"}` */
export function activityDetails(group: AutoScalingGroup, zone: string, subnetId?: string): string {
  const id = subnetId ?? group.spec.subnets.find(({ availabilityZone }) => availabilityZone === zone)?.id;
  return JSON.stringify({
    ...(group.spec.hasSubnetsOfItsOwn && id !== undefined ? { 'Subnet ID': id } : {}),
    'Availability Zone': zone,
  });
}
