import assert from 'node:assert/strict';
import { publicImages } from '#/services/ec2/image/catalog.ts';
import type { SimRegion } from './sim-region.ts';

/** A small highly available system: two zones, a group of two behind a load balancer, a cluster with a reader. */
export interface SmallSystem extends SmallNetwork {
  readonly targetGroupArn: string;
  readonly loadBalancerArn: string;
}

/** The network of the system. */
export interface SmallNetwork {
  readonly vpcId: string;
  readonly publicSubnets: readonly [string, string];
  readonly privateSubnets: readonly [string, string];
  readonly internetGatewayId: string;
  readonly natGatewayId: string;
  readonly allocationId: string;
  readonly publicRouteTable: string;
  readonly privateRouteTable: string;
  readonly appGroup: string;
  readonly balancerGroup: string;
  readonly databaseGroup: string;
}

const zones = ['eu-west-3a', 'eu-west-3b'] as const;

/** Makes the network: a VPC with a public and a private subnet in each zone, and the way out. */
export function makeNetwork(sim: SimRegion): SmallNetwork {
  const { ec2 } = sim.call;
  const vpcId = text(ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId);
  const subnet = (zone: 0 | 1, third: number): string =>
    text(
      ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: `10.0.${third}.0/24`, AvailabilityZone: zones[zone] })
        .Subnet?.SubnetId,
    );
  const publicSubnets = [subnet(0, 0), subnet(1, 1)] as const;
  const privateSubnets = [subnet(0, 10), subnet(1, 11)] as const;
  const internetGatewayId = text(ec2.CreateInternetGateway({}).InternetGateway?.InternetGatewayId);
  ec2.AttachInternetGateway({ InternetGatewayId: internetGatewayId, VpcId: vpcId });
  const allocationId = text(ec2.AllocateAddress({ Domain: 'vpc' }).AllocationId);
  const natGatewayId = text(
    ec2.CreateNatGateway({ SubnetId: publicSubnets[0], AllocationId: allocationId }).NatGateway?.NatGatewayId,
  );
  const table = (subnetIds: readonly string[], target: { GatewayId: string } | { NatGatewayId: string }) => {
    const id = text(ec2.CreateRouteTable({ VpcId: vpcId }).RouteTable?.RouteTableId);
    ec2.CreateRoute({ RouteTableId: id, DestinationCidrBlock: '0.0.0.0/0', ...target });
    for (const SubnetId of subnetIds) ec2.AssociateRouteTable({ RouteTableId: id, SubnetId });
    return id;
  };
  const publicRouteTable = table(publicSubnets, { GatewayId: internetGatewayId });
  const privateRouteTable = table(privateSubnets, { NatGatewayId: natGatewayId });
  const group = (GroupName: string, port: number, from?: string): string => {
    const GroupId = text(
      ec2.CreateSecurityGroup({ GroupName, Description: GroupName, VpcId: vpcId }).GroupId,
    );
    const peer =
      from === undefined
        ? { IpRanges: [{ CidrIp: '0.0.0.0/0' }] }
        : { UserIdGroupPairs: [{ GroupId: from }] };
    ec2.AuthorizeSecurityGroupIngress({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, ...peer }],
    });
    return GroupId;
  };
  const balancerGroup = group('balancer', 80);
  const appGroup = group('app', 80, balancerGroup);
  const databaseGroup = group('database', 3306, appGroup);
  return {
    vpcId,
    publicSubnets,
    privateSubnets,
    internetGatewayId,
    natGatewayId,
    allocationId,
    publicRouteTable,
    privateRouteTable,
    balancerGroup,
    appGroup,
    databaseGroup,
  };
}

/** Makes the whole system; everything in it is wished for, nothing waited for. */
export function makeSmallSystem(sim: SimRegion): SmallSystem {
  const network = makeNetwork(sim);
  makeTemplates(sim, network);
  const { elbv2, autoscaling, rds } = sim.call;
  const targetGroupArn = text(
    elbv2.CreateTargetGroup({
      Name: 'app',
      Protocol: 'HTTP',
      Port: 80,
      VpcId: network.vpcId,
      HealthCheckIntervalSeconds: 10,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }).TargetGroups?.[0]?.TargetGroupArn,
  );
  elbv2.ModifyTargetGroupAttributes({
    TargetGroupArn: targetGroupArn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '30' }],
  });
  const loadBalancerArn = text(
    elbv2.CreateLoadBalancer({
      Name: 'front',
      Subnets: [...network.publicSubnets],
      SecurityGroups: [network.balancerGroup],
    }).LoadBalancers?.[0]?.LoadBalancerArn,
  );
  elbv2.CreateListener({
    LoadBalancerArn: loadBalancerArn,
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
  autoscaling.CreateAutoScalingGroup({
    AutoScalingGroupName: 'app',
    LaunchTemplate: { LaunchTemplateName: 'app', Version: '$Latest' },
    MinSize: 1,
    MaxSize: 4,
    DesiredCapacity: 2,
    VPCZoneIdentifier: network.privateSubnets.join(','),
    TargetGroupARNs: [targetGroupArn],
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: 60,
  });
  rds.CreateDBCluster({
    DBClusterIdentifier: 'data',
    Engine: 'aurora-mysql',
    MasterUsername: 'admin',
    MasterUserPassword: 'correct-horse',
    DBSubnetGroupName: 'data',
    VpcSecurityGroupIds: [network.databaseGroup],
  });
  for (const DBInstanceIdentifier of ['data-1', 'data-2']) makeDbInstance(sim, DBInstanceIdentifier);
  return { ...network, targetGroupArn, loadBalancerArn };
}

/** Makes what groups and databases are made from: a launch template and a DB subnet group. */
export function makeTemplates({ call }: SimRegion, network: SmallNetwork): void {
  call.ec2.CreateLaunchTemplate({
    LaunchTemplateName: 'app',
    LaunchTemplateData: {
      ImageId: text(publicImages('eu-west-3')[0]?.amiId),
      InstanceType: 't3.micro',
      SecurityGroupIds: [network.appGroup],
      UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
    },
  });
  call.rds.CreateDBSubnetGroup({
    DBSubnetGroupName: 'data',
    DBSubnetGroupDescription: 'data',
    SubnetIds: [...network.privateSubnets],
  });
}

export function makeDbInstance(sim: SimRegion, DBInstanceIdentifier: string): void {
  sim.call.rds.CreateDBInstance({
    DBInstanceIdentifier,
    DBClusterIdentifier: 'data',
    DBInstanceClass: 'db.t3.medium',
    Engine: 'aurora-mysql',
  });
}

/** What is not as it should be, in words; nothing when the whole system serves. */
export function troubles(sim: SimRegion, system: SmallSystem, { capacity = 2 } = {}): readonly string[] {
  const { ec2, elbv2, autoscaling, rds } = sim.call;
  const [nat] = ec2.DescribeNatGateways({ NatGatewayIds: [system.natGatewayId] }).NatGateways ?? [];
  const [balancer] =
    elbv2.DescribeLoadBalancers({ LoadBalancerArns: [system.loadBalancerArn] }).LoadBalancers ?? [];
  const targets =
    elbv2.DescribeTargetHealth({ TargetGroupArn: system.targetGroupArn }).TargetHealthDescriptions ?? [];
  const members = autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups?.[0]?.Instances ?? [];
  const instances = rds.DescribeDBInstances({}).DBInstances ?? [];
  const writers =
    rds
      .DescribeDBClusters({})
      .DBClusters?.[0]?.DBClusterMembers?.filter(({ IsClusterWriter }) => IsClusterWriter) ?? [];
  const checks: Readonly<Record<string, boolean>> = {
    [`the NAT gateway is ${nat?.State}`]: nat?.State === 'available',
    [`the load balancer is ${balancer?.State?.Code}`]: balancer?.State?.Code === 'active',
    [`members are ${members.map((each) => `${each.InstanceId} ${each.LifecycleState}`).join(', ')}`]:
      members.length === capacity && members.every(({ LifecycleState }) => LifecycleState === 'InService'),
    [`targets are ${targets.map((each) => `${each.Target?.Id} ${each.TargetHealth?.State}`).join(', ')}`]:
      targets.length === capacity && targets.every(({ TargetHealth }) => TargetHealth?.State === 'healthy'),
    [`databases are ${instances.map((each) => `${each.DBInstanceIdentifier} ${each.DBInstanceStatus}`).join(', ')}`]:
      instances.length > 0 && instances.every(({ DBInstanceStatus }) => DBInstanceStatus === 'available'),
    [`there are ${writers.length} writers`]: writers.length === 1,
  };
  return Object.entries(checks).flatMap(([trouble, isFine]) => (isFine ? [] : [trouble]));
}

/** Waits until the whole system serves, and says what did not when it takes too long. */
export async function settled(
  sim: SimRegion,
  system: SmallSystem,
  options: { capacity?: number; maxMs?: number } = {},
) {
  try {
    await sim.settle('the system serves', () => troubles(sim, system, options).length === 0, options.maxMs);
  } catch (cause) {
    throw new Error(`the system does not serve: ${troubles(sim, system, options).join('; ')}`, { cause });
  }
}

/** Deletes everything in an order that works, insisting where AWS says that something still uses it. */
export async function deleteSmallSystem(sim: SimRegion, system: SmallSystem): Promise<void> {
  const { ec2, elbv2, autoscaling, rds } = sim.call;
  autoscaling.DeleteAutoScalingGroup({ AutoScalingGroupName: 'app', ForceDelete: true });
  for (const { DBInstanceIdentifier } of rds.DescribeDBInstances({}).DBInstances ?? [])
    rds.DeleteDBInstance({ DBInstanceIdentifier: text(DBInstanceIdentifier), SkipFinalSnapshot: true });
  await sim.insist('the cluster goes', () => {
    sim.call.rds.DeleteDBCluster({ DBClusterIdentifier: 'data', SkipFinalSnapshot: true });
  });
  elbv2.DeleteLoadBalancer({ LoadBalancerArn: system.loadBalancerArn });
  ec2.DeleteNatGateway({ NatGatewayId: system.natGatewayId });
  await sim.insist('the target group goes', () =>
    sim.call.elbv2.DeleteTargetGroup({ TargetGroupArn: system.targetGroupArn }),
  );
  await sim.settle(
    'the group is gone',
    () => sim.call.autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups?.length === 0,
  );
  await sim.insist('the subnet group goes', () =>
    sim.call.rds.DeleteDBSubnetGroup({ DBSubnetGroupName: 'data' }),
  );
  sim.call.ec2.DeleteLaunchTemplate({ LaunchTemplateName: 'app' });
  await deleteNetwork(sim, system);
}

export async function deleteNetwork(sim: SimRegion, network: SmallNetwork): Promise<void> {
  const ec2 = () => sim.call.ec2;
  await sim.insist('the address is released', () =>
    ec2().ReleaseAddress({ AllocationId: network.allocationId }),
  );
  for (const SubnetId of [...network.publicSubnets, ...network.privateSubnets])
    await sim.insist(`${SubnetId} goes`, () => ec2().DeleteSubnet({ SubnetId }));
  for (const RouteTableId of [network.publicRouteTable, network.privateRouteTable])
    await sim.insist(`${RouteTableId} goes`, () => ec2().DeleteRouteTable({ RouteTableId }));
  for (const GroupId of [network.databaseGroup, network.appGroup, network.balancerGroup])
    await sim.insist(`${GroupId} goes`, () => ec2().DeleteSecurityGroup({ GroupId }));
  const gateway = { InternetGatewayId: network.internetGatewayId };
  await sim.insist('the gateway lets go', () =>
    ec2().DetachInternetGateway({ ...gateway, VpcId: network.vpcId }),
  );
  await sim.insist('the gateway goes', () => ec2().DeleteInternetGateway(gateway));
  await sim.insist('the VPC goes', () => ec2().DeleteVpc({ VpcId: network.vpcId }));
}

/** A value that AWS's types call optional and that is always there. */
export function text(value: string | undefined): string {
  assert.ok(value !== undefined && value !== '', 'the answer has it');
  return value;
}
