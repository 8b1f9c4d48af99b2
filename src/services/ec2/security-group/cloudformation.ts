import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import {
  given,
  numberOf,
  objectsOf,
  requireText,
  stable,
  tagsOfStack,
  textOf,
  unlessMissing,
  updateTags,
} from '#/services/ec2/properties.ts';
import type { Permission } from '#/services/ec2/security-group/permissions.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html */
export const securityGroupProvider: ResourceProvider = {
  type: 'AWS::EC2::SecurityGroup',

  create(properties, context) {
    const { ec2 } = context.call;
    const { GroupId = '' } = ec2.CreateSecurityGroup({
      GroupName: textOf(properties, 'GroupName') ?? context.physicalName(255),
      Description: requireText(properties, 'GroupDescription'),
      ...given({ VpcId: textOf(properties, 'VpcId') }),
      TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsOfStack(properties, context) }],
    });
    changeRules('Ingress', GroupId, [], ingressOf(properties), context);
    changeRules('Egress', GroupId, [openEgress], egressOf(properties), context);
    return GroupId;
  },

  stability: stable,

  update(groupId, properties, previous, context) {
    changeRules('Ingress', groupId, ingressOf(previous), ingressOf(properties), context);
    changeRules('Egress', groupId, egressOf(previous), egressOf(properties), context);
    updateTags(groupId, properties, previous, context);
    return groupId;
  },

  delete(groupId, { call }) {
    unlessMissing(() => call.ec2.DeleteSecurityGroup({ GroupId: groupId }));
  },

  attributes(groupId, { call }) {
    const [group] = call.ec2.DescribeSecurityGroups({ GroupIds: [groupId] }).SecurityGroups ?? [];
    return { GroupId: groupId, Id: groupId, VpcId: group?.VpcId };
  },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupingress.html */
export const securityGroupIngressProvider = ruleProvider('Ingress');

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupegress.html */
export const securityGroupEgressProvider = ruleProvider('Egress');

type Direction = 'Ingress' | 'Egress';

/** What a group allows outwards when its template says nothing of it. */
const openEgress: Permission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

function ruleProvider(direction: Direction): ResourceProvider {
  return {
    type: `AWS::EC2::SecurityGroup${direction}`,
    create(properties, context) {
      const { SecurityGroupRules } = context.call.ec2[`AuthorizeSecurityGroup${direction}`]({
        GroupId: groupIdOf(properties, context),
        IpPermissions: [toPermission(properties)],
      });
      return SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? '';
    },
    stability: stable,
    update(ruleId, properties, _previous, context) {
      const Description = textOf(properties, 'Description');
      context.call.ec2[`UpdateSecurityGroupRuleDescriptions${direction}`]({
        GroupId: groupIdOf(properties, context),
        SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: ruleId, ...given({ Description }) }],
      });
      return ruleId;
    },
    delete(ruleId, { call: { ec2 } }) {
      unlessMissing(() => {
        const [rule] =
          ec2.DescribeSecurityGroupRules({ SecurityGroupRuleIds: [ruleId] }).SecurityGroupRules ?? [];
        ec2[`RevokeSecurityGroup${direction}`]({
          GroupId: rule?.GroupId ?? '',
          SecurityGroupRuleIds: [ruleId],
        });
      });
    },
    attributes: (ruleId) => ({ Id: ruleId }),
  };
}

/** Groups of the default VPC may be named. */
function groupIdOf(properties: Properties, { call }: ProviderContext): string {
  const groupId = textOf(properties, 'GroupId');
  if (groupId !== undefined) return groupId;
  const GroupNames = [requireText(properties, 'GroupName')];
  return call.ec2.DescribeSecurityGroups({ GroupNames }).SecurityGroups?.[0]?.GroupId ?? '';
}

function ingressOf(properties: Properties): readonly Permission[] {
  return objectsOf(properties, 'SecurityGroupIngress').map(toPermission);
}

function egressOf(properties: Properties): readonly Permission[] {
  const rules = objectsOf(properties, 'SecurityGroupEgress').map(toPermission);
  return rules.length > 0 ? rules : [openEgress];
}

/** Revokes what is no longer wanted, then allows what is new. The same rule written twice counts once. */
function changeRules(
  direction: Direction,
  GroupId: string,
  before: readonly Permission[],
  after: readonly Permission[],
  { call: { ec2 } }: ProviderContext,
): void {
  const [had, wanted] = [byText(before), byText(after)];
  const gone = [...had].flatMap(([text, permission]) => (wanted.has(text) ? [] : [permission]));
  const fresh = [...wanted].flatMap(([text, permission]) => (had.has(text) ? [] : [permission]));
  if (gone.length > 0)
    unlessMissing(() => ec2[`RevokeSecurityGroup${direction}`]({ GroupId, IpPermissions: gone }));
  if (fresh.length > 0) ec2[`AuthorizeSecurityGroup${direction}`]({ GroupId, IpPermissions: fresh });
}

/** Descriptions do not make rules differ, except that a changed one must be written again. */
function byText(permissions: readonly Permission[]): ReadonlyMap<string, Permission> {
  return new Map(permissions.map((permission) => [JSON.stringify(permission), permission]));
}

/** A rule as templates write it: one peer, flat. */
function toPermission(rule: Properties): Permission {
  const description = given({ Description: textOf(rule, 'Description') });
  const cidrIp = textOf(rule, 'CidrIp');
  const cidrIpv6 = textOf(rule, 'CidrIpv6');
  const groupId = textOf(rule, 'SourceSecurityGroupId') ?? textOf(rule, 'DestinationSecurityGroupId');
  const groupName = textOf(rule, 'SourceSecurityGroupName');
  const prefixListId = textOf(rule, 'SourcePrefixListId') ?? textOf(rule, 'DestinationPrefixListId');
  return {
    IpProtocol: textOf(rule, 'IpProtocol') ?? '-1',
    ...given({ FromPort: numberOf(rule, 'FromPort'), ToPort: numberOf(rule, 'ToPort') }),
    ...(cidrIp === undefined ? {} : { IpRanges: [{ CidrIp: cidrIp, ...description }] }),
    ...(cidrIpv6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6: cidrIpv6, ...description }] }),
    ...(groupId === undefined && groupName === undefined
      ? {}
      : { UserIdGroupPairs: [{ ...given({ GroupId: groupId, GroupName: groupName }), ...description }] }),
    ...(prefixListId === undefined
      ? {}
      : { PrefixListIds: [{ PrefixListId: prefixListId, ...description }] }),
  };
}
