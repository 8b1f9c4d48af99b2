import { assert, unreachable } from '#/lib/assert.ts';
import { parseAddress, renderCidr } from '#/lib/cidr.ts';
import type {
  AccessList,
  Link,
  Network,
  NetworkSecurityGroup,
  ProtocolMatch,
  SecurityGroupAllow,
} from '#/drivers/network/driver.ts';
import { hasInternetPath } from '#/drivers/network/evaluate.ts';
import {
  aliasOf,
  deviceOf,
  gatewayGroup,
  nameServerOf,
  numberOf,
  requireCidr,
  serviceAddresses,
  serviceGroup,
  type Numbers,
} from '#/drivers/network/linux/plan.ts';

/** The table that holds a network's packet filters, in its router's namespace. */
export const filterTable = 'vpc';

/**
 * The packet filters of a network: the whole of one table, to be loaded in one step.
 *
 * A packet passes stages, each a base chain of its own, so that `accept` ends a stage and not the way: source check and
 * choice of the route table; destination rewriting; the route's own conditions; access list of the subnet it leaves;
 * access list of the subnet it enters; security groups of its sender; security groups of its receiver; source rewriting.
 * Access lists look at every packet and at none within one subnet; security groups only at what opens a flow.
 */
export function renderFilters(network: Network, numbers: Numbers): string {
  const known = new Set(network.securityGroups.map(({ id }) => id));
  const groups = groupListsOf(network.links);
  return `table ip ${filterTable} {
${renderIdentities(network, numbers)}
${renderVerdictMaps(network, numbers, groups)}
${network.accessLists.flatMap((list) => [renderAccessList(list, 'out'), renderAccessList(list, 'in')]).join('\n')}
${network.securityGroups.flatMap((group) => [renderSecurityGroup(group, 'out', known), renderSecurityGroup(group, 'in', known)]).join('\n')}
${[...groups.values()].flatMap((list) => [renderGroupList(list, 'out', known), renderGroupList(list, 'in', known)]).join('\n')}
${renderStages(network)}
}
`;
}

/** Who is who: one element for each address, link or subnet. */
function renderIdentities(network: Network, numbers: Numbers): string {
  const { links } = network;
  const device = (link: Link): string => `"${deviceOf(numbers, link.id)}"`;
  const publicPairs = network.hasInternetGateway
    ? links.flatMap((link) => Object.entries(link.publicAddresses))
    : [];
  const aliases = links.flatMap((link) =>
    link.addresses.map(
      (address) => `${checked(address)} : ${aliasOf(numbers.network, numberOf(numbers.links, link.id))}`,
    ),
  );
  return [
    renderSet(
      'set',
      'addr_ok',
      'ifname . ipv4_addr',
      links.flatMap((link) => link.addresses.map((address) => `${device(link)} . ${checked(address)}`)),
    ),
    renderSet(
      'set',
      'unchecked',
      'ifname',
      links.filter((link) => link.isNat || !link.sourceDestCheck).map(device),
    ),
    renderSet('set', 'api_ok', 'ifname', links.filter((link) => hasInternetPath(network, link)).map(device)),
    renderSet(
      'set',
      'same_subnet',
      'devgroup . devgroup',
      [...numbers.subnets.values()].map((group) => `${group} . ${group}`),
    ),
    renderSet(
      'map',
      'rt_of',
      'devgroup : mark',
      network.subnets.map(
        (subnet) =>
          `${numberOf(numbers.subnets, subnet.id)} : ${numberOf(numbers.routeTables, subnet.routeTableId)}`,
      ),
    ),
    renderSet(
      'map',
      'pub_out',
      'ipv4_addr : ipv4_addr',
      publicPairs.map(([inner, outer]) => `${checked(inner)} : ${checked(outer)}`),
    ),
    renderSet(
      'map',
      'pub_in',
      'ipv4_addr : ipv4_addr',
      publicPairs.map(([inner, outer]) => `${checked(outer)} : ${checked(inner)}`),
    ),
    renderSet(
      'set',
      'pub_inner',
      'ipv4_addr',
      publicPairs.map(([inner]) => checked(inner)),
    ),
    renderSet(
      'set',
      'pub_outer',
      'ipv4_addr',
      publicPairs.map(([, outer]) => checked(outer)),
    ),
    renderSet('map', 'alias_of', 'ipv4_addr : ipv4_addr', aliases),
    ...network.securityGroups.map((group) =>
      renderSet(
        'set',
        memberSet(group.id),
        'ipv4_addr',
        links
          .filter((link) => link.securityGroupIds.includes(group.id))
          .flatMap((link) => link.addresses.map(checked)),
      ),
    ),
  ].join('\n');
}

/** Which chain decides for a subnet or a link. */
function renderVerdictMaps(
  network: Network,
  numbers: Numbers,
  groups: ReadonlyMap<string, GroupList>,
): string {
  const maps = (['out', 'in'] as const).flatMap((direction) => [
    renderSet(
      'map',
      `acl_${direction}`,
      'devgroup : verdict',
      network.subnets.map(
        (subnet) =>
          `${numberOf(numbers.subnets, subnet.id)} : goto ${chainName(subnet.accessListId, direction)}`,
      ),
    ),
    renderSet(
      'map',
      `sg_${direction}`,
      'ifname : verdict',
      network.links.map((link) => {
        const list = groups.get(groupListKey(link));
        assert(list, `${link.id} has a list of groups`);
        return `"${deviceOf(numbers, link.id)}" : goto ${list.name}_${direction}`;
      }),
    ),
  ]);
  return maps.join('\n');
}

function renderSet(kind: 'set' | 'map', name: string, type: string, elements: readonly string[]): string {
  const unique = [...new Set(elements)];
  if (unique.length === 0) return `  ${kind} ${name} { type ${type}; }`;
  return `  ${kind} ${name} {\n    type ${type}\n    elements = { ${unique.join(', ')} }\n  }`;
}

function renderAccessList(list: AccessList, direction: 'in' | 'out'): string {
  const side = direction === 'in' ? 'saddr' : 'daddr';
  const entries = list.entries
    .filter((entry) => entry.direction === direction)
    .toSorted((a, b) => a.number - b.number)
    .map((entry) =>
      rule([
        renderCidrMatch(side, entry.cidr),
        renderProtocol(entry.protocol),
        entry.allow ? 'accept' : 'drop',
      ]),
    );
  return renderChain(chainName(list.id, direction), [...entries, '    counter drop']);
}

/** A rule about a group that is no longer there allows nobody. */
function renderSecurityGroup(
  group: NetworkSecurityGroup,
  direction: 'in' | 'out',
  known: ReadonlySet<string>,
): string {
  const isKnown = (peer: SecurityGroupAllow['peer']): boolean =>
    'cidr' in peer || known.has(peer.securityGroupId);
  const side = direction === 'in' ? 'saddr' : 'daddr';
  const rules = group.rules
    .filter((allow) => allow.direction === direction && isKnown(allow.peer))
    .map(({ peer, protocol }) =>
      rule([
        'cidr' in peer ? renderCidrMatch(side, peer.cidr) : `ip ${side} @${memberSet(peer.securityGroupId)}`,
        renderProtocol(protocol),
        'accept',
      ]),
    );
  return renderChain(chainName(group.id, direction), rules);
}

/** Links with the same groups share a chain. */
interface GroupList {
  readonly name: string;
  readonly securityGroupIds: readonly string[];
}

function groupListsOf(links: readonly Link[]): ReadonlyMap<string, GroupList> {
  const lists = new Map<string, GroupList>();
  for (const link of links) {
    const key = groupListKey(link);
    if (!lists.has(key))
      lists.set(key, {
        name: `groups_${lists.size + 1}`,
        securityGroupIds: key.split(' ').filter((id) => id !== ''),
      });
  }
  return lists;
}

function groupListKey(link: Link): string {
  return link.isNat ? '' : link.securityGroupIds.toSorted().join(' ');
}

/** A link without groups is a gateway's: AWS filters none of its packets by groups. */
function renderGroupList(list: GroupList, direction: 'in' | 'out', known: ReadonlySet<string>): string {
  if (list.securityGroupIds.length === 0) return renderChain(`${list.name}_${direction}`, ['    accept']);
  const jumps = list.securityGroupIds
    .filter((id) => known.has(id))
    .map((id) => `    jump ${chainName(id, direction)}`);
  return renderChain(`${list.name}_${direction}`, [...jumps, '    counter drop']);
}

function renderStages(network: Network): string {
  const nameServer = network.hasNameServer
    ? `
    ip daddr { 169.254.169.253, ${nameServerOf(network)} } meta l4proto { tcp, udp } th dport 53 dnat to ${serviceAddresses.nameServer}`
    : '';
  return `  chain stage_source {
    type filter hook prerouting priority raw; policy accept;
    iifgroup < 10 goto stage_gateway
    iifname . ip saddr != @addr_ok iifname != @unchecked counter drop
    meta mark set iifgroup map @rt_of
  }
  chain stage_gateway {
    iifgroup ${gatewayGroup} ip daddr != @pub_outer counter drop
  }
  chain stage_destination {
    type nat hook prerouting priority dstnat; policy accept;
    iifgroup ${gatewayGroup} dnat to ip daddr map @pub_in
    ip daddr 169.254.169.254 tcp dport 80 dnat to ${serviceAddresses.instanceMetadata}${nameServer}
  }
  chain stage_route {
    type filter hook forward priority 0; policy accept;
    oifgroup >= 10 oifname . ip daddr != @addr_ok oifname != @unchecked counter drop
    oifgroup ${gatewayGroup} ip saddr != @pub_inner counter drop
    oifgroup ${serviceGroup} ct status dnat accept
    oifgroup ${serviceGroup} ip daddr ${serviceAddresses.api} tcp dport { 80, 443 } iifname @api_ok accept
    oifgroup ${serviceGroup} counter drop
  }
  chain stage_acl_out {
    type filter hook forward priority 10; policy accept;
    oifgroup ${serviceGroup} ip daddr != ${serviceAddresses.api} accept
    iifgroup . oifgroup @same_subnet accept
    iifgroup vmap @acl_out
    iifgroup >= 10 counter drop
  }
  chain stage_acl_in {
    type filter hook forward priority 20; policy accept;
    iifgroup ${serviceGroup} ct status dnat accept
    iifgroup . oifgroup @same_subnet accept
    oifgroup vmap @acl_in
    oifgroup >= 10 counter drop
  }
  chain stage_sg_out {
    type filter hook forward priority 30; policy accept;
    ct state established,related accept
    oifgroup ${serviceGroup} ip daddr != ${serviceAddresses.api} accept
    iifname vmap @sg_out
    iifgroup >= 10 counter drop
  }
  chain stage_sg_in {
    type filter hook forward priority 40; policy accept;
    ct state established,related accept
    oifname vmap @sg_in
    oifgroup >= 10 counter drop
  }
  chain stage_sender {
    type nat hook postrouting priority srcnat; policy accept;
    oifgroup ${gatewayGroup} snat to ip saddr map @pub_out
    oifgroup ${serviceGroup} snat to ip saddr map @alias_of
  }
  chain stage_router {
    type filter hook input priority 0; policy drop;
  }`;
}

function renderChain(name: string, rules: readonly string[]): string {
  return [`  chain ${name} {`, ...rules, '  }'].join('\n');
}

function rule(parts: readonly string[]): string {
  return `    ${parts.filter((part) => part !== '').join(' ')}`;
}

function renderCidrMatch(side: 'saddr' | 'daddr', text: string): string {
  const cidr = requireCidr(text);
  return cidr.prefixLength === 0 ? '' : `ip ${side} ${renderCidr(cidr)}`;
}

function renderProtocol(protocol: ProtocolMatch): string {
  switch (protocol.name) {
    case 'all':
      return '';
    case 'tcp':
    case 'udp':
      return renderPorts(protocol.name, protocol.fromPort, protocol.toPort);
    case 'icmp':
      return renderIcmp(protocol.type, protocol.code);
    case 'number':
      return `ip protocol ${protocol.number}`;
    default:
      return unreachable(protocol);
  }
}

function renderPorts(name: 'tcp' | 'udp', from: number, to: number): string {
  if (from <= 0 && to >= 65_535) return `meta l4proto ${name}`;
  return from === to ? `${name} dport ${from}` : `${name} dport ${from}-${to}`;
}

function renderIcmp(type: number, code: number): string {
  if (type === -1) return 'ip protocol icmp';
  return code === -1 ? `icmp type ${type}` : `icmp type ${type} icmp code ${code}`;
}

/** Prefixed, because `flow` or `up` would be words of the language, and without the dash that names may not have. */
function chainName(id: string, direction: 'in' | 'out'): string {
  return `of_${id.replaceAll('-', '_')}_${direction}`;
}

function memberSet(securityGroupId: string): string {
  return `members_${securityGroupId.replaceAll('-', '_')}`;
}

/** The program that reads this would ask a name server about anything that is not an address. */
function checked(address: string): string {
  assert(parseAddress(address) !== undefined, `${address} is an address`);
  return address;
}
