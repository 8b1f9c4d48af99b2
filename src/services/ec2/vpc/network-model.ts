import { assert } from '#/lib/assert.ts';
import type {
  AccessList,
  AccessListEntry,
  Link,
  Network,
  NetworkRoute,
  NetworkRouteTable,
  NetworkSecurityGroup,
  NetworkSubnet,
  ProtocolMatch,
  SecurityGroupAllow,
} from '#/drivers/network/driver.ts';
import type { NetworkAcl, NetworkAclEntry } from '#/services/ec2/network-acl/resource.ts';
import type { NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { resolveTarget } from '#/services/ec2/route-table/decide.ts';
import type { RouteTable } from '#/services/ec2/route-table/resource.ts';
import type { SecurityGroup, SecurityGroupRule } from '#/services/ec2/security-group/resource.ts';
import type { Subnet } from '#/services/ec2/subnet/resource.ts';
import { wantedParts, type VpcParts } from '#/services/ec2/vpc/parts.ts';
import type { Vpc } from '#/services/ec2/vpc/resource.ts';

/** The whole network that a VPC and its parts ask for. Pure, and the same for the same wishes in any order of events. */
export function toNetwork(vpc: Vpc, allParts: VpcParts): Network {
  const parts = wantedParts(allParts);
  const subnetIds = new Set(parts.subnets.map(({ id }) => id));
  const groupIds = new Set(parts.securityGroups.map(({ id }) => id));
  return {
    id: vpc.id,
    cidrs: vpc.spec.cidrBlocks.map(({ cidrBlock }) => cidrBlock),
    subnets: parts.subnets.map((subnet) => toNetworkSubnet(subnet, parts)),
    links: parts.networkInterfaces
      .filter(({ spec }) => subnetIds.has(spec.subnetId))
      .map((networkInterface) => toLink(networkInterface, parts)),
    routeTables: parts.routeTables.map((table) => toNetworkRouteTable(table, parts)),
    accessLists: parts.networkAcls.map(toAccessList),
    securityGroups: [
      ...parts.securityGroups.map((group) => toNetworkGroup(group, groupIds)),
      ...(parts.networkInterfaces.some(isDatabase) ? [replicationGroup] : []),
    ],
    hasInternetGateway: parts.internetGateways.length > 0,
    hasNameServer: vpc.spec.enableDnsSupport,
  };
}

function toNetworkSubnet(subnet: Subnet, parts: VpcParts): NetworkSubnet {
  const table =
    parts.routeTables.find(({ spec }) => spec.associations.some(({ subnetId }) => subnetId === subnet.id)) ??
    parts.routeTables.find(({ spec }) => spec.associations.some(({ subnetId }) => subnetId === undefined));
  const acl =
    parts.networkAcls.find(({ spec }) => spec.associations.some(({ subnetId }) => subnetId === subnet.id)) ??
    parts.networkAcls.find(({ spec }) => spec.isDefault);
  assert(table && acl, `${subnet.spec.vpcId} has a main route table and a default network ACL`);
  return { id: subnet.id, cidr: subnet.spec.cidrBlock, routeTableId: table.id, accessListId: acl.id };
}

function toLink({ id, spec }: NetworkInterface, parts: VpcParts): Link {
  return {
    id,
    subnetId: spec.subnetId,
    addresses: spec.privateIpAddresses,
    macAddress: spec.macAddress,
    securityGroupIds: [...spec.securityGroupIds, ...(isDatabase({ spec }) ? [replicationGroup.id] : [])],
    sourceDestCheck: spec.sourceDestCheck,
    publicAddresses: publicAddressesOf(id, spec.publicIpAddress, spec.privateIpAddresses, spec.vpcId, parts),
    isNat: spec.interfaceType === 'nat_gateway',
  };
}

/**
 * RDS replicates whatever the security groups of its users say: theirs are about clients. So its interfaces are in one
 * more group, which no user sees, and whose members may talk to each other.
 */
const replicationGroup: NetworkSecurityGroup = {
  id: 'rds-replication',
  rules: (['in', 'out'] as const).map((direction) => ({
    direction,
    protocol: { name: 'tcp', fromPort: 0, toPort: 65_535 },
    peer: { securityGroupId: 'rds-replication' },
  })),
};

function isDatabase({ spec }: Pick<NetworkInterface, 'spec'>): boolean {
  return spec.requester === 'amazon-rds';
}

/** An Elastic IP address takes the place of the address that came with the interface. */
function publicAddressesOf(
  networkInterfaceId: string,
  ownAddress: string | undefined,
  [primaryAddress]: readonly string[],
  vpcId: string,
  parts: VpcParts,
): Readonly<Record<string, string>> {
  const pairs: [string, string][] = [];
  if (ownAddress !== undefined && primaryAddress !== undefined) pairs.push([primaryAddress, ownAddress]);
  for (const { spec, status } of parts.eips) {
    if (spec.association?.networkInterfaceId !== networkInterfaceId) continue;
    // The network that maps it now must let go first.
    if (status.mappedVpcId !== undefined && status.mappedVpcId !== vpcId) continue;
    pairs.push([spec.association.privateIpAddress, spec.publicIp]);
  }
  return Object.fromEntries(pairs);
}

function toNetworkRouteTable(table: RouteTable, parts: VpcParts): NetworkRouteTable {
  return {
    id: table.id,
    routes: table.spec.routes.flatMap(({ destination, target }): NetworkRoute[] =>
      // The data plane has no IPv6.
      destination.includes(':') ? [] : [{ destination, target: resolveTarget(target, parts) }],
    ),
  };
}

function toAccessList(acl: NetworkAcl): AccessList {
  return { id: acl.id, entries: acl.spec.entries.flatMap(toAccessListEntry) };
}

function toAccessListEntry(entry: NetworkAclEntry): AccessListEntry[] {
  if (entry.cidrBlock === undefined) return [];
  return [
    {
      number: entry.ruleNumber,
      direction: entry.isEgress ? 'out' : 'in',
      allow: entry.ruleAction === 'allow',
      protocol: toProtocolMatch(
        entry.protocol,
        entry.portRange ?? { from: 0, to: 65_535 },
        entry.icmp ?? { type: -1, code: -1 },
      ),
      cidr: entry.cidrBlock,
    },
  ];
}

function toNetworkGroup(group: SecurityGroup, groupIds: ReadonlySet<string>): NetworkSecurityGroup {
  return { id: group.id, rules: group.spec.rules.flatMap((rule) => toAllow(rule, groupIds)) };
}

function toAllow(rule: SecurityGroupRule, groupIds: ReadonlySet<string>): SecurityGroupAllow[] {
  const peer = toPeer(rule, groupIds);
  if (!peer) return [];
  return [
    {
      direction: rule.isEgress ? 'out' : 'in',
      protocol: toProtocolMatch(
        rule.ipProtocol,
        rule.fromPort < 0 ? { from: 0, to: 65_535 } : { from: rule.fromPort, to: rule.toPort },
        { type: rule.fromPort, code: rule.toPort },
      ),
      peer,
    },
  ];
}

/** Undefined for IPv6, and for a group that is gone: a stale rule allows nobody. */
function toPeer(
  { peer }: SecurityGroupRule,
  groupIds: ReadonlySet<string>,
): SecurityGroupAllow['peer'] | undefined {
  if ('cidrIpv4' in peer) return { cidr: peer.cidrIpv4 };
  if ('referencedGroupId' in peer && groupIds.has(peer.referencedGroupId))
    return { securityGroupId: peer.referencedGroupId };
  return undefined;
}

/** A rule's protocol, by name or number, with its ports or its ICMP type and code. */
function toProtocolMatch(
  protocol: string,
  ports: { readonly from: number; readonly to: number },
  icmp: { readonly type: number; readonly code: number },
): ProtocolMatch {
  switch (protocol) {
    case '-1':
      return { name: 'all' };
    case 'tcp':
    case '6':
      return { name: 'tcp', fromPort: ports.from, toPort: ports.to };
    case 'udp':
    case '17':
      return { name: 'udp', fromPort: ports.from, toPort: ports.to };
    case 'icmp':
    case '1':
      return { name: 'icmp', ...icmp };
    case 'icmpv6':
      return { name: 'number', number: 58 };
    default:
      return { name: 'number', number: Number(protocol) };
  }
}
