import { namespaceName, namespacePath, type Site } from '#/drivers/linux/site.ts';
import type { Network, NetworkDriver, ObservedNetwork } from '#/drivers/network/driver.ts';
import { prepareEdge, removeEdge } from '#/drivers/network/linux/edge.ts';
import { configureInside } from '#/drivers/network/linux/inside.ts';
import { ensureFilters, hasFilters } from '#/drivers/network/linux/filters.ts';
import { forgetFlows } from '#/drivers/network/linux/flows.ts';
import {
  ipBatch,
  namespaceNames,
  observePlace,
  tryRunIn,
  type ObservedPlace,
  type Place,
} from '#/drivers/network/linux/kernel.ts';
import { deleteNamespaces, hasNamespace, linksOf, networksOf } from '#/drivers/network/linux/names.ts';
import {
  assignNumbers,
  edgeAddresses,
  insideHash,
  planRouter,
  type DevicePlan,
  type Numbers,
  type RouterPlan,
} from '#/drivers/network/linux/plan.ts';
import { renderFilters } from '#/drivers/network/linux/render.ts';
import { ensureRouter, toRouter } from '#/drivers/network/linux/router.ts';
import { readSaved, removeSaved, savedIds, writeAliases, writeSaved } from '#/drivers/network/linux/state.ts';
import { goneGroup, routerSteps } from '#/drivers/network/linux/steps.ts';
import { inParallel, turns } from '#/drivers/network/linux/turns.ts';

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
      const networkIds = [...new Set([...networksOf(site), ...savedIds(site)])];
      await Promise.all(networkIds.map((networkId) => inTurn(networkId, () => destroy(networkId))));
      await deleteNamespaces(site, linksOf(site));
      await inTurn(regionTurn, () => removeEdge(site, host));
    },
  };

  /** Deletes namespaces of links that no network knows: what a process left that ended between two steps. */
  async function collectLinks(): Promise<void> {
    const known = savedIds(site).flatMap((id) => readSaved(site, id)?.network.links ?? []);
    const knownIds = new Set(known.map(({ id }) => id));
    await deleteNamespaces(
      site,
      linksOf(site).filter((linkId) => !knownIds.has(linkId)),
    );
  }

  async function apply(network: Network): Promise<void> {
    const router = namespacePath(site, network.id);
    const { number, now, mtu } = await inTurn(regionTurn, () => ensureRouter(site, host, network.id));
    const saved = readSaved(site, network.id);
    const numbers = assignNumbers(network, {
      network: number,
      links: linkNumbersOf(now),
      subnets: saved?.subnets ?? new Map(),
      routeTables: saved?.routeTables ?? new Map(),
    });
    const plan = planRouter(network, numbers, mtu);
    const filters = renderFilters(network, numbers);
    // The wish before the effect: after a crash between here and the end the network counts as altered.
    writeSaved(site, network, numbers);
    // In any order: filters without links do nothing, and links without filters pass nothing.
    await Promise.all([
      ensureLinks(router, plan, now),
      ensureFilters(router, filters),
      ensurePublicRoutes(number, plan.publicAddresses),
    ]);
    const wished = new Set(network.links.map(({ id }) => id));
    await deleteNamespaces(
      site,
      [...linkNumbersOf(now).keys()].filter((linkId) => !wished.has(linkId)),
    );
    await forgetFlows(router, saved?.network, network);
    writeAliases(site, network.id, numbers);
  }

  async function ensureLinks(router: string, plan: RouterPlan, before: ObservedPlace): Promise<void> {
    const names = new Set(namespaceNames());
    const missing = plan.devices
      .map(({ linkId }) => namespaceName(site, linkId))
      .filter((name) => !names.has(name));
    await ipBatch(
      undefined,
      missing.map((name) => `netns add ${name}`),
    );
    // The kernel takes its time to remove the device of a namespace that somebody deleted.
    const lost = plan.devices.filter(
      ({ linkId, name }) => missing.includes(namespaceName(site, linkId)) && before.devices.has(name),
    );
    const removal = lost.map(({ name }) => `link del ${name}\n`).join('');
    if (lost.length > 0) await tryRunIn(router, 'ip', ['-force', '-batch', '-'], removal);
    const now = lost.length === 0 ? before : await observePlace(router);
    await ipBatch(
      router,
      routerSteps(plan, now, (linkId) => namespaceName(site, linkId)),
    );
    await ensureInsides(router, plan.devices, now);
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
    const router = toRouter(now);
    if (!saved || !router) return false;
    const { network } = saved;
    const links = linkNumbersOf(now);
    if (network.links.some(({ id }) => !links.has(id) || !hasNamespace(site, id))) return false;
    const numbers: Numbers = {
      network: router.number,
      links,
      subnets: saved.subnets,
      routeTables: saved.routeTables,
    };
    const plan = planRouter(network, numbers, router.mtu);
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
      await deleteNamespaces(site, [networkId, ...links]);
    } else await deleteNamespaces(site, [...links]);
    removeSaved(site, networkId);
  }

  async function probe(networkId: string, linkId: string): Promise<boolean> {
    if (!namespaceNames().includes(namespaceName(site, networkId))) return false;
    const router = namespacePath(site, networkId);
    const now = await observePlace(router);
    const device = [...now.devices.values()].find(({ alias }) => linkIdOf(alias) === linkId);
    const address = [...now.routes.values()]
      .find(({ text, device: through }) => through === device?.name && text.endsWith(' scope link'))
      ?.text.split(' ')[0];
    if (!device || address === undefined) return false;
    const limits = ['-q', '-f', '-c', '1', '-w', '1'];
    const { exitCode } = await tryRunIn(router, 'arping', [...limits, '-I', device.name, address]);
    return exitCode === 0;
  }
}

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

/** The public addresses that the edge sends to the router of this number. */
async function publicRoutesOf(site: Site, number: number): Promise<readonly string[]> {
  const edge = await observePlace(namespacePath(site, 'edge'));
  return [...edge.routes.values()]
    .filter(({ device, text }) => device === `i${number}` && text.includes(' via '))
    .map(({ text }) => text.split(' ')[0] ?? '');
}
