import { AwsError } from '#/lib/aws-error.ts';
import { uuid } from '#/lib/random.ts';
import {
  causeTime,
  continueActivity,
  endActivity,
  startActivity,
} from '#/services/autoscaling/auto-scaling-group/activities.ts';
import { membersOf } from '#/services/autoscaling/auto-scaling-group/members.ts';
import {
  autoScalingGroupType,
  groupInstanceType,
  type AutoScalingGroup,
  type LaunchSource,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { activityDetails } from '#/services/autoscaling/auto-scaling-group/termination.ts';
import { launchConfigurationNotFound } from '#/services/autoscaling/errors.ts';
import { launchConfigurationType } from '#/services/autoscaling/launch-configuration/resource.ts';
import type { Dependencies } from '#/services/contract.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

type RunInput = InputOf<Ec2Api, 'RunInstances'>;

const backOffFirstMs = 15_000;
const backOffMaxMs = 600_000;

/**
 * Launches one instance into a subnet and remembers it, in one transaction: no crash leaves an instance that the
 * group does not know. A refusal is a failed activity, and the group waits before it tries again.
 */
export function launchInstance(
  dependencies: Dependencies,
  group: AutoScalingGroup,
  subnetId: string,
  because: 'capacity' | 'rebalance',
): void {
  const { store, clock } = dependencies;
  const zone = group.spec.subnets.find(({ id }) => id === subnetId)?.availabilityZone ?? '';
  const activity = {
    cause: launchCause(dependencies, group, zone, because),
    details: activityDetails(group, zone, subnetId),
  };
  try {
    store.transaction(() => {
      const started = startActivity(dependencies, group, {
        ...activity,
        description: 'Launching a new EC2 instance',
      });
      const instanceId = runInstance(dependencies, group, subnetId, zone, started.id);
      continueActivity(dependencies, started.id, {
        description: `Launching a new EC2 instance: ${instanceId}`,
      });
      markReplaced(dependencies, group.id);
      writeLaunchOutcome(dependencies, group.id, undefined);
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    store.transaction(() => {
      const message = `${error.message}. Launching EC2 instance failed.`;
      const started = startActivity(dependencies, group, {
        ...activity,
        description: `Launching a new EC2 instance.  Status Reason: ${message}`,
      });
      endActivity(dependencies, started.id, 'Failed', message);
      writeLaunchOutcome(dependencies, group.id, clock.now());
    });
  }
}

function runInstance(
  { store, call, random }: Dependencies,
  group: AutoScalingGroup,
  subnetId: string,
  zone: string,
  activityId: string,
): string {
  const tags = [
    ...group.spec.tags
      .filter(({ propagateAtLaunch }) => propagateAtLaunch)
      .map(({ key, value }) => ({ Key: key, Value: value })),
    { Key: 'aws:autoscaling:groupName', Value: group.id },
  ];
  const [instance] =
    call.ec2.RunInstances({
      ...launchParameters(store, group.spec.launch),
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnetId,
      ClientToken: uuid(random),
      TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
    }).Instances ?? [];
  const instanceId = instance?.InstanceId ?? '';
  const version = instance?.Tags?.find(({ Key }) => Key === 'aws:ec2launchtemplate:version')?.Value;
  store.create(groupInstanceType, {
    id: instanceId,
    spec: {
      groupName: group.id,
      availabilityZone: zone,
      instanceType: instance?.InstanceType ?? '',
      imageId: instance?.ImageId ?? '',
      launch:
        group.spec.launch.from === 'template'
          ? { ...group.spec.launch, version: version ?? group.spec.launch.version }
          : group.spec.launch,
      protectedFromScaleIn: group.spec.newInstancesProtectedFromScaleIn,
      wish: 'in-service',
      userHealth: undefined,
    },
    status: {
      lifecycleState: 'Pending',
      health: 'Healthy',
      inServiceAt: undefined,
      activityId,
      needsReplacement: false,
    },
  });
  return instanceId;
}

function launchParameters(store: Dependencies['store'], source: LaunchSource): Partial<RunInput> {
  if (source.from === 'template')
    return {
      LaunchTemplate: { LaunchTemplateId: source.id, Version: source.version },
      // The policy's type is one of AWS's: RunInstances refuses others.
      ...(source.instanceType === undefined
        ? {}
        : { InstanceType: source.instanceType as NonNullable<RunInput['InstanceType']> }),
    };
  const input = store.get(launchConfigurationType, source.name)?.spec.input;
  if (!input) throw launchConfigurationNotFound();
  const profile = input.IamInstanceProfile;
  const hasPublicAddress = input.AssociatePublicIpAddress;
  return {
    ...(input.ImageId === undefined ? {} : { ImageId: input.ImageId }),
    // As above.
    InstanceType: (input.InstanceType ?? 't3.micro') as NonNullable<RunInput['InstanceType']>,
    ...(input.KeyName === undefined || input.KeyName === '' ? {} : { KeyName: input.KeyName }),
    ...(input.UserData === undefined || input.UserData === '' ? {} : { UserData: input.UserData }),
    ...(input.EbsOptimized === undefined ? {} : { EbsOptimized: input.EbsOptimized }),
    ...(input.SecurityGroups === undefined ? {} : { SecurityGroupIds: input.SecurityGroups }),
    ...(profile === undefined
      ? {}
      : { IamInstanceProfile: profile.startsWith('arn:') ? { Arn: profile } : { Name: profile } }),
    ...(hasPublicAddress === undefined
      ? {}
      : { NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: hasPublicAddress }] }),
  };
}

function launchCause(
  { store, clock }: Dependencies,
  group: AutoScalingGroup,
  zone: string,
  because: 'capacity' | 'rebalance',
): string {
  const at = `At ${causeTime(clock.now())}`;
  const members = membersOf(store, group.id);
  if (because === 'rebalance')
    return `${at} instances were launched to balance instances in zones ${zone} with other zones resulting in more than desired number of instances in the group.`;
  if (members.some(({ status }) => status.needsReplacement))
    return `${at} an instance was launched in response to an unhealthy instance needing to be replaced.`;
  const count = members.filter(
    ({ status }) => status.lifecycleState === 'InService' || status.lifecycleState === 'Pending',
  ).length;
  return (
    `${group.spec.capacityChange}${at} an instance was started in response to a difference between desired and ` +
    `actual capacity, increasing the capacity from ${count} to ${count + 1}.`
  );
}

function markReplaced({ store }: Dependencies, groupName: string): void {
  const replaced = membersOf(store, groupName).find(({ status }) => status.needsReplacement);
  if (replaced) store.setStatus(replaced, { ...replaced.status, needsReplacement: false });
}

function writeLaunchOutcome({ store }: Dependencies, groupName: string, failedAt: number | undefined): void {
  const group = store.get(autoScalingGroupType, groupName);
  if (!group) return;
  const launchFailures = failedAt === undefined ? 0 : group.status.launchFailures + 1;
  const backOffMs = Math.min(backOffMaxMs, backOffFirstMs * 2 ** (launchFailures - 1));
  store.setStatus(group, {
    ...group.status,
    launchFailures,
    launchAgainAt: failedAt === undefined ? 0 : failedAt + backOffMs,
  });
}
