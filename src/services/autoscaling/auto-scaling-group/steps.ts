import type {
  AutoScalingGroup,
  GroupInstance,
  TargetGroupState,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';

/** An instance of a group with what EC2 and the balancers say of it. */
export interface Member {
  readonly instance: GroupInstance;
  /** EC2's state; undefined when EC2 no longer knows it. */
  readonly state: string | undefined;
  /** Since when a status check fails; milliseconds since the epoch. */
  readonly impairedSince: number | undefined;
  /** Health by target group; absent where it is not registered. */
  readonly targets: Readonly<Record<string, string>>;
}

/** Why an instance is given up. */
export type TerminationReason =
  | 'ec2-state'
  | 'ec2-status'
  | 'elb'
  | 'user-health'
  | 'scale-in'
  | 'rebalance'
  | 'group-deleted';

export type Step =
  | { readonly do: 'launch'; readonly subnetId: string; readonly because: 'capacity' | 'rebalance' }
  | { readonly do: 'register'; readonly id: string; readonly targetGroupArns: readonly string[] }
  | { readonly do: 'enter-service'; readonly id: string }
  | { readonly do: 'fail-launch'; readonly id: string }
  | { readonly do: 'begin-termination'; readonly id: string; readonly because: TerminationReason }
  | { readonly do: 'deregister'; readonly id: string; readonly targetGroupArns: readonly string[] }
  | { readonly do: 'await-draining'; readonly id: string }
  | { readonly do: 'terminate'; readonly id: string }
  /** It has left: terminated, detached. */
  | { readonly do: 'forget'; readonly id: string }
  | { readonly do: 'stand-by'; readonly id: string }
  | { readonly do: 'leave-service'; readonly id: string; readonly as: 'Detaching' | 'EnteringStandby' }
  | { readonly do: 'return-to-service'; readonly id: string }
  | { readonly do: 'mark-unhealthy'; readonly id: string }
  | { readonly do: 'target-group'; readonly arn: string; readonly state: TargetGroupState }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'forget-group' };

/** Whether the user suspended a process: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html */
export function isSuspended(group: AutoScalingGroup, process: string): boolean {
  return group.spec.suspendedProcesses.includes(process);
}
