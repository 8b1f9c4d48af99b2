import { uuid } from '#/lib/random.ts';
import { causeTime } from '#/services/autoscaling/auto-scaling-group/activities.ts';
import { listActivities, toActivityOutput } from '#/services/autoscaling/auto-scaling-group/activities.ts';
import { membersOf, requireGroup } from '#/services/autoscaling/auto-scaling-group/members.ts';
import { toGroupOutput, toTagDescriptions } from '#/services/autoscaling/auto-scaling-group/output.ts';
import {
  autoScalingGroupType,
  type AutoScalingGroupSpec,
  type GroupTag,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { resolveSource } from '#/services/autoscaling/auto-scaling-group/source.ts';
import { asValidation, resolveSubnets } from '#/services/autoscaling/auto-scaling-group/subnets.ts';
import { groupExists, groupInUse, validationError } from '#/services/autoscaling/errors.ts';
import { paginate } from '#/services/autoscaling/pages.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

type CreateInput = InputOf<AutoscalingApi, 'CreateAutoScalingGroup'>;
type UpdateInput = InputOf<AutoscalingApi, 'UpdateAutoScalingGroup'>;

/** The API of groups themselves. */
export const groupOperations = {
  CreateAutoScalingGroup(input, context) {
    const { store, clock } = context;
    const name = input.AutoScalingGroupName;
    if (store.getAny(autoScalingGroupType, name)) throw groupExists(name);
    const launch = resolveSource(context, input);
    if (!launch)
      throw validationError(
        'Valid requests must contain either launchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
      );
    const desired = input.DesiredCapacity ?? input.MinSize;
    checkSizes(input.MinSize, input.MaxSize, desired);
    const targetGroupArns = [
      ...(input.TargetGroupARNs ?? []),
      ...(input.TrafficSources ?? []).map(({ Identifier }) => Identifier),
    ];
    requireTargetGroups(context, targetGroupArns);
    store.create(autoScalingGroupType, {
      id: name,
      spec: {
        ...defaults(context, name),
        ...settings(input),
        ...resolveSubnets(context, input.VPCZoneIdentifier, input.AvailabilityZones),
        launch,
        minSize: input.MinSize,
        maxSize: input.MaxSize,
        desiredCapacity: desired,
        capacityChange: `At ${causeTime(clock.now())} a user request created an AutoScalingGroup changing the desired capacity from 0 to ${desired}.  `,
        targetGroupArns,
        tags: toGroupTags(input.Tags ?? []),
      },
      status: { targetGroups: {}, launchFailures: 0, launchAgainAt: 0 },
    });
    return {};
  },

  UpdateAutoScalingGroup(input, context) {
    const { store, clock } = context;
    const group = requireGroup(store, input.AutoScalingGroupName);
    const launch = resolveSource(context, input);
    const minSize = input.MinSize ?? group.spec.minSize;
    const maxSize = input.MaxSize ?? group.spec.maxSize;
    const before = group.spec.desiredCapacity;
    const desired = input.DesiredCapacity ?? Math.min(Math.max(before, minSize), maxSize);
    checkSizes(minSize, maxSize, desired);
    const changed = store.setSpec(group, {
      ...group.spec,
      ...settings(input),
      ...(launch ? { launch, mixedInstancesPolicy: input.MixedInstancesPolicy } : {}),
      ...(input.VPCZoneIdentifier === undefined && input.AvailabilityZones === undefined
        ? {}
        : resolveSubnets(context, input.VPCZoneIdentifier, input.AvailabilityZones)),
      minSize,
      maxSize,
      desiredCapacity: desired,
      ...(desired === before
        ? {}
        : {
            capacityChange: `At ${causeTime(clock.now())} a user request update of AutoScalingGroup constraints to min: ${minSize}, max: ${maxSize}, desired: ${desired} changing the desired capacity from ${before} to ${desired}.  `,
          }),
    });
    // A new wish may be one that works: what failed before is tried at once.
    if (changed) store.setStatus(changed, { ...changed.status, launchFailures: 0, launchAgainAt: 0 });
    return {};
  },

  SetDesiredCapacity(input, { store, clock }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    const { minSize, maxSize, desiredCapacity: before } = group.spec;
    const desired = input.DesiredCapacity;
    if (desired > maxSize)
      throw validationError(
        `New SetDesiredCapacity value ${desired} is above max value ${maxSize} for the AutoScalingGroup.`,
      );
    if (desired < minSize)
      throw validationError(
        `New SetDesiredCapacity value ${desired} is below min value ${minSize} for the AutoScalingGroup.`,
      );
    store.setSpec(group, {
      ...group.spec,
      desiredCapacity: desired,
      capacityChange: `At ${causeTime(clock.now())} a user request explicitly set group desired capacity changing the desired capacity from ${before} to ${desired}.  `,
    });
    return {};
  },

  DeleteAutoScalingGroup(input, { store, clock }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    const isForced = input.ForceDelete ?? false;
    if (membersOf(store, group.id).length > 0 && !isForced) throw groupInUse();
    store.setSpec(group, {
      ...group.spec,
      isForceDeleted: isForced,
      minSize: 0,
      desiredCapacity: 0,
      capacityChange: `At ${causeTime(clock.now())} a user request force deleted AutoScalingGroup changing the desired capacity from ${group.spec.desiredCapacity} to 0.  `,
    });
    store.markDeleted(group);
    return {};
  },

  DescribeAutoScalingGroups(input, context) {
    const wanted = input.AutoScalingGroupNames;
    const found = context.store
      .listAny(autoScalingGroupType) // those that are going are shown until they are gone
      .filter(({ id }) => !wanted || wanted.length === 0 || wanted.includes(id))
      .filter((group) => (input.Filters ?? []).every((filter) => passes(group.spec.tags, filter)));
    const { items, nextToken } = paginate(found, input);
    return {
      AutoScalingGroups: items.map((group) => toGroupOutput(context, group)),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  DescribeScalingActivities(input, { store }) {
    const wanted = input.ActivityIds;
    const found = listActivities(store, input.AutoScalingGroupName).filter(
      ({ id }) => !wanted || wanted.length === 0 || wanted.includes(id),
    );
    const { items, nextToken } = paginate(found, { MaxRecords: 100, ...input });
    return {
      Activities: items.map(toActivityOutput),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  CreateOrUpdateTags(input, { store }) {
    for (const tag of input.Tags) {
      const group = requireGroup(store, tag.ResourceId ?? '');
      const others = group.spec.tags.filter(({ key }) => key !== tag.Key);
      store.setSpec(group, { ...group.spec, tags: [...others, toGroupTag(tag)] });
    }
    return {};
  },

  DeleteTags(input, { store }) {
    for (const tag of input.Tags) {
      const group = requireGroup(store, tag.ResourceId ?? '');
      store.setSpec(group, { ...group.spec, tags: group.spec.tags.filter(({ key }) => key !== tag.Key) });
    }
    return {};
  },

  DescribeTags(input, { store }) {
    const all = store.list(autoScalingGroupType).flatMap(toTagDescriptions);
    const found = all.filter((tag) =>
      (input.Filters ?? []).every(({ Name, Values = [] }) => {
        const value = {
          'auto-scaling-group': tag.ResourceId,
          key: tag.Key,
          value: tag.Value,
          'propagate-at-launch': String(tag.PropagateAtLaunch),
        }[Name ?? ''];
        return value !== undefined && Values.includes(value);
      }),
    );
    const { items, nextToken } = paginate(found, input);
    return { Tags: [...items], ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
  },
} satisfies Handlers<AutoscalingApi>;

/** What a group has that says nothing of it. https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html */
function defaults(
  { random, region, account }: Context,
  name: string,
): Omit<
  AutoScalingGroupSpec,
  | 'minSize'
  | 'maxSize'
  | 'desiredCapacity'
  | 'capacityChange'
  | 'launch'
  | 'subnets'
  | 'hasSubnetsOfItsOwn'
  | 'targetGroupArns'
  | 'tags'
> {
  return {
    arn: `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:${uuid(random)}:autoScalingGroupName/${name}`,
    mixedInstancesPolicy: undefined,
    healthCheckType: 'EC2',
    healthCheckGracePeriodSeconds: 0,
    defaultCooldownSeconds: 300,
    defaultInstanceWarmupSeconds: undefined,
    terminationPolicies: ['Default'],
    newInstancesProtectedFromScaleIn: false,
    suspendedProcesses: [],
    enabledMetrics: [],
    capacityRebalance: false,
    maxInstanceLifetimeSeconds: undefined,
    instanceMaintenancePolicy: undefined,
    serviceLinkedRoleArn: `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    context: undefined,
    isForceDeleted: false,
  };
}

/** What may be set and changed alike; what is not given is not among it. */
function settings(input: CreateInput | UpdateInput): Partial<AutoScalingGroupSpec> {
  const policy = input.InstanceMaintenancePolicy;
  const given = {
    mixedInstancesPolicy: input.MixedInstancesPolicy,
    healthCheckType: input.HealthCheckType,
    healthCheckGracePeriodSeconds: input.HealthCheckGracePeriod,
    defaultCooldownSeconds: input.DefaultCooldown,
    defaultInstanceWarmupSeconds: input.DefaultInstanceWarmup,
    terminationPolicies: input.TerminationPolicies,
    newInstancesProtectedFromScaleIn: input.NewInstancesProtectedFromScaleIn,
    capacityRebalance: input.CapacityRebalance,
    maxInstanceLifetimeSeconds: input.MaxInstanceLifetime,
    serviceLinkedRoleArn: input.ServiceLinkedRoleARN,
    context: input.Context,
    instanceMaintenancePolicy:
      policy?.MinHealthyPercentage === undefined || policy.MaxHealthyPercentage === undefined
        ? undefined
        : { minPercent: policy.MinHealthyPercentage, maxPercent: policy.MaxHealthyPercentage },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function checkSizes(min: number, max: number, desired: number): void {
  if (max < min)
    throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  if (desired < min || desired > max)
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`,
    );
}

/** Throws ValidationError when one does not exist. */
export function requireTargetGroups({ call }: Context, arns: readonly string[]): void {
  if (arns.length > 0) asValidation(() => call.elbv2.DescribeTargetGroups({ TargetGroupArns: [...arns] }));
}

/** Of tags with the same key the last counts. */
function toGroupTags(tags: readonly Parameters<typeof toGroupTag>[0][]): readonly GroupTag[] {
  return [...new Map(tags.map((tag) => [tag.Key, toGroupTag(tag)])).values()];
}

function toGroupTag(tag: { Key: string; Value?: string; PropagateAtLaunch?: boolean }): GroupTag {
  return { key: tag.Key, value: tag.Value ?? '', propagateAtLaunch: tag.PropagateAtLaunch ?? false };
}

function passes(tags: readonly GroupTag[], filter: { Name?: string; Values?: string[] }): boolean {
  const { Name = '', Values = [] } = filter;
  if (Name === 'tag-key') return tags.some(({ key }) => Values.includes(key));
  if (Name === 'tag-value') return tags.some(({ value }) => Values.includes(value));
  const wanted = Name.startsWith('tag:') ? Name.slice('tag:'.length) : undefined;
  return tags.some(({ key, value }) => key === wanted && Values.includes(value));
}
