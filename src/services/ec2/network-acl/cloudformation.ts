import type { Properties, ResourceProvider } from '#/services/contract.ts';
import {
  flagOf,
  given,
  numberOf,
  objectOf,
  requireText,
  stable,
  tagsOfStack,
  textOf,
  unlessMissing,
  updatingTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-networkacl.html */
export const networkAclProvider = updatingTags({
  type: 'AWS::EC2::NetworkAcl',
  create(properties, context) {
    const { NetworkAcl } = context.call.ec2.CreateNetworkAcl({
      VpcId: requireText(properties, 'VpcId'),
      TagSpecifications: [{ ResourceType: 'network-acl', Tags: tagsOfStack(properties, context) }],
    });
    return NetworkAcl?.NetworkAclId ?? '';
  },
  stability: stable,
  delete(aclId, { call }) {
    unlessMissing(() => call.ec2.DeleteNetworkAcl({ NetworkAclId: aclId }));
  },
  attributes: (aclId) => ({ Id: aclId }),
});

/**
 * Its physical id says where the entry is (`acl-…|100|egress`), so that it can be found again to be deleted.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-networkaclentry.html
 */
export const networkAclEntryProvider: ResourceProvider = {
  type: 'AWS::EC2::NetworkAclEntry',
  create(properties, { call }) {
    const input = toEntryInput(properties);
    call.ec2.CreateNetworkAclEntry(input);
    return `${input.NetworkAclId}|${input.RuleNumber}|${input.Egress ? 'egress' : 'ingress'}`;
  },
  stability: stable,
  update(physicalId, properties, _previous, { call }) {
    call.ec2.ReplaceNetworkAclEntry(toEntryInput(properties));
    return physicalId;
  },
  delete(physicalId, { call }) {
    const [NetworkAclId = '', ruleNumber, direction] = physicalId.split('|');
    unlessMissing(() =>
      call.ec2.DeleteNetworkAclEntry({
        NetworkAclId,
        RuleNumber: Number(ruleNumber),
        Egress: direction === 'egress',
      }),
    );
  },
  attributes: (physicalId) => ({ Id: physicalId }),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-subnetnetworkaclassociation.html */
export const subnetNetworkAclAssociationProvider: ResourceProvider = {
  type: 'AWS::EC2::SubnetNetworkAclAssociation',
  create(properties, { call: { ec2 } }) {
    const SubnetId = requireText(properties, 'SubnetId');
    const current = ec2
      .DescribeNetworkAcls({ Filters: [{ Name: 'association.subnet-id', Values: [SubnetId] }] })
      .NetworkAcls?.flatMap(({ Associations = [] }) => Associations)
      .find((association) => association.SubnetId === SubnetId);
    const { NewAssociationId } = ec2.ReplaceNetworkAclAssociation({
      AssociationId: current?.NetworkAclAssociationId ?? '',
      NetworkAclId: requireText(properties, 'NetworkAclId'),
    });
    return NewAssociationId ?? '';
  },
  stability: stable,
  delete(associationId, { call: { ec2 } }) {
    const [acl] =
      ec2.DescribeNetworkAcls({
        Filters: [{ Name: 'association.association-id', Values: [associationId] }],
      }).NetworkAcls ?? [];
    // Gone with its subnet, or in another list by now.
    if (!acl?.VpcId) return;
    const [defaultAcl] =
      ec2.DescribeNetworkAcls({
        Filters: [
          { Name: 'vpc-id', Values: [acl.VpcId] },
          { Name: 'default', Values: ['true'] },
        ],
      }).NetworkAcls ?? [];
    ec2.ReplaceNetworkAclAssociation({
      AssociationId: associationId,
      NetworkAclId: defaultAcl?.NetworkAclId ?? '',
    });
  },
  attributes: (associationId) => ({ AssociationId: associationId }),
};

function toEntryInput(properties: Properties) {
  const ports = objectOf(properties, 'PortRange');
  const icmp = objectOf(properties, 'Icmp');
  return {
    NetworkAclId: requireText(properties, 'NetworkAclId'),
    RuleNumber: Number(requireText(properties, 'RuleNumber')),
    Protocol: requireText(properties, 'Protocol'),
    RuleAction: requireText(properties, 'RuleAction') as 'allow' | 'deny', // by the schema
    Egress: flagOf(properties, 'Egress') ?? false,
    ...given({
      CidrBlock: textOf(properties, 'CidrBlock'),
      Ipv6CidrBlock: textOf(properties, 'Ipv6CidrBlock'),
      PortRange: ports && given({ From: numberOf(ports, 'From'), To: numberOf(ports, 'To') }),
      IcmpTypeCode: icmp && given({ Type: numberOf(icmp, 'Type'), Code: numberOf(icmp, 'Code') }),
    }),
  };
}
