import { anyController } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import { dhcpOptionsType } from '#/services/ec2/dhcp-options/resource.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { natGatewayType } from '#/services/ec2/nat-gateway/resource.ts';
import { networkAclType } from '#/services/ec2/network-acl/resource.ts';
import { networkInterfaceOperations } from '#/services/ec2/network-interface/operations.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { routeTableType } from '#/services/ec2/route-table/resource.ts';
import { securityGroupOperations } from '#/services/ec2/security-group/operations.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { securityGroupRuleOperations } from '#/services/ec2/security-group/rule-operations.ts';
import { subnetOperations } from '#/services/ec2/subnet/operations.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import { vpcController } from '#/services/ec2/vpc/controller.ts';
import { vpcOperations } from '#/services/ec2/vpc/operations.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';

/** What a group of resource types adds to the service. */
export type Ec2Parts = Required<Omit<Service<'ec2'>, 'name'>>;

/** EC2: networks and, in time, the machines in them. */
export function ec2Service(dependencies: Dependencies): Service<'ec2'> {
  return { name: 'ec2', ...mergeParts([networkingParts(dependencies)]) };
}

function networkingParts(dependencies: Dependencies): Ec2Parts {
  return {
    operations: {
      ...networkInterfaceOperations,
      ...securityGroupOperations,
      ...securityGroupRuleOperations,
      ...subnetOperations,
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
    controllers: [anyController(vpcController(dependencies))],
    providers: [],
    metadataOnly: [],
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
