import type { ResourceProvider } from '#/services/contract.ts';
import {
  dhcpOptionsProvider,
  vpcDhcpOptionsAssociationProvider,
} from '#/services/ec2/dhcp-options/cloudformation.ts';
import { eipAssociationProvider, eipProvider } from '#/services/ec2/eip/cloudformation.ts';
import {
  internetGatewayProvider,
  vpcGatewayAttachmentProvider,
} from '#/services/ec2/internet-gateway/cloudformation.ts';
import { natGatewayProvider } from '#/services/ec2/nat-gateway/cloudformation.ts';
import {
  networkAclEntryProvider,
  networkAclProvider,
  subnetNetworkAclAssociationProvider,
} from '#/services/ec2/network-acl/cloudformation.ts';
import { networkInterfaceProvider } from '#/services/ec2/network-interface/cloudformation.ts';
import {
  routeProvider,
  routeTableProvider,
  subnetRouteTableAssociationProvider,
} from '#/services/ec2/route-table/cloudformation.ts';
import {
  securityGroupEgressProvider,
  securityGroupIngressProvider,
  securityGroupProvider,
} from '#/services/ec2/security-group/cloudformation.ts';
import { subnetProvider } from '#/services/ec2/subnet/cloudformation.ts';
import { vpcCidrBlockProvider, vpcProvider } from '#/services/ec2/vpc/cloudformation.ts';

/** The adapters for CloudFormation of EC2's networking types. */
export const networkProviders: readonly ResourceProvider[] = [
  dhcpOptionsProvider,
  eipAssociationProvider,
  eipProvider,
  internetGatewayProvider,
  natGatewayProvider,
  networkAclEntryProvider,
  networkAclProvider,
  networkInterfaceProvider,
  routeProvider,
  routeTableProvider,
  securityGroupEgressProvider,
  securityGroupIngressProvider,
  securityGroupProvider,
  subnetNetworkAclAssociationProvider,
  subnetProvider,
  subnetRouteTableAssociationProvider,
  vpcCidrBlockProvider,
  vpcDhcpOptionsAssociationProvider,
  vpcGatewayAttachmentProvider,
  vpcProvider,
];
