import { resourceType, type Resource } from '#/store/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

type CreateInput = InputOf<AutoscalingApi, 'CreateAutoScalingGroup'>;

/** Its id is its name. */
export type AutoScalingGroup = Resource<
  'AWS::AutoScaling::AutoScalingGroup',
  AutoScalingGroupSpec,
  AutoScalingGroupStatus
>;

/** What new instances are made from. */
export type LaunchSource =
  | {
      readonly from: 'template';
      readonly id: string;
      readonly name: string;
      /** A number, `$Latest` or `$Default`. */
      readonly version: string;
      /** Of a mixed instances policy: the first override's type. */
      readonly instanceType: string | undefined;
    }
  | { readonly from: 'configuration'; readonly name: string };

export interface AutoScalingGroupSpec {
  readonly arn: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  /** How the desired capacity came to be, for the cause of the activities that follow. */
  readonly capacityChange: string;
  readonly launch: LaunchSource;
  readonly mixedInstancesPolicy: CreateInput['MixedInstancesPolicy'] | undefined;
  /** In the order given; each knows its zone. */
  readonly subnets: readonly { readonly id: string; readonly availabilityZone: string }[];
  /** Whether the subnets were given, or only zones. */
  readonly hasSubnetsOfItsOwn: boolean;
  readonly targetGroupArns: readonly string[];
  readonly healthCheckType: string;
  readonly healthCheckGracePeriodSeconds: number;
  readonly defaultCooldownSeconds: number;
  readonly defaultInstanceWarmupSeconds: number | undefined;
  readonly terminationPolicies: readonly string[];
  readonly newInstancesProtectedFromScaleIn: boolean;
  readonly suspendedProcesses: readonly string[];
  readonly enabledMetrics: readonly string[];
  readonly tags: readonly GroupTag[];
  readonly capacityRebalance: boolean;
  readonly maxInstanceLifetimeSeconds: number | undefined;
  readonly instanceMaintenancePolicy:
    | { readonly minPercent: number; readonly maxPercent: number }
    | undefined;
  readonly serviceLinkedRoleArn: string;
  readonly context: string | undefined;
  /** Deleted by force: its instances are not drained. */
  readonly isForceDeleted: boolean;
}

export interface GroupTag {
  readonly key: string;
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

export interface AutoScalingGroupStatus {
  /** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LoadBalancerTargetGroupState.html, by target group. */
  readonly targetGroups: Readonly<Record<string, TargetGroupState>>;
  /** How many launches failed in a row, and until when none is tried. Milliseconds since the epoch. */
  readonly launchFailures: number;
  readonly launchAgainAt: number;
}

export type TargetGroupState = 'Adding' | 'Added' | 'InService';

export const autoScalingGroupType = resourceType<AutoScalingGroup>('AWS::AutoScaling::AutoScalingGroup');

/** An instance of a group; its id is the instance's. */
export type GroupInstance = Resource<
  'Snowglobe::AutoScaling::GroupInstance',
  GroupInstanceSpec,
  GroupInstanceStatus
>;

export interface GroupInstanceSpec {
  readonly groupName: string;
  readonly availabilityZone: string;
  readonly instanceType: string;
  readonly imageId: string;
  /** What it was made from: the template's version as a number. */
  readonly launch: LaunchSource;
  readonly protectedFromScaleIn: boolean;
  /** What the user wants of it beside what the group needs. */
  readonly wish: 'in-service' | 'standby' | 'detached';
  /** What SetInstanceHealth said last. */
  readonly userHealth: 'Healthy' | 'Unhealthy' | undefined;
}

export type LifecycleState =
  | 'Pending'
  | 'InService'
  | 'Terminating'
  | 'Detaching'
  | 'EnteringStandby'
  | 'Standby';

export interface GroupInstanceStatus {
  readonly lifecycleState: LifecycleState;
  readonly health: 'Healthy' | 'Unhealthy';
  /** Milliseconds since the epoch; undefined before it was in service. */
  readonly inServiceAt: number | undefined;
  /** The activity that is under way for it. */
  readonly activityId: string | undefined;
  /** It was unhealthy and its replacement was not launched yet. */
  readonly needsReplacement: boolean;
}

export const groupInstanceType = resourceType<GroupInstance>('Snowglobe::AutoScaling::GroupInstance', {
  groupName: ({ spec }) => [spec.groupName],
});

/** Something that a group did. */
export type ScalingActivity = Resource<
  'Snowglobe::AutoScaling::ScalingActivity',
  ScalingActivitySpec,
  ScalingActivityStatus
>;

export interface ScalingActivitySpec {
  readonly groupName: string;
  readonly groupArn: string;
  readonly cause: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** JSON, as AWS shows it. */
  readonly details: string;
}

export interface ScalingActivityStatus {
  readonly description: string;
  readonly statusCode:
    | 'InProgress'
    | 'WaitingForELBConnectionDraining'
    | 'Successful'
    | 'Failed'
    | 'Cancelled';
  readonly statusMessage: string | undefined;
  readonly endedAt: number | undefined;
  readonly progress: number;
}

export const scalingActivityType = resourceType<ScalingActivity>('Snowglobe::AutoScaling::ScalingActivity', {
  groupName: ({ spec }) => [spec.groupName],
});
