import type * as aws from '@aws-sdk/client-ec2';
import type { NetworkAcl, NetworkAclEntry } from '#/services/ec2/network-acl/resource.ts';
import { withFinalDeny } from '#/services/ec2/network-acl/rules.ts';
import { toTagList } from '#/services/ec2/tags.ts';

/** The network ACL as EC2 answers it. */
export function toAclOutput({ id, spec, tags }: NetworkAcl, account: string): aws.NetworkAcl {
  return {
    NetworkAclId: id,
    VpcId: spec.vpcId,
    OwnerId: account,
    IsDefault: spec.isDefault,
    Entries: withFinalDeny(spec.entries).map(toEntryOutput),
    Associations: spec.associations.map(({ associationId, subnetId }) => ({
      NetworkAclAssociationId: associationId,
      NetworkAclId: id,
      SubnetId: subnetId,
    })),
    Tags: toTagList(tags),
  };
}

function toEntryOutput(entry: NetworkAclEntry): aws.NetworkAclEntry {
  return {
    RuleNumber: entry.ruleNumber,
    Egress: entry.isEgress,
    Protocol: entry.protocol,
    RuleAction: entry.ruleAction,
    ...(entry.cidrBlock === undefined ? {} : { CidrBlock: entry.cidrBlock }),
    ...(entry.ipv6CidrBlock === undefined ? {} : { Ipv6CidrBlock: entry.ipv6CidrBlock }),
    ...(entry.portRange ? { PortRange: { From: entry.portRange.from, To: entry.portRange.to } } : {}),
    ...(entry.icmp ? { IcmpTypeCode: { Type: entry.icmp.type, Code: entry.icmp.code } } : {}),
  };
}
