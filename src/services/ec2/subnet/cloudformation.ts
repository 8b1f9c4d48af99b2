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

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-subnet.html */
export const subnetProvider: ResourceProvider = {
  type: 'AWS::EC2::Subnet',

  create(properties, context) {
    const { Subnet } = context.call.ec2.CreateSubnet({
      VpcId: requireText(properties, 'VpcId'),
      ...given({
        CidrBlock: textOf(properties, 'CidrBlock'),
        AvailabilityZone: textOf(properties, 'AvailabilityZone'),
        AvailabilityZoneId: textOf(properties, 'AvailabilityZoneId'),
      }),
      TagSpecifications: [{ ResourceType: 'subnet', Tags: tagsOfStack(properties, context) }],
    });
    const subnetId = Subnet?.SubnetId ?? '';
    if (flagOf(properties, 'MapPublicIpOnLaunch')) setAttributes(subnetId, properties, context);
    return subnetId;
  },

  stability: (subnetId, { call }) =>
    stableWhen(call.ec2.DescribeSubnets({ SubnetIds: [subnetId] }).Subnets?.[0]?.State === 'available'),

  update(subnetId, properties, previous, context) {
    setAttributes(subnetId, properties, context);
    updateTags(subnetId, properties, previous, context);
    return subnetId;
  },

  delete(subnetId, { call }) {
    unlessMissing(() => call.ec2.DeleteSubnet({ SubnetId: subnetId }));
  },

  attributes(subnetId, { call: { ec2 } }) {
    const [subnet] = ec2.DescribeSubnets({ SubnetIds: [subnetId] }).Subnets ?? [];
    const [acl] =
      ec2.DescribeNetworkAcls({ Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] })
        .NetworkAcls ?? [];
    return {
      SubnetId: subnetId,
      VpcId: subnet?.VpcId,
      CidrBlock: subnet?.CidrBlock,
      AvailabilityZone: subnet?.AvailabilityZone,
      AvailabilityZoneId: subnet?.AvailabilityZoneId,
      Ipv6CidrBlocks: [],
      NetworkAclAssociationId: acl?.Associations?.find(({ SubnetId }) => SubnetId === subnetId)
        ?.NetworkAclAssociationId,
    };
  },
};

function setAttributes(SubnetId: string, properties: Properties, { call }: ProviderContext): void {
  call.ec2.ModifySubnetAttribute({
    SubnetId,
    MapPublicIpOnLaunch: { Value: flagOf(properties, 'MapPublicIpOnLaunch') ?? false },
  });
}
