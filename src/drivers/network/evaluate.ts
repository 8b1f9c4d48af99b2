import { cidrContainsAddress, parseAddress, parseCidr } from '#/lib/cidr.ts';
import { unreachable } from '#/lib/assert.ts';
import type {
  AccessListEntry,
  Link,
  Network,
  NetworkRoute,
  NetworkSubnet,
  ProtocolMatch,
  SecurityGroupAllow,
} from '#/drivers/network/driver.ts';

/** What is known of a packet before it meets the network. */
export interface Packet {
  /** The link whose guest sends it, or the world outside. */
  readonly from: { readonly linkId: string } | 'internet';
  readonly source: string;
  readonly destination: string;
  readonly payload: Payload;
}

export type Payload =
  | { readonly name: 'tcp' | 'udp'; readonly sourcePort: number; readonly destinationPort: number }
  | { readonly name: 'icmp'; readonly type: number; readonly code: number }
  | { readonly name: 'number'; readonly number: number };

/** What the network does with it. */
export type Decision =
  | { readonly isAllowed: true; readonly to: { readonly linkId: string } | 'internet' | 'services' }
  | { readonly isAllowed: false; readonly by: DecidedBy };

export type DecidedBy =
  | { readonly stage: 'source-check' | 'destination-check' | 'route' | 'internet-gateway' | 'services' }
  | {
      readonly stage: 'access-list-out' | 'access-list-in';
      readonly subnetId: string;
      readonly number: number | undefined;
    }
  | { readonly stage: 'security-group-out' | 'security-group-in'; readonly linkId: string };

/**
 * Whether a flow that begins with this packet comes about: the packet must pass, and its answer, which security groups
 * let through and access lists look at again. A pure reading of the model, against which the kernel is compared.
 */
export function evaluateFlow(network: Network, packet: Packet): Decision {
  const forth = evaluatePacket(network, packet, 'opening');
  if (!forth.isAllowed || forth.to === 'services') return forth;
  const back = evaluateAnswer(network, packet, forth.to);
  return back.isAllowed ? forth : back;
}

/** Whether one packet passes. Security groups let pass what belongs to an `established` flow. */
export function evaluatePacket(network: Network, packet: Packet, state: 'opening' | 'established'): Decision {
  const sender = packet.from === 'internet' ? undefined : linkOf(network, packet.from.linkId);
  if (packet.from !== 'internet' && sender === undefined) return denied({ stage: 'source-check' });
  if (sender && isChecked(sender) && !sender.addresses.includes(packet.source))
    return denied({ stage: 'source-check' });

  const destination = sender ? packet.destination : innerAddressOf(network, packet.destination);
  if (destination === undefined) return denied({ stage: 'internet-gateway' });
  if (sender && isService(network, destination, packet.payload)) return { isAllowed: true, to: 'services' };

  const next = sender ? nextHopOf(network, sender, destination) : ownerOf(network, destination);
  if (next === undefined) return denied({ stage: 'route' });
  if (next === 'internet') {
    if (!network.hasInternetGateway || !hasPublicAddress(network, packet.source))
      return denied({ stage: 'internet-gateway' });
  } else if (isChecked(next) && !next.addresses.includes(destination))
    return denied({ stage: 'destination-check' });

  const receiver = next === 'internet' ? undefined : next;
  const translated = { ...packet, destination };
  const by =
    accessListsDeny(network, sender, receiver, translated) ??
    (state === 'opening' ? securityGroupsDeny(network, sender, receiver, translated) : undefined);
  if (by) return denied(by);
  return { isAllowed: true, to: receiver ? { linkId: receiver.id } : 'internet' };
}

/** The answer is sent by whoever received, to the address that it saw. */
function evaluateAnswer(
  network: Network,
  packet: Packet,
  to: { readonly linkId: string } | 'internet',
): Decision {
  const payload = reversed(packet.payload);
  if (packet.from !== 'internet' && to === 'internet') {
    const outer = publicAddressOf(network, packet.source);
    if (outer === undefined) return denied({ stage: 'internet-gateway' });
    return evaluatePacket(
      network,
      { from: 'internet', source: packet.destination, destination: outer, payload },
      'established',
    );
  }
  const source =
    packet.from === 'internet' ? innerAddressOf(network, packet.destination) : packet.destination;
  if (source === undefined) return denied({ stage: 'internet-gateway' });
  return evaluatePacket(network, { from: to, source, destination: packet.source, payload }, 'established');
}

function reversed(payload: Payload): Payload {
  switch (payload.name) {
    case 'tcp':
    case 'udp':
      return {
        name: payload.name,
        sourcePort: payload.destinationPort,
        destinationPort: payload.sourcePort,
      };
    case 'icmp':
      return { name: 'icmp', type: payload.type === 8 ? 0 : payload.type, code: payload.code };
    case 'number':
      return payload;
    default:
      return unreachable(payload);
  }
}

/**
 * Whether the link's guest reaches the Internet: its subnet sends the default route to an Internet gateway and it has a
 * public address, or to a link that itself does.
 */
export function hasInternetPath(network: Network, link: Link): boolean {
  const first = defaultTargetOf(network, link);
  if (first?.type !== 'link') return reachesGateway(network, link, first);
  const through = linkOf(network, first.linkId);
  return through !== undefined && reachesGateway(network, through, defaultTargetOf(network, through));
}

function reachesGateway(network: Network, link: Link, target: NetworkRoute['target'] | undefined): boolean {
  return (
    network.hasInternetGateway &&
    target?.type === 'internet-gateway' &&
    Object.keys(link.publicAddresses).length > 0
  );
}

function defaultTargetOf(network: Network, link: Link): NetworkRoute['target'] | undefined {
  return routesOf(network, link).find(({ destination }) => parseCidr(destination)?.prefixLength === 0)
    ?.target;
}

function routesOf(network: Network, link: Link): readonly NetworkRoute[] {
  const subnet = subnetOf(network, link);
  return network.routeTables.find(({ id }) => id === subnet?.routeTableId)?.routes ?? [];
}

/** The longest prefix decides; of a route and the implied local one with the same prefix, the route. */
function nextHopOf(network: Network, sender: Link, destination: string): Link | 'internet' | undefined {
  const matching = [
    ...routesOf(network, sender),
    ...network.cidrs.map((cidr) => ({ destination: cidr, target: { type: 'local' } as const })),
  ].filter((route) => contains(route.destination, destination));
  const [best] = matching.toSorted((a, b) => prefixLengthOf(b.destination) - prefixLengthOf(a.destination));
  if (best === undefined) return undefined;
  const { target } = best;
  switch (target.type) {
    case 'blackhole':
      return undefined;
    case 'local':
      return ownerOf(network, destination);
    case 'internet-gateway':
      return network.hasInternetGateway ? 'internet' : undefined;
    case 'link':
      return linkOf(network, target.linkId);
    default:
      return unreachable(target);
  }
}

function accessListsDeny(
  network: Network,
  sender: Link | undefined,
  receiver: Link | undefined,
  packet: Packet,
): DecidedBy | undefined {
  if (sender && receiver && sender.subnetId === receiver.subnetId) return undefined;
  for (const [link, direction, other] of [
    [sender, 'out', packet.destination],
    [receiver, 'in', packet.source],
  ] as const) {
    const subnet = link && subnetOf(network, link);
    if (!subnet) continue;
    const entry = decidingEntry(network, subnet, direction, other, packet.payload);
    if (!entry?.allow)
      return { stage: `access-list-${direction}`, subnetId: subnet.id, number: entry?.number };
  }
  return undefined;
}

function decidingEntry(
  network: Network,
  subnet: NetworkSubnet,
  direction: 'in' | 'out',
  other: string,
  payload: Payload,
): AccessListEntry | undefined {
  return network.accessLists
    .find(({ id }) => id === subnet.accessListId)
    ?.entries.filter((entry) => entry.direction === direction)
    .toSorted((a, b) => a.number - b.number)
    .find((entry) => contains(entry.cidr, other) && matches(entry.protocol, payload));
}

function securityGroupsDeny(
  network: Network,
  sender: Link | undefined,
  receiver: Link | undefined,
  packet: Packet,
): DecidedBy | undefined {
  for (const [link, direction, other] of [
    [sender, 'out', packet.destination],
    [receiver, 'in', packet.source],
  ] as const) {
    if (!link || link.isNat || link.securityGroupIds.length === 0) continue;
    const rules = network.securityGroups
      .filter(({ id }) => link.securityGroupIds.includes(id))
      .flatMap((group) => group.rules)
      .filter((rule) => rule.direction === direction);
    if (!rules.some((rule) => matches(rule.protocol, packet.payload) && isPeer(network, rule.peer, other)))
      return { stage: `security-group-${direction}`, linkId: link.id };
  }
  return undefined;
}

function isPeer(network: Network, peer: SecurityGroupAllow['peer'], address: string): boolean {
  if ('cidr' in peer) return contains(peer.cidr, address);
  return ownerOf(network, address)?.securityGroupIds.includes(peer.securityGroupId) ?? false;
}

/** Whether a rule's protocol and ports are those of the packet. */
export function matches(protocol: ProtocolMatch, payload: Payload): boolean {
  switch (protocol.name) {
    case 'all':
      return true;
    case 'tcp':
    case 'udp':
      return (
        payload.name === protocol.name &&
        payload.destinationPort >= protocol.fromPort &&
        payload.destinationPort <= protocol.toPort
      );
    case 'icmp':
      return (
        payload.name === 'icmp' &&
        (protocol.type === -1 ||
          (protocol.type === payload.type && (protocol.code === -1 || protocol.code === payload.code)))
      );
    case 'number':
      return protocol.number === protocolNumberOf(payload);
    default:
      return unreachable(protocol);
  }
}

function protocolNumberOf(payload: Payload): number {
  switch (payload.name) {
    case 'tcp':
      return 6;
    case 'udp':
      return 17;
    case 'icmp':
      return 1;
    case 'number':
      return payload.number;
    default:
      return unreachable(payload);
  }
}

/** Instance metadata and the name server: neither groups nor lists filter them. */
function isService(network: Network, destination: string, payload: Payload): boolean {
  if (destination === '169.254.169.254') return payload.name === 'tcp' && payload.destinationPort === 80;
  if (!network.hasNameServer || (payload.name !== 'tcp' && payload.name !== 'udp')) return false;
  return (
    payload.destinationPort === 53 &&
    (destination === '169.254.169.253' || parseAddress(destination) === nameServerNumber(network))
  );
}

function nameServerNumber(network: Network): number | undefined {
  const first = parseCidr(network.cidrs[0] ?? '');
  return first && first.base + 2;
}

function denied(by: DecidedBy): Decision {
  return { isAllowed: false, by };
}

function isChecked(link: Link): boolean {
  return link.sourceDestCheck && !link.isNat;
}

function linkOf(network: Network, linkId: string): Link | undefined {
  return network.links.find(({ id }) => id === linkId);
}

function subnetOf(network: Network, link: Link): NetworkSubnet | undefined {
  return network.subnets.find(({ id }) => id === link.subnetId);
}

function ownerOf(network: Network, address: string): Link | undefined {
  return network.links.find(({ addresses }) => addresses.includes(address));
}

function hasPublicAddress(network: Network, inner: string): boolean {
  return publicAddressOf(network, inner) !== undefined;
}

function publicAddressOf(network: Network, inner: string): string | undefined {
  for (const link of network.links)
    for (const [address, outer] of Object.entries(link.publicAddresses)) if (address === inner) return outer;
  return undefined;
}

function innerAddressOf(network: Network, outer: string): string | undefined {
  if (!network.hasInternetGateway) return undefined;
  for (const link of network.links)
    for (const [address, publicAddress] of Object.entries(link.publicAddresses))
      if (publicAddress === outer) return address;
  return undefined;
}

function contains(cidrText: string, addressText: string): boolean {
  const cidr = parseCidr(cidrText);
  const address = parseAddress(addressText);
  return cidr !== undefined && address !== undefined && cidrContainsAddress(cidr, address);
}

function prefixLengthOf(cidrText: string): number {
  return parseCidr(cidrText)?.prefixLength ?? 0;
}
