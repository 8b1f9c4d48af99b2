import assert from 'node:assert/strict';
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Clients, TestRegion } from './region.ts';
import { until } from './until.ts';

const groupName = 'Inventory-ASG';

/** The group's members by id: those in service. */
export async function membersInService({ autoscaling }: Clients): Promise<readonly string[]> {
  const { AutoScalingGroups = [] } = await autoscaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [groupName] }),
  );
  return (AutoScalingGroups[0]?.Instances ?? [])
    .filter(({ LifecycleState }) => LifecycleState === 'InService')
    .map(({ InstanceId = '' }) => InstanceId);
}

/** The health of each target of the lab's group, by instance. */
export async function targetHealth({ elbv2 }: Clients): Promise<ReadonlyMap<string, string>> {
  const { TargetGroups = [] } = await elbv2.send(
    new DescribeTargetGroupsCommand({ Names: ['Inventory-App'] }),
  );
  const { TargetHealthDescriptions = [] } = await elbv2.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: TargetGroups[0]?.TargetGroupArn ?? '' }),
  );
  return new Map(
    TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Id ?? '', TargetHealth?.State ?? '']),
  );
}

/** The instances that are healthy targets, by id. Others may be draining: they go when their delay is over. */
export async function healthyTargets(clients: Clients): Promise<readonly string[]> {
  return [...(await targetHealth(clients))]
    .flatMap(([id, state]) => (state === 'healthy' ? [id] : []))
    .toSorted();
}

/** Waits until three targets are healthy, and answers them by id. */
export function threeHealthy(clients: Clients): Promise<readonly string[]> {
  return until('three targets are healthy', async () => {
    const healthy = await healthyTargets(clients);
    return healthy.length === 3 && healthy;
  });
}

/** Waits until the group has two members in service without this one, and three targets are healthy. */
export async function replaced(clients: Clients, instanceId: string): Promise<void> {
  await until(`${instanceId} is replaced`, async () => {
    const members = await membersInService(clients);
    const healthy = await healthyTargets(clients);
    return (
      members.length === 2 &&
      !members.includes(instanceId) &&
      healthy.length === 3 &&
      !healthy.includes(instanceId)
    );
  });
}

export interface LaunchedInstance {
  readonly id: string;
  /** Where it is reached from the host; undefined without a public address. */
  readonly publicAddress: string | undefined;
}

/** Runs one instance of Amazon Linux and waits until it runs. */
export async function launch(
  { ec2 }: Clients,
  options: Pick<RunInstancesCommandInput, 'SubnetId' | 'SecurityGroupIds' | 'NetworkInterfaces' | 'UserData'>,
): Promise<LaunchedInstance> {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({
      Owners: ['amazon'],
      Filters: [{ Name: 'architecture', Values: [process.arch === 'arm64' ? 'arm64' : 'x86_64'] }],
    }),
  );
  const ImageId = Images.find(({ Name }) => Name?.startsWith('al2023'))?.ImageId ?? '';
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ...options, ImageId, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 }),
  );
  const id = Instances[0]?.InstanceId ?? '';
  return until(`${id} runs`, async () => {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const instance = Reservations[0]?.Instances?.[0];
    return instance?.State?.Name === 'running' && { id, publicAddress: instance.PublicIpAddress };
  });
}

/** The same in the lab's first public subnet, with a public address and the load balancer's security group. */
export async function launchInPublic(clients: Clients, userData: string): Promise<LaunchedInstance> {
  const { Subnets = [] } = await clients.ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'tag:aws-cdk:subnet-type', Values: ['Public'] }] }),
  );
  const { SecurityGroups = [] } = await clients.ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['Inventory-LB'] }] }),
  );
  return launch(clients, {
    UserData: Buffer.from(userData).toString('base64'),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: Subnets[0]?.SubnetId,
        Groups: [SecurityGroups[0]?.GroupId ?? ''],
        AssociatePublicIpAddress: true,
      },
    ],
  });
}

/** Those of the places (`address:port`) that accept a TCP connection from the instance within three seconds. */
export async function placesReached(
  region: TestRegion,
  instanceId: string,
  places: readonly string[],
): Promise<readonly string[]> {
  const attempt = '(timeout 3 bash -c "exec 3<>/dev/tcp/${place/://}" 2>/dev/null && echo "$place") &';
  const script = `for place in "$@"; do ${attempt} done; wait`;
  const { exitCode, stdout, stderr } = await region.exec(instanceId, 'bash', '-c', script, 'bash', ...places);
  assert.equal(exitCode, 0, stderr);
  return stdout.split('\n').filter(Boolean).toSorted();
}

/** The cluster's writer, which must be available. */
export async function writer(region: TestRegion): Promise<{ readonly id: string }> {
  const { databases } = await region.overview();
  const found = databases[0]?.members.find(({ role, status }) => role === 'writer' && status === 'available');
  assert.ok(found, 'there is a writer');
  return found;
}

/** The ids of the instances that run. */
export async function runningInstances(region: TestRegion): Promise<readonly string[]> {
  const { instances } = await region.overview();
  return instances.flatMap(({ id, state }) => (state === 'running' ? [id] : [])).toSorted();
}
