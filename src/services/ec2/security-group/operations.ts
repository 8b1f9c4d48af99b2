import { AwsError } from '#/lib/aws-error.ts';
import { resourceId } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import {
  cannotDeleteDefaultGroup,
  groupDuplicate,
  groupHasDependents,
  groupNotFound,
  invalidParameterValue,
  missingParameter,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { toGroupArn, toGroupOutput } from '#/services/ec2/security-group/output.ts';
import { requireGroup, requireGroupByName } from '#/services/ec2/security-group/require.ts';
import {
  securityGroupType,
  type SecurityGroup,
  type SecurityGroupRule,
} from '#/services/ec2/security-group/resource.ts';
import { allowAllEgress } from '#/services/ec2/security-group/rules.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const securityGroupOperations = {
  CreateSecurityGroup(input, context) {
    const { store, random } = context;
    const { GroupName, Description } = input;
    if (GroupName === undefined) throw missingParameter('GroupName');
    if (Description === undefined || Description === '') throw missingParameter('GroupDescription');
    const vpc = input.VpcId === undefined ? requireDefaultVpc(store) : requireVpc(store, input.VpcId);
    requireGroupName(store, GroupName, vpc.id);
    const group = store.create(securityGroupType, {
      id: resourceId('sg', random),
      spec: {
        vpcId: vpc.id,
        groupName: GroupName,
        description: Description,
        rules: [allowAllEgress(random)],
      },
      status: { isApplied: false },
      tags: tagsOfSpecifications(input.TagSpecifications, 'security-group'),
    });
    return {
      GroupId: group.id,
      SecurityGroupArn: toGroupArn(group.id, context),
      Tags: toTagList(group.tags),
    };
  },

  DeleteSecurityGroup({ GroupId, GroupName }, { store }) {
    const group =
      GroupId === undefined ? requireGroupByName(store, GroupName ?? '') : requireGroup(store, GroupId);
    if (group.spec.groupName === 'default') throw cannotDeleteDefaultGroup(group.id);
    if (isUsed(store, group)) throw groupHasDependents(group.id);
    store.markDeleted(group);
    return { Return: true, GroupId: group.id };
  },

  DescribeSecurityGroups(input, context) {
    const { store } = context;
    const named = (input.GroupNames ?? []).map((name) => requireGroupByName(store, name).id);
    const groups = chooseByIds(
      store.list(securityGroupType),
      [...(input.GroupIds ?? []), ...named],
      groupNotFound,
    );
    const { items, nextToken } = describeResources(groups, input, groupFields(context));
    return { SecurityGroups: items.map((group) => toGroupOutput(group, context)), NextToken: nextToken };
  },

  DescribeSecurityGroupReferences({ GroupId }, { store }) {
    for (const id of GroupId) requireGroup(store, id);
    // Only groups of peered VPCs are answered, and there are none.
    return { SecurityGroupReferenceSet: [] };
  },

  GetSecurityGroupsForVpc(input, { store, account }) {
    const vpc = requireVpc(store, input.VpcId);
    const groups = store.listBy(securityGroupType, 'vpcId', vpc.id);
    const { items, nextToken } = describeResources(groups, input, {
      'group-id': ({ id }) => id,
      description: ({ spec }) => spec.description,
      'group-name': ({ spec }) => spec.groupName,
      'owner-id': () => account,
      'primary-vpc-id': ({ spec }) => spec.vpcId,
    });
    return {
      SecurityGroupForVpcs: items.map(({ id, spec, tags }) => ({
        GroupId: id,
        GroupName: spec.groupName,
        Description: spec.description,
        OwnerId: account,
        PrimaryVpcId: spec.vpcId,
        Tags: toTagList(tags),
      })),
      NextToken: nextToken,
    };
  },
} satisfies Handlers<Ec2Api>;

/** Whether an interface is a member of the group, or another group's rule speaks of it. */
function isUsed(store: Store, group: SecurityGroup): boolean {
  return (
    store.listBy(networkInterfaceType, 'securityGroupId', group.id).length > 0 ||
    store
      .listBy(securityGroupType, 'vpcId', group.spec.vpcId)
      .some((other) => other.id !== group.id && other.spec.rules.some((rule) => peerId(rule) === group.id))
  );
}

function peerId({ peer }: SecurityGroupRule): string | undefined {
  return 'referencedGroupId' in peer ? peer.referencedGroupId : undefined;
}

function requireDefaultVpc(store: Store) {
  const vpc = store.list(vpcType).find(({ spec }) => spec.isDefault);
  if (!vpc) throw new AwsError('VPCIdNotSpecified', 'No default VPC for this user');
  return vpc;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
function requireGroupName(store: Store, name: string, vpcId: string): void {
  if (name.startsWith('sg-'))
    throw invalidParameterValue(
      'Value (' + name + ') for parameter GroupName is invalid. Group names may not be in the format sg-*.',
    );
  if (name === 'default')
    throw new AwsError('InvalidParameterValue', 'Cannot use reserved security group name: default');
  if (store.listBy(securityGroupType, 'groupName', name).some(({ spec }) => spec.vpcId === vpcId))
    throw groupDuplicate(name, vpcId);
}

function groupFields(context: Pick<Context, 'account' | 'store'>): FilterFields<SecurityGroup> {
  const fields: Record<string, (group: SecurityGroup) => ReturnType<FilterFields<SecurityGroup>[string]>> = {
    description: ({ spec }) => spec.description,
    'group-id': ({ id }) => id,
    'group-name': ({ spec }) => spec.groupName,
    'owner-id': () => context.account,
    'vpc-id': ({ spec }) => spec.vpcId,
  };
  for (const [prefix, isEgress] of [
    ['ip-permission', false],
    ['egress.ip-permission', true],
  ] as const) {
    const ofRules =
      (valueOf: (rule: SecurityGroupRule) => string | number | undefined) =>
      ({ spec }: SecurityGroup) =>
        spec.rules.filter((rule) => rule.isEgress === isEgress).map(valueOf);
    fields[`${prefix}.cidr`] = ofRules(({ peer }) => ('cidrIpv4' in peer ? peer.cidrIpv4 : undefined));
    fields[`${prefix}.ipv6-cidr`] = ofRules(({ peer }) => ('cidrIpv6' in peer ? peer.cidrIpv6 : undefined));
    fields[`${prefix}.from-port`] = ofRules(({ fromPort }) => fromPort);
    fields[`${prefix}.to-port`] = ofRules(({ toPort }) => toPort);
    fields[`${prefix}.protocol`] = ofRules(({ ipProtocol }) => ipProtocol);
    fields[`${prefix}.group-name`] = ofRules(
      (rule) => context.store.get(securityGroupType, peerId(rule) ?? '')?.spec.groupName,
    );
    fields[`${prefix}.group-id`] = ofRules(peerId);
    fields[`${prefix}.user-id`] = ofRules((rule) =>
      peerId(rule) === undefined ? undefined : context.account,
    );
  }
  return fields;
}
