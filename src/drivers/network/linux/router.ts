import { namespaceName, namespacePath, type Site } from '#/drivers/linux/site.ts';
import { prepareEdge } from '#/drivers/network/linux/edge.ts';
import {
  ipBatch,
  observePlace,
  setSysctls,
  type ObservedPlace,
  type Place,
} from '#/drivers/network/linux/kernel.ts';
import { hasNamespace } from '#/drivers/network/linux/names.ts';
import {
  aliasRange,
  edgeAddresses,
  freeNetworkNumber,
  gatewayGroup,
  networkNumberOf,
  serviceGroup,
  serviceWireAddresses,
} from '#/drivers/network/linux/plan.ts';

/** A router that has its wires. */
export interface Router {
  /** The network's number in its region. */
  readonly number: number;
  readonly mtu: number;
  readonly now: ObservedPlace;
}

/** Makes a network's namespace with its wires to the edge and to the services. One at a time: it gives out a number. */
export async function ensureRouter(site: Site, host: Place, networkId: string): Promise<Router> {
  const place = namespacePath(site, networkId);
  if (!hasNamespace(site, networkId))
    await ipBatch(undefined, [`netns add ${namespaceName(site, networkId)}`]);
  const before = await observePlace(place);
  const router = toRouter(before);
  if (router) return router;

  if (!hasNamespace(site, 'edge') || !hasNamespace(site, 'svc')) await prepareEdge(site, host);
  await setSysctls(place, routerSysctls);
  await ipBatch(
    place,
    ['igw', 'svc'].filter((name) => before.devices.has(name)).map((name) => `link del ${name}`),
  );
  const [edge, services] = await Promise.all([
    observePlace(namespacePath(site, 'edge')),
    observePlace(namespacePath(site, 'svc')),
  ]);
  const mtu = edge.devices.get('uplink')?.mtu;
  if (mtu === undefined) throw new Error(`the edge of ${site.name} has no uplink: prepare it first`);
  const taken = new Set([...edge.devices.keys(), ...services.devices.keys()].flatMap(toNumber));
  const old = before.devices.get('svc')?.addresses[0];
  const oldNumber = old === undefined ? undefined : networkNumberOf(old, 'svc');
  const number = oldNumber === undefined || taken.has(oldNumber) ? freeNetworkNumber(taken) : oldNumber;
  await wireRouter(site, place, number, mtu);
  return { number, mtu, now: await observePlace(place) };
}

/** Undefined when a wire is missing. */
export function toRouter(now: ObservedPlace): Router | undefined {
  const edgeWire = now.devices.get('igw');
  const address = edgeWire?.addresses[0];
  if (!edgeWire?.isUp || address === undefined || !now.devices.get('svc')?.isUp) return undefined;
  return { number: networkNumberOf(address, 'igw'), mtu: edgeWire.mtu, now };
}

/** The far ends of wires are called `i7` at the edge and `s7` at the services. */
function toNumber(device: string): readonly number[] {
  return /^[is]\d+$/.test(device) ? [Number(device.slice(1))] : [];
}

async function wireRouter(site: Site, router: string, number: number, mtu: number): Promise<void> {
  const edgeWire = edgeAddresses(number);
  const serviceWire = serviceWireAddresses(number);
  const peer = (name: string, place: string): string =>
    `type veth peer name ${name}${number} mtu ${mtu} netns ${namespaceName(site, place)}`;
  await ipBatch(router, [
    'link set lo up',
    `link add igw group ${gatewayGroup} mtu ${mtu} ${peer('i', 'edge')}`,
    `link add svc group ${serviceGroup} mtu ${mtu} ${peer('s', 'svc')}`,
    `addr add ${edgeWire.router}/30 dev igw`,
    `addr add ${serviceWire.router}/30 dev svc`,
  ]);
  await ipBatch(namespacePath(site, 'edge'), [
    `link set i${number} up`,
    `addr replace ${edgeWire.outer}/30 dev i${number}`,
  ]);
  await ipBatch(namespacePath(site, 'svc'), [
    `link set s${number} up`,
    `addr replace ${serviceWire.outer}/30 dev s${number}`,
    `route replace ${aliasRange(number)} via ${serviceWire.router} dev s${number}`,
  ]);
  // Last, because a router whose wires are up counts as complete.
  await ipBatch(router, ['link set igw up', 'link set svc up']);
}

/** What a router needs, in its own namespace only. */
const routerSysctls = {
  'net.ipv6.conf.all.disable_ipv6': 1,
  'net.ipv6.conf.default.disable_ipv6': 1,
  'net.ipv4.ip_forward': 1,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  // There is no Ethernet between links: the router answers for everybody, as AWS's own does.
  'net.ipv4.conf.all.proxy_arp': 1,
  'net.ipv4.conf.default.proxy_arp': 1,
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.default.send_redirects': 0,
  'net.ipv4.conf.all.accept_redirects': 0,
  'net.ipv4.conf.default.accept_redirects': 0,
  'net.netfilter.nf_conntrack_acct': 1,
  'net.netfilter.nf_conntrack_tcp_be_liberal': 1,
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
  'net.netfilter.nf_conntrack_tcp_timeout_established': 350,
};
