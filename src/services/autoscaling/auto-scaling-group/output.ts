import type * as aws from '@aws-sdk/client-auto-scaling';
import type { Context } from '#/services/contract.ts';
import { membersOf } from '#/services/autoscaling/auto-scaling-group/members.ts';
import type {
  AutoScalingGroup,
  GroupInstance,
  LaunchSource,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { zoneId } from '#/services/ec2/availability-zone/zones.ts';

type Region = Pick<Context, 'store' | 'region'>;

/** A group as DescribeAutoScalingGroups shows it. */
export function toGroupOutput(region: Region, group: AutoScalingGroup): aws.AutoScalingGroup {
  const { spec } = group;
  const zones = [...new Set(spec.subnets.map(({ availabilityZone }) => availabilityZone))];
  return {
    AutoScalingGroupName: group.id,
    AutoScalingGroupARN: spec.arn,
    ...(spec.mixedInstancesPolicy
      ? { MixedInstancesPolicy: spec.mixedInstancesPolicy }
      : toSourceOutput(spec.launch)),
    MinSize: spec.minSize,
    MaxSize: spec.maxSize,
    DesiredCapacity: spec.desiredCapacity,
    DefaultCooldown: spec.defaultCooldownSeconds,
    AvailabilityZones: zones,
    AvailabilityZoneIds: zones.map((zone) => zoneId(region.region, zone)),
    LoadBalancerNames: [],
    TargetGroupARNs: [...spec.targetGroupArns],
    TrafficSources: spec.targetGroupArns.map((arn) => ({ Identifier: arn, Type: 'elbv2' })),
    HealthCheckType: spec.healthCheckType,
    HealthCheckGracePeriod: spec.healthCheckGracePeriodSeconds,
    Instances: membersOf(region.store, group.id).map((member) => toMemberOutput(region, member)),
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: spec.suspendedProcesses.map((ProcessName) => ({
      ProcessName,
      SuspensionReason: `User suspended at ${new Date(group.createdAt).toISOString()}`,
    })),
    ...(spec.hasSubnetsOfItsOwn ? { VPCZoneIdentifier: spec.subnets.map(({ id }) => id).join(',') } : {}),
    EnabledMetrics: spec.enabledMetrics.map((Metric) => ({ Metric, Granularity: '1Minute' })),
    ...(group.deleting ? { Status: 'Delete in progress' } : {}),
    Tags: toTagDescriptions(group),
    TerminationPolicies: [...spec.terminationPolicies],
    NewInstancesProtectedFromScaleIn: spec.newInstancesProtectedFromScaleIn,
    ServiceLinkedRoleARN: spec.serviceLinkedRoleArn,
    CapacityRebalance: spec.capacityRebalance,
    ...(spec.maxInstanceLifetimeSeconds === undefined
      ? {}
      : { MaxInstanceLifetime: spec.maxInstanceLifetimeSeconds }),
    ...(spec.defaultInstanceWarmupSeconds === undefined
      ? {}
      : { DefaultInstanceWarmup: spec.defaultInstanceWarmupSeconds }),
    ...(spec.instanceMaintenancePolicy
      ? {
          InstanceMaintenancePolicy: {
            MinHealthyPercentage: spec.instanceMaintenancePolicy.minPercent,
            MaxHealthyPercentage: spec.instanceMaintenancePolicy.maxPercent,
          },
        }
      : {}),
    ...(spec.context === undefined ? {} : { Context: spec.context }),
  };
}

/** A group's instance as the group shows it. */
export function toMemberOutput(
  { region }: Region,
  { id, spec, status }: GroupInstance,
): aws.Instance & { HealthStatus: string } {
  return {
    InstanceId: id,
    InstanceType: spec.instanceType,
    ImageId: spec.imageId,
    AvailabilityZone: spec.availabilityZone,
    AvailabilityZoneId: zoneId(region, spec.availabilityZone),
    LifecycleState: status.lifecycleState,
    HealthStatus: status.health,
    ...toSourceOutput(spec.launch),
    ProtectedFromScaleIn: spec.protectedFromScaleIn,
  };
}

export function toTagDescriptions(group: AutoScalingGroup): aws.TagDescription[] {
  return group.spec.tags.map(({ key, value, propagateAtLaunch }) => ({
    ResourceId: group.id,
    ResourceType: 'auto-scaling-group',
    Key: key,
    Value: value,
    PropagateAtLaunch: propagateAtLaunch,
  }));
}

function toSourceOutput(
  source: LaunchSource,
): Pick<aws.Instance, 'LaunchTemplate' | 'LaunchConfigurationName'> {
  if (source.from === 'configuration') return { LaunchConfigurationName: source.name };
  return {
    LaunchTemplate: {
      LaunchTemplateId: source.id,
      LaunchTemplateName: source.name,
      Version: source.version,
    },
  };
}
