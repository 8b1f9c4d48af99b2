import type * as aws from '@aws-sdk/client-ec2';
import type { Context, Handlers } from '#/services/contract.ts';
import {
  groupIdMalformed,
  groupNotFound,
  invalidParameterCombination,
  missingParameter,
  permissionDuplicate,
  permissionNotFound,
  securityGroupRuleNotFound,
} from '#/services/ec2/errors.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { toRevokedOutput, toRuleOutput } from '#/services/ec2/security-group/output.ts';
import {
  toCidrIpv6Peer,
  toCidrPeer,
  toMatch,
  toRules,
  type Permission,
} from '#/services/ec2/security-group/permissions.ts';
import { requireGroup, requireGroupByName } from '#/services/ec2/security-group/require.ts';
import {
  securityGroupType,
  type SecurityGroup,
  type SecurityGroupRule,
} from '#/services/ec2/security-group/resource.ts';
import { isSameRule, renderRule } from '#/services/ec2/security-group/rules.ts';
import { tagsOfSpecifications, type TagSpecifications } from '#/services/ec2/tags.ts';
import type { Defined } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const securityGroupRuleOperations = {
  AuthorizeSecurityGroupIngress: (input, context) => authorize(input, context, false),
  AuthorizeSecurityGroupEgress: (input, context) => authorize(input, context, true),
  RevokeSecurityGroupIngress: (input, context) => revoke(input, context, false),
  RevokeSecurityGroupEgress: (input, context) => revoke(input, context, true),

  DescribeSecurityGroupRules(input, context) {
    const { store } = context;
    const all = store
      .list(securityGroupType)
      .flatMap((group) => group.spec.rules.map((rule) => ({ group, rule })));
    const ids = input.SecurityGroupRuleIds ?? [];
    for (const { Name, Values = [] } of input.Filters ?? []) {
      const malformed = Name === 'group-id' && Values.find((id) => !id.startsWith('sg-'));
      if (malformed) throw groupIdMalformed(malformed);
    }
    for (const id of ids) if (!all.some(({ rule }) => rule.id === id)) throw securityGroupRuleNotFound(id);
    const chosen = ids.length === 0 ? all : all.filter(({ rule }) => ids.includes(rule.id));
    const found = filterItems(
      chosen,
      input.Filters,
      {
        'group-id': ({ group }) => group.id,
        'security-group-rule-id': ({ rule }) => rule.id,
      },
      ({ rule }) => rule.tags,
    );
    const { items, nextToken } = paginate(found, input);
    return {
      SecurityGroupRules: items.map(({ group, rule }) => toRuleOutput(group.id, rule, context)),
      NextToken: nextToken,
    };
  },

  ModifySecurityGroupRules({ GroupId, SecurityGroupRules }, { store }) {
    const group = requireGroup(store, GroupId);
    let rules = group.spec.rules;
    for (const { SecurityGroupRuleId, SecurityGroupRule } of SecurityGroupRules) {
      const old = rules.find(({ id }) => id === SecurityGroupRuleId);
      if (!old) throw securityGroupRuleNotFound(SecurityGroupRuleId);
      const changed = toChangedRule(store, old, SecurityGroupRule ?? {});
      const others = rules.filter(({ id }) => id !== old.id);
      if (others.some((other) => isSameRule(other, changed))) throw permissionDuplicate(renderRule(changed));
      rules = rules.map((rule) => (rule.id === old.id ? changed : rule));
    }
    store.setSpec(group, { ...group.spec, rules });
    return { Return: true };
  },

  UpdateSecurityGroupRuleDescriptionsIngress: (input, context) => describeRules(input, context, false),
  UpdateSecurityGroupRuleDescriptionsEgress: (input, context) => describeRules(input, context, true),
} satisfies Handlers<Ec2Api>;

interface RulesInput extends FlatPermission {
  readonly GroupId?: string;
  readonly GroupName?: string;
  readonly IpPermissions?: readonly Permission[];
  readonly SecurityGroupRuleIds?: readonly string[];
  readonly TagSpecifications?: TagSpecifications;
}

function authorize(input: RulesInput, context: Context, isEgress: boolean) {
  const { store, random } = context;
  const group = requireTarget(store, input);
  const tags = tagsOfSpecifications(input.TagSpecifications, 'security-group-rule');
  const added = toRules(permissionsOf(input), {
    random,
    isEgress,
    tags,
    findGroup: (wanted) => findPeer(store, group, wanted),
  });
  if (added.length === 0) throw missingParameter('ipPermissions');
  const rules = [...group.spec.rules];
  for (const rule of added) {
    if (rules.some((other) => isSameRule(other, rule))) throw permissionDuplicate(renderRule(rule));
    rules.push(rule);
  }
  store.setSpec(group, { ...group.spec, rules });
  return { Return: true, SecurityGroupRules: added.map((rule) => toRuleOutput(group.id, rule, context)) };
}

function revoke(input: RulesInput, context: Context, isEgress: boolean) {
  const { store } = context;
  const group = requireTarget(store, input);
  const revoked = requireRules(input, context, group, isEgress);
  store.setSpec(group, {
    ...group.spec,
    rules: group.spec.rules.filter((rule) => !revoked.includes(rule)),
  });
  return {
    Return: true,
    RevokedSecurityGroupRules: revoked.map((rule) => toRevokedOutput(group.id, rule)),
    UnknownIpPermissions: [],
  };
}

/** The rules of the group that the input means, by id or by what they allow. */
function requireRules(
  input: RulesInput,
  { store, random }: Context,
  group: SecurityGroup,
  isEgress: boolean,
): readonly SecurityGroupRule[] {
  const own = group.spec.rules.filter((rule) => rule.isEgress === isEgress);
  if (input.SecurityGroupRuleIds && input.SecurityGroupRuleIds.length > 0) {
    return input.SecurityGroupRuleIds.map((id) => {
      const found = own.find((rule) => rule.id === id);
      if (!found) throw securityGroupRuleNotFound(id);
      return found;
    });
  }
  const wanted = toRules(permissionsOf(input), {
    random,
    isEgress,
    tags: {},
    findGroup: (peer) => findPeer(store, group, peer),
  });
  if (wanted.length === 0) throw missingParameter('ipPermissions');
  return wanted.map((rule) => {
    const found = own.find((other) => isSameRule(other, rule));
    if (!found) throw permissionNotFound();
    return found;
  });
}

interface DescriptionsInput {
  readonly GroupId?: string;
  readonly GroupName?: string;
  readonly IpPermissions?: readonly Permission[];
  readonly SecurityGroupRuleDescriptions?: readonly {
    readonly SecurityGroupRuleId?: string;
    readonly Description?: string;
  }[];
}

function describeRules(input: DescriptionsInput, { store, random }: Context, isEgress: boolean) {
  const group = requireTarget(store, input);
  const descriptions = new Map<string, string | undefined>();
  for (const { SecurityGroupRuleId = '', Description } of input.SecurityGroupRuleDescriptions ?? []) {
    if (!group.spec.rules.some((rule) => rule.id === SecurityGroupRuleId))
      throw securityGroupRuleNotFound(SecurityGroupRuleId);
    descriptions.set(SecurityGroupRuleId, Description);
  }
  for (const wanted of toRules(input.IpPermissions ?? [], {
    random,
    isEgress,
    tags: {},
    findGroup: (peer) => findPeer(store, group, peer),
  })) {
    const found = group.spec.rules.find((rule) => isSameRule(rule, wanted));
    if (!found) throw permissionNotFound();
    descriptions.set(found.id, wanted.description);
  }
  if (descriptions.size === 0) throw missingParameter('ipPermissions');
  store.setSpec(group, {
    ...group.spec,
    rules: group.spec.rules.map((rule) =>
      descriptions.has(rule.id) ? { ...rule, description: descriptions.get(rule.id) } : rule,
    ),
  });
  return { Return: true };
}

function toChangedRule(
  store: Store,
  old: SecurityGroupRule,
  change: Defined<aws.SecurityGroupRuleRequest>,
): SecurityGroupRule {
  const match = toMatch(
    change.IpProtocol ?? old.ipProtocol,
    change.FromPort ?? old.fromPort,
    change.ToPort ?? old.toPort,
  );
  return { ...old, ...match, peer: toChangedPeer(store, old, change), description: change.Description };
}

function toChangedPeer(
  store: Store,
  old: SecurityGroupRule,
  change: Defined<aws.SecurityGroupRuleRequest>,
): SecurityGroupRule['peer'] {
  if (change.CidrIpv4 !== undefined) return toCidrPeer(change.CidrIpv4);
  if (change.CidrIpv6 !== undefined) return toCidrIpv6Peer(change.CidrIpv6);
  if (change.ReferencedGroupId !== undefined)
    return { referencedGroupId: requireGroup(store, change.ReferencedGroupId).id };
  return old.peer;
}

/** The older way to name one rule, beside `IpPermissions`. */
interface FlatPermission {
  readonly IpProtocol?: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly CidrIp?: string;
  readonly SourceSecurityGroupName?: string;
}

function permissionsOf(input: RulesInput): readonly Permission[] {
  const { IpProtocol, FromPort, ToPort, CidrIp, SourceSecurityGroupName } = input;
  if (CidrIp === undefined && SourceSecurityGroupName === undefined) return input.IpPermissions ?? [];
  if (input.IpPermissions && input.IpPermissions.length > 0)
    throw invalidParameterCombination('The parameter cidrIp may not be used with ipPermissions');
  return [
    {
      ...(IpProtocol === undefined ? {} : { IpProtocol }),
      ...(FromPort === undefined ? {} : { FromPort }),
      ...(ToPort === undefined ? {} : { ToPort }),
      ...(CidrIp === undefined ? {} : { IpRanges: [{ CidrIp }] }),
      ...(SourceSecurityGroupName === undefined
        ? {}
        : { UserIdGroupPairs: [{ GroupName: SourceSecurityGroupName }] }),
    },
  ];
}

function requireTarget(
  store: Store,
  { GroupId, GroupName }: Pick<RulesInput, 'GroupId' | 'GroupName'>,
): SecurityGroup {
  if (GroupId !== undefined) return requireGroup(store, GroupId);
  if (GroupName !== undefined) return requireGroupByName(store, GroupName);
  throw missingParameter('groupName or groupId');
}

function findPeer(
  store: Store,
  { spec: { vpcId } }: SecurityGroup,
  { id, name }: { id?: string; name?: string },
): SecurityGroup | undefined {
  if (id === undefined && name === undefined) throw groupNotFound('');
  const candidates = store.listBy(securityGroupType, 'vpcId', vpcId);
  return candidates.find((group) => (id === undefined ? group.spec.groupName === name : group.id === id));
}
