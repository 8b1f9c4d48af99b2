import { parseCidr, renderCidr } from '#/lib/cidr.ts';
import { resourceId } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import {
  aclAssociationNotFound,
  aclEntryExists,
  aclEntryNotFound,
  dependencyViolation,
  invalidCidr,
  invalidParameterValue,
  missingParameter,
  networkAclNotFound,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { moveSubnetToAcl } from '#/services/ec2/network-acl/associate.ts';
import { toAclOutput } from '#/services/ec2/network-acl/output.ts';
import {
  networkAclType,
  type NetworkAcl,
  type NetworkAclEntry,
} from '#/services/ec2/network-acl/resource.ts';
import { finalRuleNumber, withFinalDeny } from '#/services/ec2/network-acl/rules.ts';
import { tagsOfSpecifications } from '#/services/ec2/tags.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const networkAclOperations = {
  CreateNetworkAcl(input, { store, random, account }) {
    const vpc = requireVpc(store, input.VpcId);
    const acl = store.create(networkAclType, {
      id: resourceId('acl', random),
      spec: { vpcId: vpc.id, isDefault: false, entries: [], associations: [] },
      status: {},
      tags: tagsOfSpecifications(input.TagSpecifications, 'network-acl'),
    });
    return { NetworkAcl: toAclOutput(acl, account) };
  },

  CreateNetworkAclEntry(input, { store }) {
    const acl = requireAcl(store, input.NetworkAclId);
    const entry = toEntry(input);
    if (acl.spec.entries.some((other) => isSamePlace(other, entry))) throw aclEntryExists(entry.ruleNumber);
    store.setSpec(acl, { ...acl.spec, entries: [...acl.spec.entries, entry] });
    return {};
  },

  DeleteNetworkAcl({ NetworkAclId }, { store }) {
    const acl = requireAcl(store, NetworkAclId);
    if (acl.spec.isDefault) throw invalidParameterValue(`Cannot delete default network ACL '${acl.id}'`);
    if (acl.spec.associations.length > 0) throw dependencyViolation('networkAcl', acl.id);
    store.markDeleted(acl);
    return {};
  },

  DeleteNetworkAclEntry({ NetworkAclId, RuleNumber, Egress }, { store }) {
    const acl = requireAcl(store, NetworkAclId);
    const rest = acl.spec.entries.filter(
      (entry) => entry.ruleNumber !== RuleNumber || entry.isEgress !== Egress,
    );
    if (rest.length === acl.spec.entries.length) throw aclEntryNotFound(RuleNumber);
    store.setSpec(acl, { ...acl.spec, entries: rest });
    return {};
  },

  DescribeNetworkAcls(input, { store, account }) {
    const acls = chooseByIds(store.list(networkAclType), input.NetworkAclIds, networkAclNotFound);
    const { items, nextToken } = describeResources(acls, input, aclFields(account));
    return { NetworkAcls: items.map((acl) => toAclOutput(acl, account)), NextToken: nextToken };
  },

  ReplaceNetworkAclAssociation({ AssociationId, NetworkAclId }, context) {
    const { store } = context;
    const [from] = store.listBy(networkAclType, 'associationId', AssociationId);
    const association = from?.spec.associations.find(({ associationId }) => associationId === AssociationId);
    if (!from || !association) throw aclAssociationNotFound(AssociationId);
    const to = requireAcl(store, NetworkAclId);
    if (to.spec.vpcId !== from.spec.vpcId)
      throw invalidParameterValue(
        `Network ACL ${to.id} and association ${AssociationId} belong to different networks`,
      );
    return { NewAssociationId: moveSubnetToAcl(context, association.subnetId, to) };
  },

  ReplaceNetworkAclEntry(input, { store }) {
    const acl = requireAcl(store, input.NetworkAclId);
    const entry = toEntry(input);
    if (!acl.spec.entries.some((other) => isSamePlace(other, entry)))
      throw aclEntryNotFound(entry.ruleNumber);
    store.setSpec(acl, {
      ...acl.spec,
      entries: acl.spec.entries.map((other) => (isSamePlace(other, entry) ? entry : other)),
    });
    return {};
  },
} satisfies Handlers<Ec2Api>;

function requireAcl(store: Store, id: string): NetworkAcl {
  const acl = store.get(networkAclType, id);
  if (!acl) throw networkAclNotFound(id);
  return acl;
}

interface EntryInput {
  readonly RuleNumber: number;
  readonly Egress: boolean;
  readonly Protocol: string;
  readonly RuleAction: 'allow' | 'deny';
  readonly CidrBlock?: string;
  readonly Ipv6CidrBlock?: string;
  readonly PortRange?: { readonly From?: number; readonly To?: number };
  readonly IcmpTypeCode?: { readonly Type?: number; readonly Code?: number };
}

/** An entry from the wire. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html */
function toEntry(input: EntryInput): NetworkAclEntry {
  if (input.RuleNumber < 1 || input.RuleNumber >= finalRuleNumber)
    throw invalidParameterValue(`The specified rule number must be between 1 and ${finalRuleNumber - 1}`);
  if (input.CidrBlock === undefined && input.Ipv6CidrBlock === undefined) throw missingParameter('cidrBlock');
  const protocol = toProtocolNumber(input.Protocol);
  const hasPorts = protocol === '6' || protocol === '17';
  const isIcmp = protocol === '1' || protocol === '58';
  if (hasPorts && (input.PortRange?.From === undefined || input.PortRange.To === undefined))
    throw missingParameter('portRange');
  return {
    ruleNumber: input.RuleNumber,
    isEgress: input.Egress,
    protocol,
    ruleAction: input.RuleAction,
    cidrBlock: input.CidrBlock === undefined ? undefined : requireCidr(input.CidrBlock),
    ipv6CidrBlock: input.Ipv6CidrBlock,
    portRange: hasPorts ? { from: input.PortRange?.From ?? 0, to: input.PortRange?.To ?? 65_535 } : undefined,
    icmp: isIcmp ? { type: input.IcmpTypeCode?.Type ?? -1, code: input.IcmpTypeCode?.Code ?? -1 } : undefined,
  };
}

function requireCidr(text: string): string {
  const cidr = parseCidr(text);
  if (!cidr) throw invalidCidr('cidrBlock', text);
  return renderCidr(cidr);
}

const protocolNumbers: ReadonlyMap<string, string> = new Map([
  ['all', '-1'],
  ['icmp', '1'],
  ['tcp', '6'],
  ['udp', '17'],
  ['icmpv6', '58'],
]);

function toProtocolNumber(text: string): string {
  const protocol = protocolNumbers.get(text.toLowerCase()) ?? text;
  if (protocol !== '-1' && !(/^\d{1,3}$/.test(protocol) && Number(protocol) <= 255))
    throw invalidParameterValue(`Invalid value '${text}' for IP protocol. Unknown protocol.`);
  return protocol;
}

function isSamePlace(a: NetworkAclEntry, b: NetworkAclEntry): boolean {
  return a.ruleNumber === b.ruleNumber && a.isEgress === b.isEgress;
}

function aclFields(account: string): FilterFields<NetworkAcl> {
  return {
    'association.association-id': ({ spec }) => spec.associations.map(({ associationId }) => associationId),
    'association.network-acl-id': ({ id, spec }) => (spec.associations.length > 0 ? id : undefined),
    'association.subnet-id': ({ spec }) => spec.associations.map(({ subnetId }) => subnetId),
    default: ({ spec }) => spec.isDefault,
    'entry.cidr': ofEntries(({ cidrBlock }) => cidrBlock),
    'entry.egress': ofEntries(({ isEgress }) => isEgress),
    'entry.icmp.code': ofEntries(({ icmp }) => icmp?.code),
    'entry.icmp.type': ofEntries(({ icmp }) => icmp?.type),
    'entry.ipv6-cidr': ofEntries(({ ipv6CidrBlock }) => ipv6CidrBlock),
    'entry.port-range.from': ofEntries(({ portRange }) => portRange?.from),
    'entry.port-range.to': ofEntries(({ portRange }) => portRange?.to),
    'entry.protocol': ofEntries(({ protocol }) => protocol),
    'entry.rule-action': ofEntries(({ ruleAction }) => ruleAction),
    'entry.rule-number': ofEntries(({ ruleNumber }) => ruleNumber),
    'network-acl-id': ({ id }) => id,
    'owner-id': () => account,
    'vpc-id': ({ spec }) => spec.vpcId,
  };
}

function ofEntries(valueOf: (entry: NetworkAclEntry) => string | number | boolean | undefined) {
  return ({ spec }: NetworkAcl) => withFinalDeny(spec.entries).map(valueOf);
}
