import type { Random } from '#/lib/random.ts';
import { AwsError } from '#/lib/aws-error.ts';
import { publicImages } from '#/services/ec2/image/catalog.ts';
import type { SimRegion } from './sim-region.ts';
import { text, type SmallNetwork } from './small-system.ts';

/** Someone who does things to a region: reasonable, unreasonable, and at any moment. */
export interface User {
  readonly sim: SimRegion;
  readonly network: SmallNetwork;
  readonly random: Random;
}

/** Does one thing, by chance, and answers what. AWS may refuse it; any other error is the region's bug. */
export function actOnce(user: User): string {
  const names = Object.keys(actions);
  const name = pick(user.random, names) ?? '';
  try {
    actions[name]?.(user);
    return name;
  } catch (error) {
    if (error instanceof AwsError) return `${name} (${error.code})`;
    throw new Error(`the region has a bug: ${name}`, { cause: error });
  }
}

/** Does one thing to the data plane behind the region's back. */
export async function breakOnce({ sim, random }: User): Promise<string> {
  const { machine, balancer, database, network } = sim.world;
  switch (random.int(5)) {
    case 0: {
      const id = pick(random, await machine.list());
      const ending = pick(random, ['killed', 'poweroff', 'reboot'] as const);
      if (id !== undefined) machine.kill(id, ending);
      return `${id} ends: ${ending}`;
    }
    case 1: {
      const id = pick(random, await balancer.list());
      if (id !== undefined) balancer.kill(id);
      return `${id} dies`;
    }
    case 2: {
      const id = pick(random, await database.list());
      if (id !== undefined) database.crash(id);
      return `${id} crashes`;
    }
    case 3: {
      const id = pick(random, await network.list());
      if (id !== undefined) network.damage(id);
      return `${id} is damaged`;
    }
    default: {
      const address = pick(random, addressesOf(sim));
      if (address !== undefined) sim.world.sick.add(address);
      return `${address} is sick`;
    }
  }
}

const smallNames = ['one', 'two'] as const;

const actions: Readonly<Record<string, (user: User) => void>> = {
  RunInstances({ sim, network, random }) {
    sim.call.ec2.RunInstances({
      ImageId: text(publicImages('eu-west-3')[0]?.amiId),
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1 + random.int(2),
      SubnetId: pick(random, subnetsOf(network)),
    });
  },
  TerminateInstances: (user) =>
    void user.sim.call.ec2.TerminateInstances({ InstanceIds: [someInstance(user)] }),
  StopInstances: (user) => void user.sim.call.ec2.StopInstances({ InstanceIds: [someInstance(user)] }),
  StartInstances: (user) => void user.sim.call.ec2.StartInstances({ InstanceIds: [someInstance(user)] }),
  RebootInstances: (user) => void user.sim.call.ec2.RebootInstances({ InstanceIds: [someInstance(user)] }),

  CreateVpc: ({ sim }) => void sim.call.ec2.CreateVpc({ CidrBlock: '10.8.0.0/16' }),
  DeleteVpc({ sim, random }) {
    const vpcs = sim.call.ec2.DescribeVpcs({}).Vpcs ?? [];
    sim.call.ec2.DeleteVpc({ VpcId: pick(random, vpcs)?.VpcId ?? 'vpc-0' });
  },
  CreateSubnet({ sim, random }) {
    const VpcId = pick(random, sim.call.ec2.DescribeVpcs({}).Vpcs ?? [])?.VpcId ?? 'vpc-0';
    sim.call.ec2.CreateSubnet({ VpcId, CidrBlock: `10.8.${random.int(4)}.0/24` });
  },
  DeleteSubnet({ sim, network, random }) {
    const ours: readonly (string | undefined)[] = subnetsOf(network);
    const others = (sim.call.ec2.DescribeSubnets({}).Subnets ?? []).filter(
      (each) => !ours.includes(each.SubnetId),
    );
    sim.call.ec2.DeleteSubnet({ SubnetId: pick(random, others)?.SubnetId ?? 'subnet-0' });
  },
  CreateSecurityGroup({ sim, network, random }) {
    sim.call.ec2.CreateSecurityGroup({
      GroupName: pick(random, smallNames),
      Description: 'x',
      VpcId: network.vpcId,
    });
  },
  DeleteSecurityGroup({ sim, random }) {
    const groups = sim.call.ec2.DescribeSecurityGroups({}).SecurityGroups ?? [];
    const mine = groups.filter(({ GroupName }) => smallNames.some((name) => name === GroupName));
    sim.call.ec2.DeleteSecurityGroup({ GroupId: pick(random, mine)?.GroupId ?? 'sg-0' });
  },
  AllocateAddress: ({ sim }) => void sim.call.ec2.AllocateAddress({ Domain: 'vpc' }),
  ReleaseAddress: (user) => void user.sim.call.ec2.ReleaseAddress({ AllocationId: someAddress(user) }),
  AssociateAddress(user) {
    const InstanceId = someInstance(user);
    user.sim.call.ec2.AssociateAddress({
      AllocationId: someAddress(user),
      InstanceId,
      AllowReassociation: true,
    });
  },
  DisassociateAddress({ sim, random }) {
    const all = sim.call.ec2.DescribeAddresses({}).Addresses ?? [];
    sim.call.ec2.DisassociateAddress({ AssociationId: pick(random, all)?.AssociationId ?? 'eipassoc-0' });
  },
  CreateNatGateway(user) {
    user.sim.call.ec2.CreateNatGateway({
      SubnetId: pick(user.random, user.network.publicSubnets),
      AllocationId: someAddress(user),
    });
  },
  DeleteNatGateway({ sim, random }) {
    const gateways = sim.call.ec2.DescribeNatGateways({}).NatGateways ?? [];
    sim.call.ec2.DeleteNatGateway({ NatGatewayId: pick(random, gateways)?.NatGatewayId ?? 'nat-0' });
  },

  CreateAutoScalingGroup({ sim, network, random }) {
    const groups = sim.call.elbv2.DescribeTargetGroups({}).TargetGroups ?? [];
    const arn = pick(random, groups)?.TargetGroupArn;
    sim.call.autoscaling.CreateAutoScalingGroup({
      AutoScalingGroupName: pick(random, smallNames),
      LaunchTemplate: { LaunchTemplateName: 'app', Version: '$Latest' },
      MinSize: 0,
      MaxSize: 3,
      DesiredCapacity: random.int(4),
      VPCZoneIdentifier: network.privateSubnets.join(','),
      ...(arn === undefined ? {} : { TargetGroupARNs: [arn] }),
      HealthCheckType: pick(random, ['ELB', 'EC2']),
      HealthCheckGracePeriod: 30,
    });
  },
  DeleteAutoScalingGroup(user) {
    user.sim.call.autoscaling.DeleteAutoScalingGroup({
      AutoScalingGroupName: someGroup(user),
      ForceDelete: user.random.int(2) === 0,
    });
  },
  SetDesiredCapacity(user) {
    user.sim.call.autoscaling.SetDesiredCapacity({
      AutoScalingGroupName: someGroup(user),
      DesiredCapacity: user.random.int(4),
    });
  },
  TerminateInstanceInAutoScalingGroup(user) {
    user.sim.call.autoscaling.TerminateInstanceInAutoScalingGroup({
      InstanceId: someMember(user).id,
      ShouldDecrementDesiredCapacity: user.random.int(2) === 0,
    });
  },
  DetachInstances(user) {
    const { id, group } = someMember(user);
    user.sim.call.autoscaling.DetachInstances({
      AutoScalingGroupName: group,
      InstanceIds: [id],
      ShouldDecrementDesiredCapacity: user.random.int(2) === 0,
    });
  },

  CreateTargetGroup({ sim, network, random }) {
    const Name = pick(random, smallNames);
    const common = { Protocol: 'HTTP', Port: 80, VpcId: network.vpcId } as const;
    const { TargetGroups } = sim.call.elbv2.CreateTargetGroup({
      Name,
      ...common,
      HealthCheckIntervalSeconds: 10,
    });
    sim.call.elbv2.ModifyTargetGroupAttributes({
      TargetGroupArn: text(TargetGroups?.[0]?.TargetGroupArn),
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '20' }],
    });
  },
  DeleteTargetGroup: (user) =>
    void user.sim.call.elbv2.DeleteTargetGroup({ TargetGroupArn: someTargets(user) }),
  RegisterTargets(user) {
    const Targets = [{ Id: someInstance(user) }];
    user.sim.call.elbv2.RegisterTargets({ TargetGroupArn: someTargets(user), Targets });
  },
  DeregisterTargets(user) {
    const Targets = [{ Id: someInstance(user) }];
    user.sim.call.elbv2.DeregisterTargets({ TargetGroupArn: someTargets(user), Targets });
  },
  CreateLoadBalancer({ sim, network, random }) {
    sim.call.elbv2.CreateLoadBalancer({
      Name: pick(random, smallNames),
      Subnets: [...network.publicSubnets],
      SecurityGroups: [network.balancerGroup],
    });
  },
  DeleteLoadBalancer: (user) =>
    void user.sim.call.elbv2.DeleteLoadBalancer({ LoadBalancerArn: someBalancer(user) }),
  CreateListener(user) {
    user.sim.call.elbv2.CreateListener({
      LoadBalancerArn: someBalancer(user),
      Protocol: 'HTTP',
      Port: 80 + user.random.int(2),
      DefaultActions: [{ Type: 'forward', TargetGroupArn: someTargets(user) }],
    });
  },
  DeleteListener(user) {
    const { Listeners = [] } = user.sim.call.elbv2.DescribeListeners({ LoadBalancerArn: someBalancer(user) });
    user.sim.call.elbv2.DeleteListener({
      ListenerArn: pick(user.random, Listeners)?.ListenerArn ?? 'arn:none',
    });
  },

  CreateDBCluster({ sim, network, random }) {
    sim.call.rds.CreateDBCluster({
      DBClusterIdentifier: pick(random, smallNames),
      Engine: 'aurora-mysql',
      MasterUsername: 'admin',
      MasterUserPassword: 'correct-horse',
      DBSubnetGroupName: 'data',
      VpcSecurityGroupIds: [network.databaseGroup],
    });
  },
  DeleteDBCluster(user) {
    user.sim.call.rds.DeleteDBCluster({ DBClusterIdentifier: someCluster(user), SkipFinalSnapshot: true });
  },
  CreateDBInstance(user) {
    user.sim.call.rds.CreateDBInstance({
      DBInstanceIdentifier: `db-${user.random.int(6)}`,
      DBClusterIdentifier: someCluster(user),
      DBInstanceClass: 'db.t3.medium',
      Engine: 'aurora-mysql',
    });
  },
  CreateDBInstanceAlone({ sim, network, random }) {
    sim.call.rds.CreateDBInstance({
      DBInstanceIdentifier: `alone-${random.int(2)}`,
      DBInstanceClass: 'db.t3.micro',
      Engine: 'mysql',
      AllocatedStorage: 20,
      MasterUsername: 'admin',
      MasterUserPassword: 'correct-horse',
      DBSubnetGroupName: 'data',
      VpcSecurityGroupIds: [network.databaseGroup],
    });
  },
  DeleteDBInstance(user) {
    user.sim.call.rds.DeleteDBInstance({ DBInstanceIdentifier: someDatabase(user), SkipFinalSnapshot: true });
  },
  RebootDBInstance: (user) =>
    void user.sim.call.rds.RebootDBInstance({ DBInstanceIdentifier: someDatabase(user) }),
  FailoverDBCluster: (user) =>
    void user.sim.call.rds.FailoverDBCluster({ DBClusterIdentifier: someCluster(user) }),
  StopDBCluster: (user) => void user.sim.call.rds.StopDBCluster({ DBClusterIdentifier: someCluster(user) }),
  StartDBCluster: (user) => void user.sim.call.rds.StartDBCluster({ DBClusterIdentifier: someCluster(user) }),
};

function pick<T>(random: Random, values: readonly T[]): T {
  // Of nothing nothing: callers whose list may be empty have optional values.
  return values[random.int(Math.max(1, values.length))] as T;
}

function subnetsOf({ publicSubnets, privateSubnets }: SmallNetwork): readonly string[] {
  return [...publicSubnets, ...privateSubnets];
}

function instancesOf(sim: SimRegion) {
  return (sim.call.ec2.DescribeInstances({}).Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
}

function addressesOf(sim: SimRegion): readonly string[] {
  return instancesOf(sim).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []);
}

function someInstance({ sim, random }: User): string {
  return pick(random, instancesOf(sim))?.InstanceId ?? 'i-0';
}

function someAddress({ sim, random }: User): string {
  return pick(random, sim.call.ec2.DescribeAddresses({}).Addresses ?? [])?.AllocationId ?? 'eipalloc-0';
}

function someTargets({ sim, random }: User): string {
  return (
    pick(random, sim.call.elbv2.DescribeTargetGroups({}).TargetGroups ?? [])?.TargetGroupArn ?? 'arn:none'
  );
}

function someBalancer({ sim, random }: User): string {
  return (
    pick(random, sim.call.elbv2.DescribeLoadBalancers({}).LoadBalancers ?? [])?.LoadBalancerArn ?? 'arn:none'
  );
}

function someDatabase({ sim, random }: User): string {
  return pick(random, sim.call.rds.DescribeDBInstances({}).DBInstances ?? [])?.DBInstanceIdentifier ?? 'none';
}

function someCluster({ sim, random }: User): string {
  return pick(random, sim.call.rds.DescribeDBClusters({}).DBClusters ?? [])?.DBClusterIdentifier ?? 'none';
}

function someGroup({ sim, random }: User): string {
  const { AutoScalingGroups = [] } = sim.call.autoscaling.DescribeAutoScalingGroups({});
  return pick(random, AutoScalingGroups)?.AutoScalingGroupName ?? 'none';
}

function someMember({ sim, random }: User): { readonly id: string; readonly group: string } {
  const { AutoScalingInstances = [] } = sim.call.autoscaling.DescribeAutoScalingInstances({});
  const member = pick(random, AutoScalingInstances);
  return { id: member?.InstanceId ?? 'i-0', group: member?.AutoScalingGroupName ?? 'none' };
}
