import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import {
  flagOf,
  given,
  requireText,
  stableWhen,
  tagsOfStack,
  textOf,
  unlessMissing,
  updateTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpc.html */
export const vpcProvider: ResourceProvider = {
  type: 'AWS::EC2::VPC',

  create(properties, context) {
    const { Vpc } = context.call.ec2.CreateVpc({
      ...given({
        CidrBlock: textOf(properties, 'CidrBlock'),
        InstanceTenancy: textOf(properties, 'InstanceTenancy') as 'default' | undefined, // checked by CreateVpc
      }),
      TagSpecifications: [{ ResourceType: 'vpc', Tags: tagsOfStack(properties, context) }],
    });
    const vpcId = Vpc?.VpcId ?? '';
    setAttributes(vpcId, properties, context);
    return vpcId;
  },

  stability: (vpcId, { call }) =>
    stableWhen(call.ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs?.[0]?.State === 'available'),

  update(vpcId, properties, previous, context) {
    setAttributes(vpcId, properties, context);
    updateTags(vpcId, properties, previous, context);
    return vpcId;
  },

  delete(vpcId, { call }) {
    unlessMissing(() => call.ec2.DeleteVpc({ VpcId: vpcId }));
  },

  attributes(vpcId, { call: { ec2 } }) {
    const [vpc] = ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs ?? [];
    const ofVpc = { Name: 'vpc-id', Values: [vpcId] };
    return {
      VpcId: vpcId,
      CidrBlock: vpc?.CidrBlock,
      CidrBlockAssociations: vpc?.CidrBlockAssociationSet?.map(({ AssociationId }) => AssociationId),
      DefaultNetworkAcl: ec2.DescribeNetworkAcls({
        Filters: [ofVpc, { Name: 'default', Values: ['true'] }],
      }).NetworkAcls?.[0]?.NetworkAclId,
      DefaultSecurityGroup: ec2.DescribeSecurityGroups({
        Filters: [ofVpc, { Name: 'group-name', Values: ['default'] }],
      }).SecurityGroups?.[0]?.GroupId,
      Ipv6CidrBlocks: [],
    };
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpccidrblock.html */
export const vpcCidrBlockProvider: ResourceProvider = {
  type: 'AWS::EC2::VPCCidrBlock',

  create(properties, { call }) {
    const { CidrBlockAssociation } = call.ec2.AssociateVpcCidrBlock({
      VpcId: requireText(properties, 'VpcId'),
      ...given({ CidrBlock: textOf(properties, 'CidrBlock') }),
    });
    return CidrBlockAssociation?.AssociationId ?? '';
  },

  stability(associationId, { call }) {
    const associations = call.ec2.DescribeVpcs({
      Filters: [{ Name: 'cidr-block-association.association-id', Values: [associationId] }],
    }).Vpcs?.[0]?.CidrBlockAssociationSet;
    return stableWhen(
      associations?.some(
        ({ AssociationId, CidrBlockState }) =>
          AssociationId === associationId && CidrBlockState?.State === 'associated',
      ) ?? false,
    );
  },

  delete(associationId, { call }) {
    unlessMissing(() => call.ec2.DisassociateVpcCidrBlock({ AssociationId: associationId }));
  },

  attributes: (associationId) => ({ Id: associationId }),
};

function setAttributes(VpcId: string, properties: Properties, { call: { ec2 } }: ProviderContext): void {
  // One at a time, as ModifyVpcAttribute has it.
  ec2.ModifyVpcAttribute({
    VpcId,
    EnableDnsSupport: { Value: flagOf(properties, 'EnableDnsSupport') ?? true },
  });
  ec2.ModifyVpcAttribute({
    VpcId,
    EnableDnsHostnames: { Value: flagOf(properties, 'EnableDnsHostnames') ?? false },
  });
}
