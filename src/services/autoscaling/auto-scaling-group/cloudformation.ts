import type * as aws from '@aws-sdk/client-auto-scaling';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

type CreateInput = InputOf<AutoscalingApi, 'CreateAutoScalingGroup'>;

/** Members that a template spells otherwise than the API. Numbers may come as text. */
interface GroupProperties {
  readonly AutoScalingGroupName?: string;
  readonly MinSize: string | number;
  readonly MaxSize: string | number;
  readonly DesiredCapacity?: string | number;
  readonly Cooldown?: string | number;
  readonly HealthCheckType?: string;
  readonly HealthCheckGracePeriod?: string | number;
  readonly VPCZoneIdentifier?: readonly string[];
  readonly AvailabilityZones?: string[];
  readonly TargetGroupARNs?: string[];
  readonly LaunchConfigurationName?: string;
  readonly LaunchTemplate?: NonNullable<CreateInput['LaunchTemplate']>;
  readonly MixedInstancesPolicy?: NonNullable<CreateInput['MixedInstancesPolicy']>;
  readonly TerminationPolicies?: string[];
  readonly NewInstancesProtectedFromScaleIn?: boolean | string;
  readonly DefaultInstanceWarmup?: string | number;
  readonly MaxInstanceLifetime?: string | number;
  readonly CapacityRebalance?: boolean | string;
  readonly InstanceMaintenancePolicy?: NonNullable<CreateInput['InstanceMaintenancePolicy']>;
  readonly MetricsCollection?: readonly { readonly Granularity: string; readonly Metrics?: string[] }[];
  readonly Tags?: readonly {
    readonly Key: string;
    readonly Value: string;
    readonly PropagateAtLaunch: boolean | string;
  }[];
}

/**
 * `AWS::AutoScaling::AutoScalingGroup`. It is complete when the desired number is in service: AWS waits less, but a
 * stack that is complete here has instances that run.
 */
export const autoScalingGroupProvider: ResourceProvider = {
  type: 'AWS::AutoScaling::AutoScalingGroup',
  create(properties, context) {
    const p = groupProperties(properties);
    const name = p.AutoScalingGroupName ?? context.physicalName(255);
    context.call.autoscaling.CreateAutoScalingGroup({
      AutoScalingGroupName: name,
      ...settings(p),
      MinSize: Number(p.MinSize),
      MaxSize: Number(p.MaxSize),
      ...(p.TargetGroupARNs ? { TargetGroupARNs: p.TargetGroupARNs } : {}),
      Tags: tagsOf(name, p, context),
    });
    collectMetrics(name, p, context);
    return name;
  },
  stability(name, context) {
    const group = find(name, context);
    if (!group) return { state: 'failed', reason: `AutoScalingGroup ${name} is gone` };
    const serving = (group.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === 'InService');
    const [latest] =
      context.call.autoscaling.DescribeScalingActivities({
        AutoScalingGroupName: name,
      }).Activities ?? [];
    if (latest?.StatusCode === 'Failed' && serving.length === 0)
      return { state: 'failed', reason: latest.StatusMessage ?? 'Launching EC2 instance failed.' };
    return { state: serving.length >= (group.DesiredCapacity ?? 0) ? 'stable' : 'in-progress' };
  },
  update(name, properties, previous, context) {
    const [p, before] = [groupProperties(properties), groupProperties(previous)];
    context.call.autoscaling.UpdateAutoScalingGroup({
      AutoScalingGroupName: name,
      ...settings(p),
      MinSize: Number(p.MinSize),
      MaxSize: Number(p.MaxSize),
    });
    moveTargetGroups(name, p.TargetGroupARNs ?? [], before.TargetGroupARNs ?? [], context);
    const tags = tagsOf(name, p, context);
    const removed = tagsOf(name, before, context).filter(({ Key }) => !tags.some((tag) => tag.Key === Key));
    if (removed.length > 0) context.call.autoscaling.DeleteTags({ Tags: removed });
    if (tags.length > 0) context.call.autoscaling.CreateOrUpdateTags({ Tags: tags });
    collectMetrics(name, p, context);
    return name;
  },
  delete(name, context) {
    const group = find(name, context);
    if (!group || group.Status !== undefined) return;
    context.call.autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: name, ForceDelete: true });
  },
  gone: (name, context) => find(name, context) === undefined,
  attributes: (name, context) => ({ AutoScalingGroupARN: find(name, context)?.AutoScalingGroupARN }),
};

function groupProperties(properties: Properties): GroupProperties {
  return properties as unknown as GroupProperties; // the template was checked against the resource's schema
}

function find(name: string, { call }: ProviderContext): aws.AutoScalingGroup | undefined {
  return call.autoscaling.DescribeAutoScalingGroups({ AutoScalingGroupNames: [name] }).AutoScalingGroups?.[0];
}

function settings(p: GroupProperties): Omit<CreateInput, 'AutoScalingGroupName' | 'MinSize' | 'MaxSize'> {
  const given = {
    LaunchTemplate: p.LaunchTemplate,
    LaunchConfigurationName: p.LaunchConfigurationName,
    MixedInstancesPolicy: p.MixedInstancesPolicy,
    DesiredCapacity: numberOf(p.DesiredCapacity),
    DefaultCooldown: numberOf(p.Cooldown),
    DefaultInstanceWarmup: numberOf(p.DefaultInstanceWarmup),
    MaxInstanceLifetime: numberOf(p.MaxInstanceLifetime),
    HealthCheckType: p.HealthCheckType,
    HealthCheckGracePeriod: numberOf(p.HealthCheckGracePeriod),
    VPCZoneIdentifier: p.VPCZoneIdentifier?.join(','),
    AvailabilityZones: p.AvailabilityZones,
    TerminationPolicies: p.TerminationPolicies,
    NewInstancesProtectedFromScaleIn: truthOf(p.NewInstancesProtectedFromScaleIn),
    CapacityRebalance: truthOf(p.CapacityRebalance),
    InstanceMaintenancePolicy: p.InstanceMaintenancePolicy,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The stack's own tags go to the group and, as those of CloudFormation do, to its instances. */
function tagsOf(
  name: string,
  p: GroupProperties,
  { tags }: ProviderContext,
): { ResourceId: string; ResourceType: string; Key: string; Value: string; PropagateAtLaunch: boolean }[] {
  const common = { ResourceId: name, ResourceType: 'auto-scaling-group' };
  const own = new Set((p.Tags ?? []).map(({ Key }) => Key)); // these win over the stack's
  return [
    ...Object.entries(tags)
      .filter(([Key]) => !own.has(Key))
      .map(([Key, Value]) => ({ ...common, Key, Value, PropagateAtLaunch: true })),
    ...(p.Tags ?? []).map(({ Key, Value, PropagateAtLaunch }) => ({
      ...common,
      Key,
      Value,
      PropagateAtLaunch: truthOf(PropagateAtLaunch) ?? false,
    })),
  ];
}

function collectMetrics(name: string, p: GroupProperties, { call }: ProviderContext): void {
  for (const { Granularity, Metrics } of p.MetricsCollection ?? [])
    call.autoscaling.EnableMetricsCollection({
      AutoScalingGroupName: name,
      Granularity,
      ...(Metrics ? { Metrics } : {}),
    });
}

function moveTargetGroups(
  name: string,
  after: readonly string[],
  before: readonly string[],
  { call }: ProviderContext,
): void {
  const added = after.filter((arn) => !before.includes(arn));
  const removed = before.filter((arn) => !after.includes(arn));
  if (added.length > 0)
    call.autoscaling.AttachLoadBalancerTargetGroups({ AutoScalingGroupName: name, TargetGroupARNs: added });
  if (removed.length > 0)
    call.autoscaling.DetachLoadBalancerTargetGroups({ AutoScalingGroupName: name, TargetGroupARNs: removed });
}

function numberOf(value: string | number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function truthOf(value: boolean | string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === true || value === 'true';
}
