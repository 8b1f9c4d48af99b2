import { anyController } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import { absentOperations, accountOperations } from '#/services/ec2/account/operations.ts';
import { availabilityZoneOperations } from '#/services/ec2/availability-zone/operations.ts';
import { computeParts, type ComputeOptions } from '#/services/ec2/compute.ts';
import { dhcpOptionsOperations } from '#/services/ec2/dhcp-options/operations.ts';
import { dhcpOptionsType } from '#/services/ec2/dhcp-options/resource.ts';
import { withDryRun } from '#/services/ec2/dry-run.ts';
import { eipOperations } from '#/services/ec2/eip/operations.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { internetGatewayOperations } from '#/services/ec2/internet-gateway/operations.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { natGatewayController } from '#/services/ec2/nat-gateway/controller.ts';
import { natGatewayOperations } from '#/services/ec2/nat-gateway/operations.ts';
import { natGatewayType } from '#/services/ec2/nat-gateway/resource.ts';
import { networkAclOperations } from '#/services/ec2/network-acl/operations.ts';
import { networkAclType } from '#/services/ec2/network-acl/resource.ts';
import { networkInterfaceOperations } from '#/services/ec2/network-interface/operations.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { networkProviders } from '#/services/ec2/network-providers.ts';
import { routeTableOperations } from '#/services/ec2/route-table/operations.ts';
import { routeTableType } from '#/services/ec2/route-table/resource.ts';
import { routeOperations } from '#/services/ec2/route-table/route-operations.ts';
import { securityGroupOperations } from '#/services/ec2/security-group/operations.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { securityGroupRuleOperations } from '#/services/ec2/security-group/rule-operations.ts';
import { subnetOperations } from '#/services/ec2/subnet/operations.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import { tagOperations } from '#/services/ec2/tag/operations.ts';
import { vpcController } from '#/services/ec2/vpc/controller.ts';
import { vpcOperations } from '#/services/ec2/vpc/operations.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';

/** What a group of resource types adds to the service. */
export type Ec2Parts = Required<Omit<Service<'ec2'>, 'name'>>;

/** EC2: networks and the machines in them. */
export function ec2Service(dependencies: Dependencies, options: ComputeOptions = {}): Service<'ec2'> {
  const parts = mergeParts([networkingParts(dependencies), computeParts(dependencies, options)]);
  return { name: 'ec2', ...parts, operations: withDryRun(parts.operations) };
}

function networkingParts(dependencies: Dependencies): Ec2Parts {
  return {
    operations: {
      ...absentOperations,
      ...accountOperations,
      ...availabilityZoneOperations,
      ...dhcpOptionsOperations,
      ...eipOperations,
      ...internetGatewayOperations,
      ...natGatewayOperations,
      ...networkAclOperations,
      ...networkInterfaceOperations,
      ...routeOperations,
      ...routeTableOperations,
      ...securityGroupOperations,
      ...securityGroupRuleOperations,
      ...subnetOperations,
      ...tagOperations,
      ...vpcOperations,
    },
    types: [
      anyType(dhcpOptionsType),
      anyType(eipType),
      anyType(internetGatewayType),
      anyType(natGatewayType),
      anyType(networkAclType),
      anyType(networkInterfaceType),
      anyType(routeTableType),
      anyType(securityGroupType),
      anyType(subnetType),
      anyType(vpcType),
    ],
    controllers: [
      anyController(natGatewayController(dependencies)),
      anyController(vpcController(dependencies)),
    ],
    providers: networkProviders,
    metadataOnly: ['CreateDhcpOptions', 'AssociateDhcpOptions', 'DeleteDhcpOptions', 'ModifyVpcTenancy'],
  };
}

function mergeParts(parts: readonly Ec2Parts[]): Ec2Parts {
  return {
    operations: Object.assign({}, ...parts.map(({ operations }) => operations)) as Ec2Parts['operations'],
    types: parts.flatMap(({ types }) => types),
    controllers: parts.flatMap(({ controllers }) => controllers),
    providers: parts.flatMap(({ providers }) => providers),
    metadataOnly: parts.flatMap(({ metadataOnly }) => metadataOnly),
  };
}
