import type * as aws from '@aws-sdk/client-ec2';
import type { Context } from '#/services/contract.ts';
import { toPermissions } from '#/services/ec2/security-group/permissions.ts';
import type { SecurityGroup, SecurityGroupRule } from '#/services/ec2/security-group/resource.ts';
import { toTagList } from '#/services/ec2/tags.ts';

type Reader = Pick<Context, 'region' | 'account'>;

/** The group as EC2 answers it. */
export function toGroupOutput({ id, spec, tags }: SecurityGroup, reader: Reader): aws.SecurityGroup {
  const rulesOf = (isEgress: boolean): readonly SecurityGroupRule[] =>
    spec.rules.filter((rule) => rule.isEgress === isEgress);
  return {
    GroupId: id,
    GroupName: spec.groupName,
    Description: spec.description,
    VpcId: spec.vpcId,
    OwnerId: reader.account,
    SecurityGroupArn: toGroupArn(id, reader),
    IpPermissions: toPermissions(rulesOf(false), reader.account),
    IpPermissionsEgress: toPermissions(rulesOf(true), reader.account),
    Tags: toTagList(tags),
  };
}

/** `arn:aws:ec2:eu-west-3:123456789012:security-group/sg-…` */
export function toGroupArn(id: string, { region, account }: Reader): string {
  return `arn:aws:ec2:${region}:${account}:security-group/${id}`;
}

/** One rule as EC2 answers it. */
export function toRuleOutput(
  groupId: string,
  rule: SecurityGroupRule,
  { region, account }: Reader,
): aws.SecurityGroupRule {
  const { peer } = rule;
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: `arn:aws:ec2:${region}:${account}:security-group-rule/${rule.id}`,
    GroupId: groupId,
    GroupOwnerId: account,
    IsEgress: rule.isEgress,
    IpProtocol: rule.ipProtocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...('cidrIpv4' in peer ? { CidrIpv4: peer.cidrIpv4 } : {}),
    ...('cidrIpv6' in peer ? { CidrIpv6: peer.cidrIpv6 } : {}),
    ...('referencedGroupId' in peer
      ? { ReferencedGroupInfo: { GroupId: peer.referencedGroupId, UserId: account } }
      : {}),
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    Tags: toTagList(rule.tags),
  };
}

/** A rule that was taken away, as Revoke answers it. */
export function toRevokedOutput(groupId: string, rule: SecurityGroupRule): aws.RevokedSecurityGroupRule {
  const { peer } = rule;
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: groupId,
    IsEgress: rule.isEgress,
    IpProtocol: rule.ipProtocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...('cidrIpv4' in peer ? { CidrIpv4: peer.cidrIpv4 } : {}),
    ...('cidrIpv6' in peer ? { CidrIpv6: peer.cidrIpv6 } : {}),
    ...('referencedGroupId' in peer ? { ReferencedGroupId: peer.referencedGroupId } : {}),
    ...(rule.description === undefined ? {} : { Description: rule.description }),
  };
}
