import { AwsError } from '#/lib/aws-error.ts';
import { membersOf, requireGroup } from '#/services/autoscaling/auto-scaling-group/members.ts';
import { requireTargetGroups } from '#/services/autoscaling/auto-scaling-group/operations.ts';
import {
  autoScalingGroupType,
  type AutoScalingGroup,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { launchConfigurationType } from '#/services/autoscaling/launch-configuration/resource.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { validationError } from '#/services/autoscaling/errors.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
const processes = [
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'Launch',
  'ReplaceUnhealthy',
  'ScheduledActions',
  'Terminate',
];

// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html
const metrics = [
  'GroupMinSize',
  'GroupMaxSize',
  'GroupDesiredCapacity',
  'GroupInServiceInstances',
  'GroupPendingInstances',
  'GroupStandbyInstances',
  'GroupTerminatingInstances',
  'GroupTotalInstances',
  'GroupInServiceCapacity',
  'GroupPendingCapacity',
  'GroupStandbyCapacity',
  'GroupTerminatingCapacity',
  'GroupTotalCapacity',
];

/** The API of a group's processes, metrics and load balancers, and of what there is to choose from. */
export const settingOperations = {
  SuspendProcesses(input, { store }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    const named = processesNamed(input.ScalingProcesses);
    const suspendedProcesses = [...new Set([...group.spec.suspendedProcesses, ...named])];
    store.setSpec(group, { ...group.spec, suspendedProcesses });
    return {};
  },

  ResumeProcesses(input, { store }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    const named = processesNamed(input.ScalingProcesses);
    const suspendedProcesses = group.spec.suspendedProcesses.filter((name) => !named.includes(name));
    store.setSpec(group, { ...group.spec, suspendedProcesses });
    return {};
  },

  EnableMetricsCollection(input, { store }) {
    if (input.Granularity !== '1Minute') throw validationError('Valid metric granularities are: [1Minute].');
    const group = requireGroup(store, input.AutoScalingGroupName);
    const named = input.Metrics && input.Metrics.length > 0 ? input.Metrics : metrics;
    const enabledMetrics = [...new Set([...group.spec.enabledMetrics, ...named])];
    store.setSpec(group, { ...group.spec, enabledMetrics });
    return {};
  },

  DisableMetricsCollection(input, { store }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    const named = input.Metrics && input.Metrics.length > 0 ? input.Metrics : metrics;
    const enabledMetrics = group.spec.enabledMetrics.filter((name) => !named.includes(name));
    store.setSpec(group, { ...group.spec, enabledMetrics });
    return {};
  },

  AttachLoadBalancerTargetGroups(input, context) {
    attach(context, input.AutoScalingGroupName, input.TargetGroupARNs);
    return {};
  },

  DetachLoadBalancerTargetGroups(input, context) {
    detach(context, input.AutoScalingGroupName, input.TargetGroupARNs);
    return {};
  },

  DescribeLoadBalancerTargetGroups(input, { store }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    return {
      LoadBalancerTargetGroups: group.spec.targetGroupArns.map((arn) => ({
        LoadBalancerTargetGroupARN: arn,
        State: group.status.targetGroups[arn] ?? 'Adding',
      })),
    };
  },

  AttachTrafficSources(input, context) {
    attach(
      context,
      input.AutoScalingGroupName,
      input.TrafficSources.map(({ Identifier }) => Identifier),
    );
    return {};
  },

  DetachTrafficSources(input, context) {
    detach(
      context,
      input.AutoScalingGroupName,
      input.TrafficSources.map(({ Identifier }) => Identifier),
    );
    return {};
  },

  DescribeTrafficSources(input, { store }) {
    const group = requireGroup(store, input.AutoScalingGroupName);
    return {
      TrafficSources: group.spec.targetGroupArns.map((arn) => ({
        Identifier: arn,
        TrafficSource: arn,
        Type: 'elbv2',
        State: group.status.targetGroups[arn] ?? 'Adding',
      })),
    };
  },

  DescribeTerminationPolicyTypes() {
    return {
      TerminationPolicyTypes: [
        'AllocationStrategy',
        'ClosestToNextInstanceHour',
        'Default',
        'NewestInstance',
        'OldestInstance',
        'OldestLaunchConfiguration',
        'OldestLaunchTemplate',
      ],
    };
  },

  DescribeScalingProcessTypes() {
    return { Processes: processes.map((ProcessName) => ({ ProcessName })) };
  },

  DescribeMetricCollectionTypes() {
    return { Metrics: metrics.map((Metric) => ({ Metric })), Granularities: [{ Granularity: '1Minute' }] };
  },

  DescribeAdjustmentTypes() {
    return {
      AdjustmentTypes: ['ChangeInCapacity', 'ExactCapacity', 'PercentChangeInCapacity'].map(
        (AdjustmentType) => ({ AdjustmentType }),
      ),
    };
  },

  DescribeAccountLimits(_input, { store }) {
    return {
      MaxNumberOfAutoScalingGroups: 500,
      MaxNumberOfLaunchConfigurations: 200,
      NumberOfAutoScalingGroups: store.list(autoScalingGroupType).length,
      NumberOfLaunchConfigurations: store.list(launchConfigurationType).length,
    };
  },

  // What cannot be made yet is truly absent; clients that read a whole group ask for it.
  DescribeLifecycleHooks: ({ AutoScalingGroupName }, { store }) => {
    requireGroup(store, AutoScalingGroupName);
    return { LifecycleHooks: [] };
  },
  DescribeLoadBalancers: () => ({ LoadBalancers: [] }),
  DescribePolicies: () => ({ ScalingPolicies: [] }),
  DescribeScheduledActions: () => ({ ScheduledUpdateGroupActions: [] }),
  DescribeNotificationConfigurations: () => ({ NotificationConfigurations: [] }),
  DescribeInstanceRefreshes: () => ({ InstanceRefreshes: [] }),
  DescribeWarmPool: () => ({ Instances: [] }),

  DescribeLifecycleHookTypes() {
    return {
      LifecycleHookTypes: ['autoscaling:EC2_INSTANCE_LAUNCHING', 'autoscaling:EC2_INSTANCE_TERMINATING'],
    };
  },
} satisfies Handlers<AutoscalingApi>;

function processesNamed(names: readonly string[] | undefined): readonly string[] {
  if (!names || names.length === 0) return processes;
  const unknown = names.find((name) => !processes.includes(name));
  if (unknown !== undefined) throw validationError(`Valid process names are: [${processes.join(', ')}].`);
  return names;
}

function attach(context: Context, groupName: string, arns: readonly string[]): void {
  const group = requireGroup(context.store, groupName);
  requireTargetGroups(context, arns);
  const targetGroupArns = [...new Set([...group.spec.targetGroupArns, ...arns])];
  context.store.setSpec(group, { ...group.spec, targetGroupArns });
}

/** The members leave the balancer at once, which drains them. */
function detach({ store, call }: Context, groupName: string, arns: readonly string[]): void {
  const group = requireGroup(store, groupName);
  const Targets = membersOf(store, groupName).map(({ id }) => ({ Id: id }));
  const leaving = group.spec.targetGroupArns.filter((arn) => arns.includes(arn));
  for (const TargetGroupArn of Targets.length > 0 ? leaving : []) {
    try {
      call.elbv2.DeregisterTargets({ TargetGroupArn, Targets });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error; // a target group that is gone has no targets
    }
  }
  const changed = store.setSpec(group, {
    ...group.spec,
    targetGroupArns: group.spec.targetGroupArns.filter((arn) => !leaving.includes(arn)),
  });
  if (changed) store.setStatus(changed, { ...changed.status, targetGroups: statesWithout(changed, leaving) });
}

function statesWithout(
  { status }: AutoScalingGroup,
  arns: readonly string[],
): AutoScalingGroup['status']['targetGroups'] {
  return Object.fromEntries(Object.entries(status.targetGroups).filter(([arn]) => !arns.includes(arn)));
}
