import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autoScalingGroupProvider } from '#/services/autoscaling/auto-scaling-group/cloudformation.ts';
import { autoscalingService } from '#/services/autoscaling/service.ts';
import type { ProviderContext } from '#/services/contract.ts';
import { simulateCompute, type ComputeSimulation } from '#/services/ec2/compute-simulation.ts';
import { instanceProvider } from '#/services/ec2/instance/cloudformation.ts';
import { launchTemplateProvider } from '#/services/ec2/launch-template/cloudformation.ts';
import { elbv2Service } from '#/services/elbv2/service.ts';
import { iamService } from '#/services/iam/service.ts';

const secondMs = 1_000;
const minuteMs = 60_000;
const groupName = 'Inventory-ASG';

/** The reference system's front: balancer, target group, launch template, group; all services but CloudFormation real. */
async function simulate(): Promise<{ sim: ComputeSimulation; targetGroupArn: string }> {
  const sim = await simulateCompute((dependencies) => [
    elbv2Service(dependencies),
    autoscalingService(dependencies),
    iamService(dependencies),
  ]);
  const { call } = sim;
  const InternetGatewayId = call.ec2.CreateInternetGateway({}).InternetGateway?.InternetGatewayId ?? '';
  call.ec2.AttachInternetGateway({ InternetGatewayId, VpcId: sim.vpcId });
  const targetGroupArn =
    call.elbv2.CreateTargetGroup({
      Name: 'Inventory-App',
      Protocol: 'HTTP',
      Port: 80,
      VpcId: sim.vpcId,
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }).TargetGroups?.[0]?.TargetGroupArn ?? '';
  const LoadBalancerArn =
    call.elbv2.CreateLoadBalancer({ Name: 'Inventory-LB', Subnets: [...sim.subnetIds] }).LoadBalancers?.[0]
      ?.LoadBalancerArn ?? '';
  call.elbv2.CreateListener({
    LoadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
  call.ec2.CreateLaunchTemplate({
    LaunchTemplateName: 'Inventory-LT',
    LaunchTemplateData: { ImageId: sim.imageId, InstanceType: 't3.micro' },
  });
  call.autoscaling.CreateAutoScalingGroup({
    AutoScalingGroupName: groupName,
    LaunchTemplate: { LaunchTemplateName: 'Inventory-LT', Version: '$Latest' },
    MinSize: 2,
    MaxSize: 2,
    VPCZoneIdentifier: sim.subnetIds.join(','),
    TargetGroupARNs: [targetGroupArn],
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: 90,
  });
  await sim.advance(5 * secondMs);
  return { sim, targetGroupArn };
}

function inService({ call }: ComputeSimulation): string[] {
  const [group] = call.autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups ?? [];
  return (group?.Instances ?? [])
    .filter(({ LifecycleState }) => LifecycleState === 'InService')
    .map(({ InstanceId = '' }) => InstanceId);
}

function targetHealth({ call }: ComputeSimulation, TargetGroupArn: string): Map<string, string> {
  const described = call.elbv2.DescribeTargetHealth({ TargetGroupArn }).TargetHealthDescriptions ?? [];
  return new Map(described.map(({ Target, TargetHealth }) => [Target?.Id ?? '', TargetHealth?.State ?? '']));
}

function addressOf({ call }: ComputeSimulation, id: string): string {
  const [reservation] = call.ec2.DescribeInstances({ InstanceIds: [id] }).Reservations ?? [];
  return reservation?.Instances?.[0]?.PrivateIpAddress ?? '';
}

test('a group’s instances become healthy targets', async () => {
  const { sim, targetGroupArn } = await simulate();

  const health = targetHealth(sim, targetGroupArn);

  assert.deepEqual([...health.keys()].toSorted(), inService(sim).toSorted());
  assert.deepEqual([...health.values()], ['healthy', 'healthy']);
  await sim.stop();
});

test('an instance whose application breaks is drained and replaced, the other one serves on', async () => {
  const { sim, targetGroupArn } = await simulate();
  await sim.advance(2 * minuteMs);
  const [broken = '', other = ''] = inService(sim);

  sim.brokenAddresses.add(addressOf(sim, broken));
  await sim.advance(40 * secondMs);
  const whileDraining = targetHealth(sim, targetGroupArn);
  const serving = inService(sim);
  await sim.advance(6 * minuteMs);

  assert.equal(whileDraining.get(broken), 'draining');
  assert.equal(whileDraining.get(other), 'healthy');
  assert.equal(serving.length, 2);
  assert(!serving.includes(broken));
  assert.equal(targetHealth(sim, targetGroupArn).has(broken), false);
  assert.equal(await sim.machines.inspect(broken), undefined);
  await sim.stop();
});

test('an instance that a user terminates leaves the balancer while its machine still serves', async () => {
  const { sim, targetGroupArn } = await simulate();
  const [victim = ''] = inService(sim);

  sim.call.ec2.TerminateInstances({ InstanceIds: [victim] });
  await sim.advance(secondMs);
  const health = targetHealth(sim, targetGroupArn).get(victim);
  const machine = await sim.machines.inspect(victim);
  await sim.advance(10 * secondMs);

  assert.notEqual(health, 'healthy');
  assert.equal(machine?.state, 'running');
  assert.equal(inService(sim).length, 2);
  assert.equal(
    [...targetHealth(sim, targetGroupArn).values()].filter((state) => state === 'healthy').length,
    2,
  );
  await sim.stop();
});

test('an instance gets its role’s keys, and new ones each hour', async () => {
  const { sim } = await simulate();
  const { iam, ec2 } = sim.call;
  iam.CreateRole({
    RoleName: 'Inventory-App-Role',
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
  });
  iam.CreateInstanceProfile({ InstanceProfileName: 'Inventory-App' });
  iam.AddRoleToInstanceProfile({ InstanceProfileName: 'Inventory-App', RoleName: 'Inventory-App-Role' });
  const run = (Name: string) =>
    ec2.RunInstances({
      ImageId: sim.imageId,
      InstanceType: 't3.micro',
      SubnetId: sim.subnetIds[0],
      IamInstanceProfile: { Name },
      MinCount: 1,
      MaxCount: 1,
    }).Instances?.[0]?.InstanceId ?? '';

  const id = run('Inventory-App');
  await sim.advance(secondMs);
  const path = 'iam/security-credentials/Inventory-App-Role';
  const first = sim.machines.metadataOf(id)?.metaData[path] ?? '';
  await sim.advance(61 * minuteMs);
  const second = sim.machines.metadataOf(id)?.metaData[path] ?? '';

  assert.equal(JSON.parse(first).Code, 'Success');
  assert.match(JSON.parse(first).AccessKeyId, /^ASIA/);
  assert.notEqual(JSON.parse(second).AccessKeyId, JSON.parse(first).AccessKeyId);
  assert.throws(() => run('Nobody'), {
    code: 'InvalidParameterValue',
    message:
      'Value (Nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
  });
  await sim.stop();
});

test('an instance can be given a role later, and lose it', async () => {
  const { sim } = await simulate();
  const { iam, ec2 } = sim.call;
  const [InstanceId = ''] = inService(sim);
  iam.CreateInstanceProfile({ InstanceProfileName: 'Late' });

  const { IamInstanceProfileAssociation: made } = ec2.AssociateIamInstanceProfile({
    InstanceId,
    IamInstanceProfile: { Name: 'Late' },
  });
  const shown = ec2.DescribeIamInstanceProfileAssociations({}).IamInstanceProfileAssociations;
  ec2.DisassociateIamInstanceProfile({ AssociationId: made?.AssociationId ?? '' });

  assert.equal(shown?.[0]?.InstanceId, InstanceId);
  assert.match(shown[0].IamInstanceProfile?.Arn ?? '', /:instance-profile\/Late$/);
  assert.deepEqual(ec2.DescribeIamInstanceProfileAssociations({}).IamInstanceProfileAssociations, []);
  await sim.stop();
});

test('CloudFormation makes a template, a group that is stable in service, and takes them away', async () => {
  const { sim } = await simulate();
  const context = providerContext(sim);
  const templateId = launchTemplateProvider.create(
    { LaunchTemplateData: { ImageId: sim.imageId, InstanceType: 't3.micro' } },
    context,
  );
  const { LatestVersionNumber } = launchTemplateProvider.attributes(templateId, context);

  const name = autoScalingGroupProvider.create(
    {
      MinSize: '1',
      MaxSize: '1',
      VPCZoneIdentifier: [sim.subnetIds[0]],
      LaunchTemplate: { LaunchTemplateId: templateId, Version: LatestVersionNumber },
    },
    context,
  );
  const before = autoScalingGroupProvider.stability(name, context).state;
  await sim.advance(secondMs);
  const after = autoScalingGroupProvider.stability(name, context).state;
  autoScalingGroupProvider.delete(name, context);
  const goneAtOnce = autoScalingGroupProvider.gone?.(name, context);
  await sim.advance(10 * secondMs);

  assert.deepEqual([before, after], ['in-progress', 'stable']);
  assert.equal(goneAtOnce, false);
  assert.equal(autoScalingGroupProvider.gone?.(name, context), true);
  await sim.stop();
});

test('CloudFormation makes a stand-alone instance and ends it', async () => {
  const { sim } = await simulate();
  const context = providerContext(sim);

  const id = instanceProvider.create(
    {
      ImageId: sim.imageId,
      InstanceType: 't3.micro',
      SubnetId: sim.subnetIds[1],
      Tags: [{ Key: 'Name', Value: 'AppServer' }],
    },
    context,
  );
  await sim.advance(secondMs);
  const stable = instanceProvider.stability(id, context).state;
  const { PrivateIp } = instanceProvider.attributes(id, context);
  const before = { ImageId: sim.imageId, InstanceType: 't3.micro', SubnetId: sim.subnetIds[1] };
  const sameId = instanceProvider.update?.(id, { ...before, DisableApiTermination: true }, before, context);
  const otherId = instanceProvider.update?.(id, { ...before, InstanceType: 't3.small' }, before, context);
  instanceProvider.update?.(id, { ...before, DisableApiTermination: false }, before, context);
  instanceProvider.delete(id, context);
  await sim.advance(5 * secondMs);

  assert.equal(stable, 'stable');
  assert.match(String(PrivateIp), /^10\.0\.2\./);
  assert.equal(sameId, id);
  assert.notEqual(otherId, id);
  assert.equal(instanceProvider.gone?.(id, context), true);
  await sim.stop();
});

function providerContext({ call, clock, region }: ComputeSimulation): ProviderContext {
  return {
    call,
    clock,
    random: { int: () => 0 },
    region: region.name,
    account: region.account,
    stackName: 'inventory',
    stackId: 'arn:aws:cloudformation:eu-west-3:123456789012:stack/inventory/1',
    logicalId: 'Group',
    tags: { 'aws:cloudformation:stack-name': 'inventory' },
    physicalName: () => 'inventory-Group-ABCDEFGHIJKL',
  };
}
