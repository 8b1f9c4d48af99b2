import { servicePrincipal, type Region } from '#/region.ts';
import type { RegionSettings } from '#/server/settings.ts';

/** What runs in a region, for people: the answer of `snowglobe status`. */
export interface Overview {
  readonly region: RegionSettings;
  readonly pid: number;
  readonly stacks: readonly {
    readonly name: string;
    readonly status: string;
    readonly outputs: Readonly<Record<string, string>>;
  }[];
  readonly loadBalancers: readonly {
    readonly name: string;
    readonly state: string;
    readonly dnsName: string;
    /** What works from this host; empty while no zone serves. */
    readonly addresses: readonly string[];
    readonly targets: readonly {
      readonly id: string;
      readonly zone: string;
      readonly health: string;
      readonly reason: string;
    }[];
  }[];
  readonly groups: readonly { readonly name: string; readonly desired: number; readonly inService: number }[];
  readonly instances: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly zone: string;
    readonly address: string;
  }[];
  readonly databases: readonly {
    readonly cluster: string;
    readonly status: string;
    readonly endpoint: string;
    readonly members: readonly {
      readonly id: string;
      readonly role: string;
      readonly zone: string;
      readonly status: string;
    }[];
  }[];
}

/** Reads it by the operations that any client would use. */
export function overview(region: Region, settings: RegionSettings): Overview {
  const call = region.callAs(servicePrincipal(settings.account));
  const instances = (call.ec2.DescribeInstances({}).Reservations ?? []).flatMap(
    ({ Instances = [] }) => Instances,
  );
  const interfaces = call.ec2.DescribeNetworkInterfaces({}).NetworkInterfaces ?? [];
  const dbInstances = call.rds.DescribeDBInstances({}).DBInstances ?? [];
  return {
    region: settings,
    pid: process.pid,
    stacks: (call.cloudformation.DescribeStacks({}).Stacks ?? []).map((stack) => ({
      name: stack.StackName ?? '',
      status: stack.StackStatus ?? '',
      outputs: Object.fromEntries(
        (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      ),
    })),
    loadBalancers: (call.elbv2.DescribeLoadBalancers({}).LoadBalancers ?? []).map((balancer) => {
      const id = balancer.LoadBalancerArn?.split(':loadbalancer/')[1] ?? '';
      const own = interfaces.filter(({ Description }) => Description === `ELB ${id}`);
      const groups = balancer.LoadBalancerArn
        ? (call.elbv2.DescribeTargetGroups({ LoadBalancerArn: balancer.LoadBalancerArn }).TargetGroups ?? [])
        : [];
      return {
        name: balancer.LoadBalancerName ?? '',
        state: balancer.State?.Code ?? '',
        dnsName: balancer.DNSName ?? '',
        addresses: own.flatMap(({ Association }) => Association?.PublicIp ?? []),
        targets: groups
          .flatMap(
            ({ TargetGroupArn = '' }) =>
              call.elbv2.DescribeTargetHealth({ TargetGroupArn }).TargetHealthDescriptions ?? [],
          )
          .map(({ Target, TargetHealth }) => ({
            id: Target?.Id ?? '',
            zone:
              instances.find(({ InstanceId }) => InstanceId === Target?.Id)?.Placement?.AvailabilityZone ??
              '',
            health: TargetHealth?.State ?? '',
            reason: TargetHealth?.Description ?? '',
          })),
      };
    }),
    groups: (call.autoscaling.DescribeAutoScalingGroups({}).AutoScalingGroups ?? []).map((group) => ({
      name: group.AutoScalingGroupName ?? '',
      desired: group.DesiredCapacity ?? 0,
      inService: (group.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === 'InService')
        .length,
    })),
    instances: instances.map((instance) => ({
      id: instance.InstanceId ?? '',
      name: (instance.Tags ?? []).find(({ Key }) => Key === 'Name')?.Value ?? '',
      state: instance.State?.Name ?? '',
      zone: instance.Placement?.AvailabilityZone ?? '',
      address: instance.PrivateIpAddress ?? '',
    })),
    databases: (call.rds.DescribeDBClusters({}).DBClusters ?? []).map((cluster) => ({
      cluster: cluster.DBClusterIdentifier ?? '',
      status: cluster.Status ?? '',
      endpoint: cluster.Endpoint ?? '',
      members: (cluster.DBClusterMembers ?? []).map(({ DBInstanceIdentifier = '', IsClusterWriter }) => {
        const member = dbInstances.find((one) => one.DBInstanceIdentifier === DBInstanceIdentifier);
        return {
          id: DBInstanceIdentifier,
          role: IsClusterWriter ? 'writer' : 'reader',
          zone: member?.AvailabilityZone ?? '',
          status: member?.DBInstanceStatus ?? '',
        };
      }),
    })),
  };
}
