import { unreachable } from '#/lib/assert.ts';
import { parseCidr, renderCidr } from '#/lib/cidr.ts';
import { resourceId } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import {
  associationNotFound,
  defaultVpcExists,
  dependencyViolation,
  invalidCidr,
  invalidParameterCombination,
  missingParameter,
  operationNotPermitted,
  unsupportedOperation,
  vpcNotFound,
  vpcRange,
} from '#/services/ec2/errors.ts';
import { networksOverlap } from '#/services/ec2/subnet/decide.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { isMainTable } from '#/services/ec2/route-table/resource.ts';
import { tagsOfSpecifications } from '#/services/ec2/tags.ts';
import { createVpc, ensureDefaultVpc } from '#/services/ec2/vpc/create.ts';
import { toCidrAssociation, toVpcOutput } from '#/services/ec2/vpc/output.ts';
import { readParts, wantedParts } from '#/services/ec2/vpc/parts.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import { vpcType, type Vpc } from '#/services/ec2/vpc/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

export const vpcOperations = {
  CreateVpc(input, context) {
    if (input.AmazonProvidedIpv6CidrBlock || input.Ipv6CidrBlock !== undefined)
      throw unsupportedOperation('This region has no IPv6.');
    if (input.CidrBlock === undefined) throw missingParameter('cidrBlock');
    const vpc = createVpc(context, {
      cidrBlock: requireVpcCidr(input.CidrBlock),
      instanceTenancy: input.InstanceTenancy ?? 'default',
      tags: tagsOfSpecifications(input.TagSpecifications, 'vpc'),
    });
    return { Vpc: toVpcOutput(vpc, context.account) };
  },

  CreateDefaultVpc(_input, context) {
    if (context.store.list(vpcType).some((vpc) => vpc.spec.isDefault)) throw defaultVpcExists();
    return { Vpc: toVpcOutput(ensureDefaultVpc(context), context.account) };
  },

  DeleteVpc({ VpcId }, { store }) {
    const vpc = requireVpc(store, VpcId);
    const parts = wantedParts(readParts(store, vpc.id));
    const own = [
      ...parts.securityGroups.filter(({ spec }) => spec.groupName === 'default'),
      ...parts.networkAcls.filter(({ spec }) => spec.isDefault),
      ...parts.routeTables.filter(isMainTable),
    ];
    const others =
      parts.subnets.length +
      parts.networkInterfaces.length +
      parts.internetGateways.length +
      parts.securityGroups.length +
      parts.networkAcls.length +
      parts.routeTables.length -
      own.length;
    if (others > 0) throw dependencyViolation('vpc', vpc.id);
    for (const resource of own) store.markDeleted(resource);
    store.markDeleted(vpc);
    return {};
  },

  DescribeVpcs(input, { store, account }) {
    const vpcs = chooseByIds(store.list(vpcType), input.VpcIds, vpcNotFound);
    const { items, nextToken } = describeResources(vpcs, input, vpcFields(account));
    return { Vpcs: items.map((vpc) => toVpcOutput(vpc, account)), NextToken: nextToken };
  },

  DescribeVpcAttribute({ VpcId, Attribute }, { store }) {
    const { id, spec } = requireVpc(store, VpcId);
    switch (Attribute) {
      case 'enableDnsSupport':
        return { VpcId: id, EnableDnsSupport: { Value: spec.enableDnsSupport } };
      case 'enableDnsHostnames':
        return { VpcId: id, EnableDnsHostnames: { Value: spec.enableDnsHostnames } };
      case 'enableNetworkAddressUsageMetrics':
        return {
          VpcId: id,
          EnableNetworkAddressUsageMetrics: { Value: spec.enableNetworkAddressUsageMetrics },
        };
      default:
        return unreachable(Attribute);
    }
  },

  ModifyVpcAttribute(
    { VpcId, EnableDnsHostnames, EnableDnsSupport, EnableNetworkAddressUsageMetrics },
    { store },
  ) {
    const vpc = requireVpc(store, VpcId);
    const given = [EnableDnsHostnames, EnableDnsSupport, EnableNetworkAddressUsageMetrics];
    const givenCount = given.filter((attribute) => attribute !== undefined).length;
    if (givenCount === 0) throw missingParameter('attribute');
    if (givenCount > 1) throw invalidParameterCombination('Fields for multiple attribute types specified');
    store.setSpec(vpc, {
      ...vpc.spec,
      enableDnsHostnames: EnableDnsHostnames?.Value ?? vpc.spec.enableDnsHostnames,
      enableDnsSupport: EnableDnsSupport?.Value ?? vpc.spec.enableDnsSupport,
      enableNetworkAddressUsageMetrics:
        EnableNetworkAddressUsageMetrics?.Value ?? vpc.spec.enableNetworkAddressUsageMetrics,
    });
    return {};
  },

  ModifyVpcTenancy({ VpcId, InstanceTenancy }, { store }) {
    const vpc = requireVpc(store, VpcId);
    store.setSpec(vpc, { ...vpc.spec, instanceTenancy: InstanceTenancy });
    return { ReturnValue: true };
  },

  AssociateVpcCidrBlock(input, { store, random }) {
    if (input.AmazonProvidedIpv6CidrBlock || input.Ipv6CidrBlock !== undefined)
      throw unsupportedOperation('This region has no IPv6.');
    if (input.CidrBlock === undefined) throw missingParameter('cidrBlock');
    const vpc = requireVpc(store, input.VpcId);
    const cidrBlock = requireVpcCidr(input.CidrBlock);
    if (vpc.spec.cidrBlocks.some((block) => networksOverlap(block.cidrBlock, cidrBlock)))
      throw vpcRange(cidrBlock);
    const block = { associationId: resourceId('vpc-cidr-assoc', random), cidrBlock };
    store.setSpec(vpc, { ...vpc.spec, cidrBlocks: [...vpc.spec.cidrBlocks, block] });
    return { VpcId: vpc.id, CidrBlockAssociation: toCidrAssociation(vpc, block) };
  },

  DisassociateVpcCidrBlock({ AssociationId }, { store }) {
    const vpc = store
      .list(vpcType)
      .find(({ spec }) => spec.cidrBlocks.some(({ associationId }) => associationId === AssociationId));
    const block = vpc?.spec.cidrBlocks.find(({ associationId }) => associationId === AssociationId);
    if (!vpc || !block) throw associationNotFound(AssociationId);
    if (block === vpc.spec.cidrBlocks[0])
      throw operationNotPermitted(
        `The vpc CIDR block with association ID ${AssociationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
      );
    if (
      wantedParts(readParts(store, vpc.id)).subnets.some((s) =>
        networksOverlap(s.spec.cidrBlock, block.cidrBlock),
      )
    )
      throw dependencyViolation('vpc CIDR block', AssociationId);
    store.setSpec(vpc, {
      ...vpc.spec,
      cidrBlocks: vpc.spec.cidrBlocks.filter((other) => other !== block),
    });
    return {
      VpcId: vpc.id,
      CidrBlockAssociation: {
        AssociationId,
        CidrBlock: block.cidrBlock,
        CidrBlockState: { State: 'disassociating' },
      },
    };
  },
} satisfies Handlers<Ec2Api>;

function vpcFields(account: string): FilterFields<Vpc> {
  return {
    cidr: (vpc) => vpc.spec.cidrBlocks[0]?.cidrBlock,
    'cidr-block-association.association-id': (vpc) => vpc.spec.cidrBlocks.map((block) => block.associationId),
    'cidr-block-association.cidr-block': (vpc) => vpc.spec.cidrBlocks.map((block) => block.cidrBlock),
    'cidr-block-association.state': (vpc) =>
      vpc.spec.cidrBlocks.map((block) => toCidrAssociation(vpc, block).CidrBlockState?.State),
    'dhcp-options-id': (vpc) => vpc.spec.dhcpOptionsId,
    'is-default': (vpc) => vpc.spec.isDefault,
    isDefault: (vpc) => vpc.spec.isDefault,
    'owner-id': () => account,
    state: (vpc) => vpc.status.state,
    'vpc-id': (vpc) => vpc.id,
  };
}

/** A VPC's network in its canonical form: /16 to /28. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
function requireVpcCidr(text: string): string {
  const cidr = parseCidr(text);
  if (!cidr) throw invalidCidr('cidrBlock', text);
  if (cidr.prefixLength < 16 || cidr.prefixLength > 28) throw vpcRange(text);
  return renderCidr(cidr);
}
