import { AwsError } from '#/lib/aws-error.ts';
import type { Member } from '#/services/autoscaling/auto-scaling-group/steps.ts';
import { membersOf } from '#/services/autoscaling/auto-scaling-group/members.ts';
import type { AutoScalingGroup, GroupInstance } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import type { Dependencies } from '#/services/contract.ts';

/** Asks EC2 and the balancers about a group's instances. */
export function observeMembers(dependencies: Dependencies, group: AutoScalingGroup): readonly Member[] {
  const { store, call } = dependencies;
  const members = membersOf(store, group.id);
  if (members.length === 0) return [];
  const filter = [{ Name: 'instance-id', Values: members.map(({ id }) => id) }];
  const instances = (call.ec2.DescribeInstances({ Filters: filter }).Reservations ?? []).flatMap(
    ({ Instances }) => Instances ?? [],
  );
  const states = new Map(instances.map(({ InstanceId, State }) => [InstanceId, State?.Name]));
  const checks = call.ec2.DescribeInstanceStatus({ Filters: filter }).InstanceStatuses ?? [];
  const impaired = new Map(
    checks.map(({ InstanceId, InstanceStatus, SystemStatus }) => [
      InstanceId,
      [InstanceStatus, SystemStatus].flatMap((check) => check?.Details?.[0]?.ImpairedSince ?? [])[0],
    ]),
  );
  const targets = targetHealth(dependencies, group, members);
  return members.map((instance) => ({
    instance,
    state: states.get(instance.id),
    impairedSince: impaired.get(instance.id)?.getTime(),
    targets: targets.get(instance.id) ?? {},
  }));
}

function targetHealth(
  { call }: Dependencies,
  group: AutoScalingGroup,
  members: readonly GroupInstance[],
): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const found = new Map<string, Record<string, string>>(members.map(({ id }) => [id, {}]));
  for (const arn of group.spec.targetGroupArns) {
    for (const { Target, TargetHealth } of describeTargets(arn)) {
      const ours = found.get(Target?.Id ?? '');
      if (ours) ours[arn] = TargetHealth?.State ?? 'initial';
    }
  }
  return found;

  function describeTargets(
    TargetGroupArn: string,
  ): NonNullable<ReturnType<typeof call.elbv2.DescribeTargetHealth>['TargetHealthDescriptions']> {
    try {
      return call.elbv2.DescribeTargetHealth({ TargetGroupArn }).TargetHealthDescriptions ?? [];
    } catch (error) {
      // A target group that was deleted under the group: its members are in none.
      if (error instanceof AwsError) return [];
      throw error;
    }
  }
}
