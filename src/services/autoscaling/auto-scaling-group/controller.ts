import { anyController, trigger, type Again, type Controller } from '#/controllers/controller.ts';
import { AwsError } from '#/lib/aws-error.ts';
import { unreachable } from '#/lib/assert.ts';
import { continueActivity, endActivity } from '#/services/autoscaling/auto-scaling-group/activities.ts';
import { decide } from '#/services/autoscaling/auto-scaling-group/decide.ts';
import type { Step } from '#/services/autoscaling/auto-scaling-group/steps.ts';
import { launchInstance } from '#/services/autoscaling/auto-scaling-group/launch.ts';
import { membersOf } from '#/services/autoscaling/auto-scaling-group/members.ts';
import { observeMembers } from '#/services/autoscaling/auto-scaling-group/observe.ts';
import {
  autoScalingGroupType,
  groupInstanceType,
  scalingActivityType,
  type AutoScalingGroup,
  type GroupInstance,
  type GroupInstanceStatus,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { beginTermination, terminationCause } from '#/services/autoscaling/auto-scaling-group/termination.ts';
import type { Dependencies } from '#/services/contract.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import type { Resource } from '#/store/resource.ts';

/** A look without an occasion: what nobody tells of is found by then. */
const lookEveryMs = 30_000;

/** Keeps groups at their capacity with healthy instances. */
export function autoScalingGroupController(dependencies: Dependencies): Controller {
  const { store, clock, call } = dependencies;
  const controller: Controller<AutoScalingGroup> = {
    type: autoScalingGroupType,
    triggers: [
      trigger(groupInstanceType, ({ spec }) => [spec.groupName]),
      trigger(instanceType, ({ tags }) =>
        tags['aws:autoscaling:groupName'] === undefined ? [] : [tags['aws:autoscaling:groupName']],
      ),
      { kind: 'AWS::ElasticLoadBalancingV2::TargetGroup', concerns: groupsWithTargets },
      { kind: 'AWS::EC2::LaunchTemplate', concerns: groupsOfTemplate },
    ],
    async reconcile(group) {
      const steps = decide(group, observeMembers(dependencies, group), clock.now());
      for (const step of steps) store.transaction(() => perform(step, group));
      return nextLook(group, steps);
    },
  };
  return anyController(controller);

  function perform(step: Step, group: AutoScalingGroup): void {
    switch (step.do) {
      case 'launch':
        return launchInstance(dependencies, group, step.subnetId, step.because);
      case 'register':
        return eachTargetGroup(step.targetGroupArns, (TargetGroupArn) =>
          call.elbv2.RegisterTargets({ TargetGroupArn, Targets: [{ Id: step.id }] }),
        );
      case 'deregister':
        return eachTargetGroup(step.targetGroupArns, (TargetGroupArn) =>
          call.elbv2.DeregisterTargets({ TargetGroupArn, Targets: [{ Id: step.id }] }),
        );
      case 'enter-service':
        return change(step.id, ({ status }) => {
          endActivity(dependencies, status.activityId, 'Successful');
          return { ...status, lifecycleState: 'InService', inServiceAt: clock.now(), activityId: undefined };
        });
      case 'fail-launch':
        return failLaunch(step.id, group);
      case 'begin-termination':
        return terminateMember(step, group);
      case 'await-draining':
        return change(step.id, ({ id, status }) => {
          continueActivity(dependencies, status.activityId, {
            description: `Terminating EC2 instance: ${id} - Waiting For ELB connection draining.`,
            statusCode: 'WaitingForELBConnectionDraining',
            progress: 50,
          });
          return status;
        });
      case 'terminate':
        return change(step.id, ({ id, status }) => {
          call.ec2.ModifyInstanceAttribute({ InstanceId: id, DisableApiTermination: { Value: false } });
          call.ec2.TerminateInstances({ InstanceIds: [id] });
          continueActivity(dependencies, status.activityId, {
            description: `Terminating EC2 instance: ${id}`,
            statusCode: 'InProgress',
            progress: 60,
          });
          return status;
        });
      case 'forget':
        return forgetMember(step.id);
      case 'stand-by':
        return change(step.id, ({ status }) => {
          endActivity(dependencies, status.activityId, 'Successful');
          return { ...status, lifecycleState: 'Standby', activityId: undefined };
        });
      case 'leave-service':
        return change(step.id, ({ status }) => ({ ...status, lifecycleState: step.as }));
      case 'return-to-service':
        return change(step.id, ({ status }) => ({ ...status, lifecycleState: 'Pending' }));
      case 'mark-unhealthy':
        return change(step.id, ({ status }) => ({ ...status, health: 'Unhealthy' }));
      case 'target-group':
        return setTargetGroupState(step, group);
      case 'wait':
        return undefined;
      case 'forget-group':
        return forgetGroup(group);
      default:
        return unreachable(step);
    }
  }

  function change(id: string, work: (member: GroupInstance) => GroupInstanceStatus): void {
    const member = store.get(groupInstanceType, id);
    if (member) store.setStatus(member, work(member));
  }

  function failLaunch(id: string, group: AutoScalingGroup): void {
    const member = store.get(groupInstanceType, id);
    if (!member) return;
    endActivity(dependencies, member.status.activityId, 'Failed', 'Instance failed to launch.');
    const cause = terminationCause(dependencies, group, id, 'ec2-state');
    beginTermination(dependencies, group, member, cause, true);
  }

  function terminateMember(step: Step & { do: 'begin-termination' }, group: AutoScalingGroup): void {
    const member = store.get(groupInstanceType, step.id);
    if (!member) return;
    endActivity(dependencies, member.status.activityId, 'Cancelled');
    const needsReplacement = ['ec2-state', 'ec2-status', 'elb', 'user-health'].includes(step.because);
    const cause = terminationCause(dependencies, group, step.id, step.because);
    beginTermination(dependencies, group, member, cause, needsReplacement);
  }

  function forgetMember(id: string): void {
    const member = store.get(groupInstanceType, id);
    if (!member) return;
    endActivity(dependencies, member.status.activityId, 'Successful');
    store.remove(member);
  }

  function setTargetGroupState({ arn, state }: Step & { do: 'target-group' }, group: AutoScalingGroup): void {
    const latest = store.get(autoScalingGroupType, group.id);
    if (latest)
      store.setStatus(latest, {
        ...latest.status,
        targetGroups: { ...latest.status.targetGroups, [arn]: state },
      });
  }

  function forgetGroup(group: AutoScalingGroup): void {
    for (const activity of store.listBy(scalingActivityType, 'groupName', group.id)) store.remove(activity);
    store.remove(group);
  }

  function groupsWithTargets(): readonly string[] {
    return store
      .listAny(autoScalingGroupType)
      .filter(({ spec }) => spec.targetGroupArns.length > 0)
      .map(({ id }) => id);
  }

  function groupsOfTemplate(template: Resource): readonly string[] {
    return store
      .list(autoScalingGroupType)
      .filter(({ spec }) => spec.launch.from === 'template' && spec.launch.id === template.id)
      .map(({ id }) => id);
  }

  function nextLook(group: AutoScalingGroup, steps: readonly Step[]): Again {
    const waits = steps.flatMap((step) => (step.do === 'wait' ? [step.ms] : []));
    const isEmpty = group.spec.desiredCapacity === 0 && membersOf(store, group.id).length === 0;
    if (waits.length === 0 && isEmpty) return undefined;
    return { requeueAfterMs: Math.min(lookEveryMs, ...waits) };
  }
}

function eachTargetGroup(arns: readonly string[], act: (arn: string) => unknown): void {
  for (const arn of arns) {
    try {
      act(arn);
    } catch (error) {
      // A target group that is gone needs neither; others must not be kept from theirs.
      if (!(error instanceof AwsError && error.code === 'TargetGroupNotFound')) throw error;
    }
  }
}
