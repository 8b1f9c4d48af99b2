import type * as aws from '@aws-sdk/client-auto-scaling';
import {
  causeTime,
  startActivity,
  toActivityOutput,
} from '#/services/autoscaling/auto-scaling-group/activities.ts';
import { membersOf, requireGroup, requireMember } from '#/services/autoscaling/auto-scaling-group/members.ts';
import { toMemberOutput } from '#/services/autoscaling/auto-scaling-group/output.ts';
import {
  groupInstanceType,
  type AutoScalingGroup,
  type GroupInstance,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { asValidation } from '#/services/autoscaling/auto-scaling-group/subnets.ts';
import { activityDetails, beginTermination } from '#/services/autoscaling/auto-scaling-group/termination.ts';
import { validationError } from '#/services/autoscaling/errors.ts';
import { paginate } from '#/services/autoscaling/pages.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

/** The API of a group's instances. */
export const membershipOperations = {
  DescribeAutoScalingInstances(input, context) {
    const wanted = input.InstanceIds;
    const found = context.store
      .list(groupInstanceType)
      .filter(({ id }) => !wanted || wanted.length === 0 || wanted.includes(id));
    const { items, nextToken } = paginate(found, input);
    return {
      AutoScalingInstances: items.map((member) => ({
        ...toMemberOutput(context, member),
        AutoScalingGroupName: member.spec.groupName,
        // This one operation writes the word in capitals.
        HealthStatus: member.status.health.toUpperCase(),
      })),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  TerminateInstanceInAutoScalingGroup(input, context) {
    const member = requireMember(context.store, input.InstanceId ?? '', input.AutoScalingGroupName);
    const group = requireGroup(context.store, member.spec.groupName);
    const cause = `At ${causeTime(context.clock.now())} instance ${member.id} was taken out of service in response to a user request`;
    const shrinking = input.ShouldDecrementDesiredCapacity ? decrement(context, group, 1) : undefined;
    const activity = beginTermination(
      context,
      group,
      member,
      shrinking === undefined ? `${cause}.` : `${cause}, ${shrinking}.`,
      false,
    );
    return { Activity: toActivityOutput(activity) };
  },

  SetInstanceHealth(input, { store, clock }) {
    const member = requireMember(store, input.InstanceId);
    const health = input.HealthStatus;
    if (health !== 'Healthy' && health !== 'Unhealthy')
      throw validationError('Valid instance health states are: [Healthy, Unhealthy].');
    const group = requireGroup(store, member.spec.groupName);
    const graceEnd =
      (member.status.inServiceAt ?? clock.now()) + group.spec.healthCheckGracePeriodSeconds * 1_000;
    // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html: in the grace period, by
    // default, the call has no effect.
    if ((input.ShouldRespectGracePeriod ?? true) && health === 'Unhealthy' && clock.now() < graceEnd)
      return {};
    const changed = store.setSpec(member, { ...member.spec, userHealth: health });
    if (changed) store.setStatus(changed, { ...changed.status, health });
    return {};
  },

  SetInstanceProtection(input, { store }) {
    for (const id of input.InstanceIds) {
      const member = requireMember(store, id, input.AutoScalingGroupName);
      store.setSpec(member, { ...member.spec, protectedFromScaleIn: input.ProtectedFromScaleIn });
    }
    return {};
  },

  EnterStandby(input, context) {
    return leave(context, input, 'standby', 'Moving EC2 instance to Standby');
  },

  ExitStandby(input, context) {
    const { store, clock } = context;
    const group = requireGroup(store, input.AutoScalingGroupName);
    const members = (input.InstanceIds ?? []).map((id) => requireMember(store, id, group.id));
    const before = group.spec.desiredCapacity;
    const desired = before + members.length;
    if (desired > group.spec.maxSize)
      throw validationError(
        `Requested to move ${members.length} instances out of Standby would exceed the max size of the group.`,
      );
    store.setSpec(group, { ...group.spec, desiredCapacity: desired });
    const at = causeTime(clock.now());
    return {
      Activities: members.map((member) => {
        const activity = startActivity(context, group, {
          description: `Moving EC2 instance out of Standby: ${member.id}`,
          cause: `At ${at} instance ${member.id} was moved out of standby in response to a user request, increasing the capacity from ${before} to ${desired}.`,
          details: activityDetails(group, member.spec.availabilityZone),
        });
        follow(context, member, 'in-service', activity.id);
        return toActivityOutput(activity);
      }),
    };
  },

  DetachInstances(input, context) {
    return leave(context, input, 'detached', 'Detaching EC2 instance');
  },

  AttachInstances(input, context) {
    const { store, call } = context;
    const group = requireGroup(store, input.AutoScalingGroupName);
    const ids = input.InstanceIds ?? [];
    const desired = group.spec.desiredCapacity + ids.length;
    if (desired > group.spec.maxSize)
      throw validationError(
        `AutoScalingGroup ${group.id} has reached its max size; ${ids.length} instances cannot be attached.`,
      );
    const reservations = asValidation(() => call.ec2.DescribeInstances({ InstanceIds: ids }).Reservations);
    for (const instance of (reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const id = instance.InstanceId ?? '';
      if (instance.State?.Name !== 'running')
        throw validationError(`Invalid Instance ID(s) provided: ${id} is not in correct state (running).`);
      if (store.get(groupInstanceType, id))
        throw validationError(`Instance ${id} is already part of an AutoScalingGroup.`);
      call.ec2.CreateTags({
        Resources: [id],
        Tags: [{ Key: 'aws:autoscaling:groupName', Value: group.id }],
      });
      store.create(groupInstanceType, {
        id,
        spec: {
          groupName: group.id,
          availabilityZone: instance.Placement?.AvailabilityZone ?? '',
          instanceType: instance.InstanceType ?? '',
          imageId: instance.ImageId ?? '',
          launch: group.spec.launch,
          protectedFromScaleIn: group.spec.newInstancesProtectedFromScaleIn,
          wish: 'in-service',
          userHealth: undefined,
        },
        status: {
          lifecycleState: 'Pending',
          health: 'Healthy',
          inServiceAt: undefined,
          activityId: startActivity(context, group, {
            description: `Attaching an existing EC2 instance: ${id}`,
            cause: `At ${causeTime(context.clock.now())} an instance was attached in response to user request.`,
            details: activityDetails(group, instance.Placement?.AvailabilityZone ?? ''),
          }).id,
          needsReplacement: false,
        },
      });
    }
    store.setSpec(group, { ...group.spec, desiredCapacity: desired });
    return {};
  },
} satisfies Handlers<AutoscalingApi>;

function leave(
  context: Context,
  input: {
    InstanceIds?: string[];
    AutoScalingGroupName: string;
    ShouldDecrementDesiredCapacity: boolean;
  },
  wish: 'standby' | 'detached',
  description: string,
): { Activities: aws.Activity[] } {
  const { store, clock } = context;
  const group = requireGroup(store, input.AutoScalingGroupName);
  const members = (input.InstanceIds ?? []).map((id) => requireMember(store, id, group.id));
  const shrinking = input.ShouldDecrementDesiredCapacity
    ? `, ${decrement(context, group, members.length)}`
    : '';
  const moved = wish === 'standby' ? 'moved to standby' : 'detached';
  return {
    Activities: members.map((member) => {
      const activity = startActivity(context, group, {
        description: `${description}: ${member.id}`,
        cause: `At ${causeTime(clock.now())} instance ${member.id} was ${moved} in response to a user request${shrinking}.`,
        details: activityDetails(group, member.spec.availabilityZone),
      });
      follow(context, member, wish, activity.id);
      return toActivityOutput(activity);
    }),
  };
}

function follow(
  { store }: Context,
  member: GroupInstance,
  wish: GroupInstance['spec']['wish'],
  activityId: string,
): void {
  const changed = store.setSpec(member, { ...member.spec, wish });
  if (changed) store.setStatus(changed, { ...changed.status, activityId });
}

/** Lowers the desired capacity, and says so in AWS's words. */
function decrement({ store }: Context, group: AutoScalingGroup, count: number): string {
  const before = group.spec.desiredCapacity;
  const after = before - count;
  if (after < group.spec.minSize)
    throw validationError(
      `Currently, desiredSize equals minSize (${group.spec.minSize}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    );
  store.setSpec(group, { ...group.spec, desiredCapacity: after });
  const size = membersOf(store, group.id).length;
  return `shrinking the capacity from ${Math.min(before, size)} to ${Math.min(before, size) - count}`;
}
