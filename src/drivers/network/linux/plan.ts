import { createHash } from 'node:crypto';
import { assert } from '#/lib/assert.ts';
import { parseAddress, parseCidr, renderAddress, type Cidr } from '#/lib/cidr.ts';
import type { Link, Network, NetworkRoute, NetworkSubnet } from '#/drivers/network/driver.ts';

/**
 * The numbers by which the kernel knows a network's parts. They stay with their parts from one apply to the next, so
 * that a flow never sees another's mark, group or alias.
 */
export interface Numbers {
  /** The network's own number in its region: from it come its addresses towards edge and services. */
  readonly network: number;
  /** Of links: their device is `e<n>`. */
  readonly links: ReadonlyMap<string, number>;
  /** Of subnets: the group of their links' devices. */
  readonly subnets: ReadonlyMap<string, number>;
  /** Of route tables: the kernel's table and the mark of the packets that are routed by it. */
  readonly routeTables: ReadonlyMap<string, number>;
}

/** Device groups below this one are not subnets: the Internet gateway's device is in 1, the services' in 3. */
export const gatewayGroup = 1;
export const serviceGroup = 3;
const firstSubnetGroup = 10;
const firstRouteTable = 1000;
const networksMax = 3967;
const linksMax = 1023;

/** Addresses at which guests find what the region answers itself. They exist in the services' namespace only. */
export const serviceAddresses = {
  instanceMetadata: '100.127.255.254',
  nameServer: '100.127.255.253',
  api: '100.127.255.252',
} as const;
export const serviceNetwork = '100.127.255.252/30';

const edgeWires = '100.127.0.0';
const serviceWires = '100.126.0.0';

/** The least network number that nobody has. */
export function freeNetworkNumber(taken: ReadonlySet<number>): number {
  for (let number = 1; number <= networksMax; number += 1) if (!taken.has(number)) return number;
  throw new Error(`this region has ${networksMax} networks already`);
}

/** Both ends of the wire between a network's router and the edge: a /30 for each network. */
export function edgeAddresses(network: number) {
  return wire(edgeWires, network);
}

/** Both ends of the wire between a network's router and the services. */
export function serviceWireAddresses(network: number) {
  return wire(serviceWires, network);
}

function wire(base: string, network: number): { readonly outer: string; readonly router: string } {
  const first = addressNumber(base) + network * 4;
  return { outer: renderAddress(first + 1), router: renderAddress(first + 2) };
}

/** The network's number, read back from its router's address on one of its wires: `100.127.0.6/30`. */
export function networkNumberOf(routerAddress: string, wireName: 'igw' | 'svc'): number {
  const [address = ''] = routerAddress.split('/');
  const base = wireName === 'igw' ? edgeWires : serviceWires;
  return (addressNumber(address) - 2 - addressNumber(base)) / 4;
}

/** The range in which the aliases of a network's links lie. */
export function aliasRange(network: number): string {
  return `${renderAddress(addressNumber('100.64.0.0') + network * 1024)}/22`;
}

/** The address, unique in the region, by which the services know a link. */
export function aliasOf(network: number, link: number): string {
  return renderAddress(addressNumber('100.64.0.0') + network * 1024 + link);
}

/** Numbers for all parts: the known ones kept, new ones given, those of parts that are gone free again. */
export function assignNumbers(network: Network, known: Numbers): Numbers {
  return {
    network: known.network,
    links: assign(idsOf(network.links), known.links, 1, linksMax),
    subnets: assign(idsOf(network.subnets), known.subnets, firstSubnetGroup, 10_000),
    routeTables: assign(idsOf(network.routeTables), known.routeTables, firstRouteTable, 20_000),
  };
}

function idsOf(parts: readonly { readonly id: string }[]): readonly string[] {
  return parts.map(({ id }) => id);
}

/** A number used a moment ago is given again last: what still knows it must not take the new part for the old. */
function assign(
  ids: readonly string[],
  known: ReadonlyMap<string, number>,
  first: number,
  last: number,
): ReadonlyMap<string, number> {
  const taken = new Set(known.values());
  let next = Math.max(first - 1, ...taken) + 1;
  const numbers = new Map<string, number>();
  for (const id of ids) {
    const old = known.get(id);
    if (old !== undefined) {
      numbers.set(id, old);
      continue;
    }
    if (next > last) next = first;
    const start = next;
    while (taken.has(next)) {
      next = next === last ? first : next + 1;
      if (next === start) throw new Error(`no number between ${first} and ${last} is free for ${id}`);
    }
    taken.add(next);
    numbers.set(id, next);
    next += 1;
  }
  return numbers;
}

/** What the router's namespace shall hold besides the packet filters, in the words of `ip`. */
export interface RouterPlan {
  readonly devices: readonly DevicePlan[];
  /** On `lo`: the subnets' gateways and the name server. */
  readonly addresses: readonly string[];
  /** As `ip route replace` takes them, by destination, table and metric. */
  readonly routes: ReadonlyMap<string, string>;
  /** As `ip rule add` takes them. */
  readonly rules: readonly string[];
  /** The public addresses the edge shall send to this router. */
  readonly publicAddresses: readonly string[];
}

export interface DevicePlan {
  readonly linkId: string;
  readonly name: string;
  readonly group: number;
  readonly mtu: number;
  readonly macAddress: string;
  readonly inside: InsidePlan;
}

/** What a link's own namespace shall hold. */
export interface InsidePlan {
  readonly addresses: readonly string[];
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mtu: number;
  readonly isNat: boolean;
}

/** A short name for what the inside shall be, kept with the device: an inside that is right already is not touched. */
export function insideHash(inside: InsidePlan): string {
  return shortHash(JSON.stringify(inside));
}

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Everything that `ip` has to make of a network. */
export function planRouter(network: Network, numbers: Numbers, mtu: number): RouterPlan {
  const subnets = new Map(network.subnets.map((subnet) => [subnet.id, subnet]));
  const devices = network.links.map((link) => planDevice(link, subnets, numbers, mtu));
  return {
    devices,
    addresses: [
      ...new Set([nameServerOf(network), ...network.subnets.map((subnet) => gatewayOf(subnet.cidr))]),
    ],
    routes: planRoutes(network, numbers),
    rules: [
      `pref 50 to ${serviceNetwork} lookup 254`,
      ...[...numbers.routeTables.values()].map((table) => `pref ${table} fwmark ${table} lookup ${table}`),
    ],
    publicAddresses: network.hasInternetGateway
      ? network.links.flatMap((link) => Object.values(link.publicAddresses))
      : [],
  };
}

function planDevice(
  link: Link,
  subnets: ReadonlyMap<string, NetworkSubnet>,
  numbers: Numbers,
  mtu: number,
): DevicePlan {
  const subnet = subnets.get(link.subnetId);
  assert(subnet, `${link.id} is in a subnet of its network`);
  return {
    linkId: link.id,
    name: deviceOf(numbers, link.id),
    group: numberOf(numbers.subnets, subnet.id),
    mtu,
    macAddress: link.macAddress,
    inside: {
      addresses: link.addresses,
      prefixLength: requireCidr(subnet.cidr).prefixLength,
      gateway: gatewayOf(subnet.cidr),
      mtu,
      isNat: link.isNat,
    },
  };
}

function planRoutes(network: Network, numbers: Numbers): ReadonlyMap<string, string> {
  const { outer } = edgeAddresses(numbers.network);
  const links = new Map(network.links.map((link) => [link.id, link]));
  const routes = new Map<string, string>();
  const add = (table: number, destination: string, text: string, kind = '', metric = 0): void => {
    const to = canonicalDestination(destination);
    const words = [
      kind,
      to,
      text,
      metric === 0 ? '' : `metric ${metric}`,
      table === 254 ? '' : `table ${table}`,
    ];
    routes.set(routeKey(to, table, metric), words.filter((word) => word !== '').join(' '));
  };
  // What no table decides goes nowhere, silently: neither to the Internet gateway nor back as an error.
  add(254, 'default', '', 'blackhole', 4000);
  add(254, serviceNetwork, `via ${serviceWireAddresses(numbers.network).outer} dev svc`);
  for (const link of network.links)
    for (const address of link.addresses) add(254, address, `dev ${deviceOf(numbers, link.id)} scope link`);

  for (const { id, routes: wished } of network.routeTables) {
    const table = numberOf(numbers.routeTables, id);
    // The local routes: look on in the main table. A longer prefix of the user's own comes before them.
    for (const cidr of network.cidrs) add(table, cidr, '', 'throw');
    for (const { destination, target } of wished) {
      const next = nextHopOf(target, links, numbers, network.hasInternetGateway ? outer : undefined);
      if (next === undefined) add(table, destination, '', 'blackhole');
      else add(table, destination, next);
    }
  }
  return routes;
}

/** Undefined when the target is not there: AWS keeps such a route and calls it a black hole. */
function nextHopOf(
  target: NetworkRoute['target'],
  links: ReadonlyMap<string, Link>,
  numbers: Numbers,
  edge: string | undefined,
): string | undefined {
  if (target.type === 'blackhole') return undefined;
  if (target.type === 'internet-gateway') return edge && `via ${edge} dev igw`;
  const address = links.get(target.linkId)?.addresses[0];
  return address && `via ${address} dev ${deviceOf(numbers, target.linkId)} onlink`;
}

/** Two routes with the same key cannot be in the kernel at once. */
export function routeKey(destination: string, table: number, metric: number): string {
  return `${destination} ${table} ${metric}`;
}

/** A destination as the kernel shows it: `default`, a bare address, or a network without host bits. */
export function canonicalDestination(text: string): string {
  if (text === 'default') return text;
  const { base, prefixLength } = requireCidr(text.includes('/') ? text : `${text}/32`);
  if (prefixLength === 0) return 'default';
  return prefixLength === 32 ? renderAddress(base) : `${renderAddress(base)}/${prefixLength}`;
}

export function deviceOf(numbers: Numbers, linkId: string): string {
  return `e${numberOf(numbers.links, linkId)}`;
}

export function numberOf(numbers: ReadonlyMap<string, number>, id: string): number {
  const number = numbers.get(id);
  assert(number !== undefined, `${id} has a number`);
  return number;
}

/** The router's address in a subnet: its base plus one. */
export function gatewayOf(cidr: string): string {
  return renderAddress(requireCidr(cidr).base + 1);
}

/** The name server: the base of the network's first range plus two. */
export function nameServerOf(network: Network): string {
  const [first] = network.cidrs;
  assert(first !== undefined, `${network.id} has a range of addresses`);
  return renderAddress(requireCidr(first).base + 2);
}

/** A range that a caller has checked already. The programs below would ask a name server about a malformed one. */
export function requireCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  assert(cidr, `${text} is a range of addresses`);
  return cidr;
}

function addressNumber(text: string): number {
  const address = parseAddress(text);
  assert(address !== undefined, `${text} is an address`);
  return address;
}
