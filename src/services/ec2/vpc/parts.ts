import { eipType, type Eip } from '#/services/ec2/eip/resource.ts';
import { internetGatewayType, type InternetGateway } from '#/services/ec2/internet-gateway/resource.ts';
import { natGatewayType, type NatGateway } from '#/services/ec2/nat-gateway/resource.ts';
import { networkAclType, type NetworkAcl } from '#/services/ec2/network-acl/resource.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { routeTableType, type RouteTable } from '#/services/ec2/route-table/resource.ts';
import { securityGroupType, type SecurityGroup } from '#/services/ec2/security-group/resource.ts';
import { subnetType, type Subnet } from '#/services/ec2/subnet/resource.ts';
import type { Store } from '#/store/store.ts';

/** Everything that a VPC's network is made of, also what is marked deleted. */
export interface VpcParts {
  readonly subnets: readonly Subnet[];
  readonly networkInterfaces: readonly NetworkInterface[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly routeTables: readonly RouteTable[];
  readonly networkAcls: readonly NetworkAcl[];
  readonly internetGateways: readonly InternetGateway[];
  readonly natGateways: readonly NatGateway[];
  /** Those associated with the VPC, and those that its network still maps. */
  readonly eips: readonly Eip[];
}

/** One moment's parts of a VPC. */
export function readParts(store: Store, vpcId: string): VpcParts {
  return {
    subnets: store.listAnyBy(subnetType, 'vpcId', vpcId),
    networkInterfaces: store.listAnyBy(networkInterfaceType, 'vpcId', vpcId),
    securityGroups: store.listAnyBy(securityGroupType, 'vpcId', vpcId),
    routeTables: store.listAnyBy(routeTableType, 'vpcId', vpcId),
    networkAcls: store.listAnyBy(networkAclType, 'vpcId', vpcId),
    internetGateways: store.listAnyBy(internetGatewayType, 'vpcId', vpcId),
    natGateways: store.listAnyBy(natGatewayType, 'vpcId', vpcId),
    eips: store.listAnyBy(eipType, 'vpcId', vpcId),
  };
}

/** The parts that are wanted: without those marked deleted. */
export function wantedParts(parts: VpcParts): VpcParts {
  return {
    subnets: wanted(parts.subnets),
    networkInterfaces: wanted(parts.networkInterfaces),
    securityGroups: wanted(parts.securityGroups),
    routeTables: wanted(parts.routeTables),
    networkAcls: wanted(parts.networkAcls),
    internetGateways: wanted(parts.internetGateways),
    natGateways: wanted(parts.natGateways),
    eips: wanted(parts.eips),
  };
}

function wanted<R extends { readonly deleting: boolean }>(resources: readonly R[]): readonly R[] {
  return resources.filter(({ deleting }) => !deleting);
}
