import { namespaceName, namespacePath, type Site } from '#/drivers/linux/site.ts';
import type { Network, NetworkDriver, ObservedNetwork } from '#/drivers/network/driver.ts';
import { prepareEdge, removeEdge } from '#/drivers/network/linux/edge.ts';
import { configureInside } from '#/drivers/network/linux/inside.ts';
import {
  ipBatch,
  namespaceNames,
  observePlace,
  runIn,
  setSysctls,
  tryRunIn,
  type ObservedPlace,
  type Place,
} from '#/drivers/network/linux/kernel.ts';
import {
  aliasRange,
  assignNumbers,
  edgeAddresses,
  freeNetworkNumber,
  gatewayGroup,
  insideHash,
  networkNumberOf,
  planRouter,
  serviceGroup,
  serviceWireAddresses,
  type DevicePlan,
  type Numbers,
} from '#/drivers/network/linux/plan.ts';
import { ensureFilters, hasFilters } from '#/drivers/network/linux/filters.ts';
import { renderFilters } from '#/drivers/network/linux/render.ts';
import { goneGroup, routerSteps } from '#/drivers/network/linux/steps.ts';
import { readSaved, removeSaved, savedIds, writeAliases, writeSaved } from '#/drivers/network/linux/state.ts';

export interface LinuxNetworkOptions {
  readonly site: Site;
  /** The namespace that counts as the host, `/run/netns/…`; the one this process is in unless told. For tests. */
  readonly hostNamespace?: string;
}

/** Networks made by the kernel: a namespace for each router and each link, routes, and packet filters in the router. */
export function linuxNetwork({ site, hostNamespace }: LinuxNetworkOptions): NetworkDriver {
  const host: Place = hostNamespace;
  const inTurn = turns();
  /** Everything that gives out numbers of the region, one after the other. */
  const regionTurn = 'region';

  return {
    prepare: () =>
      inTurn(regionTurn, async () => {
        await prepareEdge(site, host);
        await collectLinks();
      }),
    apply: (network) => inTurn(network.id, () => apply(network)),
    inspect: (networkId) => inTurn(networkId, () => inspect(networkId)),
    destroy: (networkId) => inTurn(networkId, () => destroy(networkId)),
    list: () => Promise.resolve(networksOf(site)),
    namespaceOf: (linkId) => namespacePath(site, linkId),
    probe,
    async destroyAll() {
      await Promise.all(networksOf(site).map((networkId) => inTurn(networkId, () => destroy(networkId))));
      await deleteNamespaces(linksOf(site));
      await inTurn(regionTurn, () => removeEdge(site, host));
    },
  };

  /** Deletes namespaces of links that no network knows: what a process left that ended between two steps. */
  async function collectLinks(): Promise<void> {
    const known = savedIds(site).flatMap((id) => readSaved(site, id)?.network.links ?? []);
    const knownIds = new Set(known.map(({ id }) => id));
    await deleteNamespaces(linksOf(site).filter((linkId) => !knownIds.has(linkId)));
  }

  async function apply(network: Network): Promise<void> {
    const router = namespacePath(site, network.id);
    const { number, now, mtu } = await inTurn(regionTurn, () => ensureRouter(network.id));
    const saved = readSaved(site, network.id);
    const numbers = assignNumbers(network, {
      network: number,
      links: linkNumbersOf(now),
      subnets: saved?.subnets ?? new Map(),
      routeTables: saved?.routeTables ?? new Map(),
    });
    const plan = planRouter(network, numbers, mtu);
    // The wish before the effect: after a crash between here and the end the network counts as altered.
    writeSaved(site, network, numbers);
    await ensureNamespaces(plan.devices);
    await ipBatch(
      router,
      routerSteps(plan, now, (linkId) => namespaceName(site, linkId)),
    );
    await Promise.all([
      ensureFilters(router, renderFilters(network, numbers)),
      ensureInsides(router, plan.devices, now),
      ensurePublicRoutes(number, plan.publicAddresses),
    ]);
    const wished = new Set(network.links.map(({ id }) => id));
    await deleteNamespaces([...linkNumbersOf(now).keys()].filter((linkId) => !wished.has(linkId)));
    await forgetFlows(router, saved?.network, network);
    writeAliases(site, network.id, numbers);
  }

  /** The router's namespace with its wires to the edge and to the services. */
  async function ensureRouter(
    networkId: string,
  ): Promise<{ readonly number: number; readonly now: ObservedPlace; readonly mtu: number }> {
    const router = namespacePath(site, networkId);
    const isNew = !namespaceNames().includes(namespaceName(site, networkId));
    if (isNew) await ipBatch(undefined, [`netns add ${namespaceName(site, networkId)}`]);
    const before = await observePlace(router);
    const wire = before.devices.get('igw');
    if (wire?.isUp && wire.addresses[0] !== undefined && before.devices.get('svc')?.isUp)
      return { number: networkNumberOf(bare(wire.addresses[0])), now: before, mtu: wire.mtu };

    if (!['edge', 'svc'].every((id) => namespaceNames().includes(namespaceName(site, id))))
      await prepareEdge(site, host);
    const edge = await observePlace(namespacePath(site, 'edge'));
    const mtu = edge.devices.get('uplink')?.mtu;
    if (mtu === undefined) throw new Error(`the edge of ${site.name} has no uplink: prepare it first`);
    await setSysctls(router, routerSysctls);
    await ipBatch(
      router,
      ['igw', 'svc'].filter((name) => before.devices.has(name)).map((name) => `link del ${name}`),
    );
    const taken = new Set(
      [...edge.devices.keys()].flatMap((name) => (/^i\d+$/.test(name) ? [Number(name.slice(1))] : [])),
    );
    const number = freeNetworkNumber(taken);
    await wireRouter(router, number, mtu);
    return { number, now: await observePlace(router), mtu };
  }

  async function wireRouter(router: string, number: number, mtu: number): Promise<void> {
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

  async function ensureNamespaces(devices: readonly DevicePlan[]): Promise<void> {
    const names = new Set(namespaceNames());
    const missing = devices
      .map(({ linkId }) => namespaceName(site, linkId))
      .filter((name) => !names.has(name));
    await ipBatch(
      undefined,
      missing.map((name) => `netns add ${name}`),
    );
  }

  /** Configures the links whose inside is not yet what it shall be; the device's alias remembers what it is. */
  async function ensureInsides(
    router: string,
    devices: readonly DevicePlan[],
    now: ObservedPlace,
  ): Promise<void> {
    const stale = devices.filter((device) => now.devices.get(device.name)?.alias !== insideAlias(device));
    await inParallel(4, stale, (device) =>
      configureInside(site, device.linkId, device.inside, !now.devices.has(device.name)),
    );
    await ipBatch(
      router,
      stale.map((device) => `link set ${device.name} alias ${insideAlias(device)}`),
    );
  }

  async function ensurePublicRoutes(number: number, publicAddresses: readonly string[]): Promise<void> {
    const edge = namespacePath(site, 'edge');
    const now = await publicRoutesOf(site, number);
    const via = `via ${edgeAddresses(number).router} dev i${number}`;
    await ipBatch(edge, [
      ...publicAddresses
        .filter((address) => !now.includes(address))
        .map((address) => `route replace ${address}/32 ${via}`),
      ...now
        .filter((address) => !publicAddresses.includes(address))
        .map((address) => `route del ${address}/32 ${via}`),
    ]);
  }

  async function inspect(networkId: string): Promise<ObservedNetwork | undefined> {
    const names = new Set(namespaceNames());
    if (!names.has(namespaceName(site, networkId))) return undefined;
    const router = namespacePath(site, networkId);
    const now = await observePlace(router);
    const linkIds = [...now.devices.values()]
      .filter(
        (device) => device.alias.includes('/') && names.has(namespaceName(site, linkIdOf(device.alias))),
      )
      .map((device) => linkIdOf(device.alias));
    return { linkIds, isIntact: await isIntact(networkId, now) };
  }

  async function isIntact(networkId: string, now: ObservedPlace): Promise<boolean> {
    const saved = readSaved(site, networkId);
    const wire = now.devices.get('igw');
    if (!saved || wire?.addresses[0] === undefined || !wire.isUp || !now.devices.get('svc')?.isUp)
      return false;
    const { network } = saved;
    const links = linkNumbersOf(now);
    if (network.links.some(({ id }) => !links.has(id))) return false;
    const numbers: Numbers = {
      network: networkNumberOf(bare(wire.addresses[0])),
      links,
      subnets: saved.subnets,
      routeTables: saved.routeTables,
    };
    const plan = planRouter(network, numbers, wire.mtu);
    if (routerSteps(plan, now, (linkId) => namespaceName(site, linkId)).length > 0) return false;
    if (plan.devices.some((device) => now.devices.get(device.name)?.alias !== insideAlias(device)))
      return false;
    const publicRoutes = await publicRoutesOf(site, numbers.network);
    if (publicRoutes.toSorted().join() !== plan.publicAddresses.toSorted().join()) return false;
    return hasFilters(namespacePath(site, networkId), renderFilters(network, numbers));
  }

  async function destroy(networkId: string): Promise<void> {
    const links = new Set((readSaved(site, networkId)?.network.links ?? []).map(({ id }) => id));
    if (namespaceNames().includes(namespaceName(site, networkId))) {
      const router = namespacePath(site, networkId);
      const now = await observePlace(router);
      for (const linkId of linkNumbersOf(now).keys()) links.add(linkId);
      // Explicitly: while a program runs in a link's namespace that one lives on, and its device must not.
      const devices = [...now.devices.keys()].filter((name) => name !== 'lo');
      await ipBatch(router, [
        ...devices.map((name) => `link set ${name} group ${goneGroup}`),
        ...(devices.length > 0 ? [`link del group ${goneGroup}`] : []),
      ]);
      await deleteNamespaces([networkId, ...links]);
    } else await deleteNamespaces([...links]);
    removeSaved(site, networkId);
  }

  async function deleteNamespaces(ids: readonly string[]): Promise<void> {
    const names = new Set(namespaceNames());
    const there = ids.map((id) => namespaceName(site, id)).filter((name) => names.has(name));
    await ipBatch(
      undefined,
      there.map((name) => `netns del ${name}`),
    );
  }

  async function probe(networkId: string, linkId: string): Promise<boolean> {
    if (!namespaceNames().includes(namespaceName(site, networkId))) return false;
    const router = namespacePath(site, networkId);
    const now = await observePlace(router);
    const device = [...now.devices.values()].find(({ alias }) => linkIdOf(alias) === linkId);
    const address = [...now.routes.values()]
      .find((route) => device && route.device === device.name)
      ?.text.split(' ')[0];
    if (!device || address === undefined) return false;
    const { exitCode } = await tryRunIn(router, 'arping', [
      '-q',
      '-f',
      '-c',
      '1',
      '-w',
      '1',
      '-I',
      device.name,
      address,
    ]);
    return exitCode === 0;
  }
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

function insideAlias(device: DevicePlan): string {
  return `${device.linkId}/${insideHash(device.inside)}`;
}

function linkIdOf(alias: string): string {
  return alias.split('/')[0] ?? '';
}

/** The kernel's devices know their links by alias: these numbers outlive every file. */
function linkNumbersOf(router: ObservedPlace): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { name, alias } of router.devices.values())
    if (/^e\d+$/.test(name) && alias !== '') numbers.set(linkIdOf(alias), Number(name.slice(1)));
  return numbers;
}

function bare(address: string): string {
  return address.split('/')[0] ?? '';
}

/** The public addresses that the edge sends to the router of this number. */
async function publicRoutesOf(site: Site, number: number): Promise<readonly string[]> {
  const edge = await observePlace(namespacePath(site, 'edge'));
  return [...edge.routes.values()]
    .filter(({ device, text }) => device === `i${number}` && text.includes(' via '))
    .map(({ text }) => text.split(' ')[0] ?? '');
}

function networksOf(site: Site): readonly string[] {
  return idsOf(site, 'vpc-');
}

function linksOf(site: Site): readonly string[] {
  return idsOf(site, 'eni-');
}

/** Ids have no further dash: the namespaces of a region whose name begins like ours are not ours. */
function idsOf(site: Site, prefix: string): readonly string[] {
  const mark = namespaceName(site, prefix);
  return namespaceNames()
    .filter((name) => name.startsWith(mark) && !name.slice(mark.length).includes('-'))
    .map((name) => `${prefix}${name.slice(mark.length)}`);
}

/** Ends flows that hang on an address which somebody else may have by now. */
async function forgetFlows(router: string, before: Network | undefined, after: Network): Promise<void> {
  if (!before) return;
  const addressesNow = new Set(after.links.flatMap((link) => link.addresses));
  const pairsNow = new Set(publicPairs(after).map(([inner, outer]) => `${inner} ${outer}`));
  const gone = [
    ...publicPairs(before)
      .filter(([inner, outer]) => !pairsNow.has(`${inner} ${outer}`))
      .map(([, outer]) => outer),
    ...before.links.flatMap((link) => link.addresses).filter((address) => !addressesNow.has(address)),
  ];
  if (gone.length === 0) return;
  const flows = await runIn(router, 'conntrack', ['-L']);
  for (const address of gone) {
    if (!flows.includes(`=${address} `)) continue;
    // Original source, original destination, and the address that senders were hidden behind. No such flow is no error.
    for (const side of ['-s', '-d', '-q']) await tryRunIn(router, 'conntrack', ['-D', side, address]);
  }
}

function publicPairs(network: Network): readonly (readonly [string, string])[] {
  return network.hasInternetGateway
    ? network.links.flatMap((link) => Object.entries(link.publicAddresses))
    : [];
}

/** Makes what is done under one name be done one after the other. */
function turns() {
  const last = new Map<string, Promise<unknown>>();
  return function inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
    const mine = (last.get(name) ?? Promise.resolve()).then(action, action);
    const settled = mine
      .catch(() => {}) // the caller hears of it; whoever comes next starts afresh
      .finally(() => {
        if (last.get(name) === settled) last.delete(name);
      });
    last.set(name, settled);
    return mine;
  };
}

async function inParallel<T>(
  width: number,
  items: readonly T[],
  action: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of waiting) await action(item);
    }),
  );
}
