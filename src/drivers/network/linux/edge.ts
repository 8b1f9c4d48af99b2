import {
  cidrContainsAddress,
  cidrSize,
  cidrsOverlap,
  parseAddress,
  parseCidr,
  renderAddress,
} from '#/lib/cidr.ts';
import { namespaceName, namespacePath, type Site } from '#/drivers/linux/site.ts';
import {
  congestionControl,
  ipBatch,
  namespaceNames,
  nftLoad,
  observePlace,
  runIn,
  setSysctls,
  tryRunIn,
  type ObservedPlace,
  type Place,
} from '#/drivers/network/linux/kernel.ts';
import { readForwarders, writeForwarders } from '#/drivers/network/linux/state.ts';
import { requireCidr, serviceAddresses } from '#/drivers/network/linux/plan.ts';

/** Our number among the protocols that add routes: the mark of the routes that we add to the host. */
const routeProtocol = 83;

/** The name of the one device that a region adds to the host. At most 15 characters, as the kernel wants. */
export function hostDevice(site: Site): string {
  return `sg-${site.name}`;
}

/** The host's address towards the region: the pool's first one, which no guest is given. */
export function hostAddress(site: Site): string {
  return renderAddress(requireCidr(site.publicPool).base);
}

/** The edge's address towards the host: the pool's last one, which no guest is given. */
function edgeAddress(site: Site): string {
  const pool = requireCidr(site.publicPool);
  return renderAddress(pool.base + cidrSize(pool) - 1);
}

function hostTable(site: Site): string {
  return `sg_${site.name.replaceAll('-', '_')}`;
}

/** Makes the edge, the services' namespace and the host's side. Repeating it disturbs no flow. */
export async function prepareEdge(site: Site, host: Place): Promise<void> {
  const hostNow = await observePlace(host);
  refuseTakenPool(site, hostNow);
  const names = new Set(namespaceNames());
  const missing = ['edge', 'svc'].filter((id) => !names.has(namespaceName(site, id)));
  await ipBatch(
    undefined,
    missing.map((id) => `netns add ${namespaceName(site, id)}`),
  );
  const uplinks = await uplinksOf(host, hostNow);
  const mtu = Math.min(1500, ...uplinks.map((uplink) => uplink.mtu));
  await Promise.all([prepareEdgeInside(site, host, hostNow, mtu), prepareServices(site)]);
  await prepareHost(
    site,
    host,
    uplinks.map(({ name }) => name),
  );
}

/**
 * The pool must not be anybody else's: guests would answer for addresses that the host reaches elsewhere.
 * Throws a sentence for the user.
 */
function refuseTakenPool(site: Site, host: ObservedPlace): void {
  const pool = parseCidr(site.publicPool);
  if (!pool || pool.prefixLength > 29)
    throw new Error(
      `the pool of public addresses must be a range of at least eight addresses, not ${site.publicPool}`,
    );
  for (const [key, route] of host.routes) {
    const destination = parseCidr(widened(key.split(' ')[0] ?? ''));
    const isOurs = route.device === hostDevice(site);
    if (destination && !isOurs && cidrsOverlap(destination, pool))
      throw new Error(
        `the pool of public addresses ${site.publicPool} overlaps this host's route "${route.text}": choose another`,
      );
  }
  for (const device of host.devices.values()) {
    if (device.name === hostDevice(site)) continue;
    const taken = device.addresses.find((address) => {
      const network = parseCidr(address);
      const own = parseAddress(address.split('/')[0] ?? '');
      return (
        (network && cidrsOverlap(network, pool)) || (own !== undefined && cidrContainsAddress(pool, own))
      );
    });
    if (taken !== undefined)
      throw new Error(
        `the pool of public addresses ${site.publicPool} overlaps ${taken} of this host's ${device.name}: choose another`,
      );
  }
}

function widened(destination: string): string {
  return destination.includes('/') ? destination : `${destination}/32`;
}

/** The devices by which the host leaves for elsewhere. None when it is alone. */
async function uplinksOf(
  host: Place,
  now: ObservedPlace,
): Promise<readonly { readonly name: string; readonly mtu: number }[]> {
  const names = new Set(
    [...now.routes.values()]
      .filter(({ text, device }) => text.startsWith('default ') && device !== undefined)
      .map(({ device }) => device),
  );
  // A route that a name server client of the kernel or DHCP added has the kernel's own protocol on some hosts.
  if (names.size === 0)
    for (const line of (await runIn(host, 'ip', ['route', 'show', 'default'])).split('\n'))
      names.add(/ dev (\S+)/.exec(line)?.[1]);
  return [...now.devices.values()]
    .filter(({ name }) => names.has(name))
    .map(({ name, mtu }) => ({ name, mtu }));
}

async function prepareEdgeInside(
  site: Site,
  host: Place,
  hostNow: ObservedPlace,
  mtu: number,
): Promise<void> {
  const place = namespacePath(site, 'edge');
  const device = hostDevice(site);
  await setSysctls(place, {
    'net.ipv6.conf.all.disable_ipv6': 1,
    'net.ipv6.conf.default.disable_ipv6': 1,
    'net.ipv4.ip_forward': 1,
    // Whoever sends through the edge must be whom the edge would answer.
    'net.ipv4.conf.all.rp_filter': 1,
    'net.ipv4.conf.default.rp_filter': 1,
    'net.ipv4.conf.all.send_redirects': 0,
    'net.ipv4.conf.default.send_redirects': 0,
    'net.ipv4.conf.all.accept_redirects': 0,
    'net.ipv4.conf.default.accept_redirects': 0,
  });
  const old = hostNow.devices.get(device);
  // The region had another pool before.
  const isStale =
    old !== undefined && old.addresses.some((address) => !address.startsWith(`${hostAddress(site)}/`));
  if (isStale) await ipBatch(host, [`link del ${device}`]);
  if (!old || isStale)
    await ipBatch(host, [
      `link add ${device} mtu ${mtu} type veth peer name uplink mtu ${mtu} netns ${namespaceName(site, 'edge')}`,
    ]);
  await ipBatch(host, [
    `link set ${device} mtu ${mtu} up`,
    `addr replace ${hostAddress(site)} peer ${edgeAddress(site)} dev ${device} noprefixroute`,
  ]);
  await ipBatch(place, [
    'link set lo up',
    `link set uplink mtu ${mtu} up`,
    `addr replace ${edgeAddress(site)} peer ${hostAddress(site)} dev uplink`,
    `route replace default via ${hostAddress(site)} dev uplink onlink`,
    // What no network has taken of the pool, and what is meant for this link only, goes nowhere.
    `route replace blackhole ${site.publicPool} metric 4000`,
    'route replace blackhole 169.254.0.0/16 metric 4000',
    'route replace blackhole 100.64.0.0/10 metric 4000',
  ]);
  await nftLoad(
    place,
    `add table ip edge
delete table ip edge
table ip edge {
  chain input {
    type filter hook input priority 0; policy drop;
  }
}
`,
  );
}

async function prepareServices(site: Site): Promise<void> {
  const place = namespacePath(site, 'svc');
  await setSysctls(place, {
    'net.ipv6.conf.all.disable_ipv6': 1,
    'net.ipv6.conf.default.disable_ipv6': 1,
    'net.ipv4.ip_forward': 0,
    'net.ipv4.conf.all.rp_filter': 1,
    'net.ipv4.conf.default.rp_filter': 1,
    ...congestionControl(),
  });
  await ipBatch(place, [
    'link set lo up',
    ...Object.values(serviceAddresses).map((address) => `addr replace ${address}/32 dev lo`),
  ]);
}

/**
 * The host's side: one route, one table of packet filters, and forwarding on two devices. Other tables are left alone:
 * one that drops what is forwarded drops the guests' traffic to the outside too.
 */
async function prepareHost(site: Site, host: Place, uplinks: readonly string[]): Promise<void> {
  await setSysctls(host, {
    [`net.ipv4.conf.${hostDevice(site)}.forwarding`]: 1,
    [`net.ipv6.conf.${hostDevice(site)}.disable_ipv6`]: 1,
  });
  await forwardFrom(site, host, uplinks);
  await nftLoad(host, renderHostFilters(site, uplinks));
  await ipBatch(host, [
    `route replace ${site.publicPool} via ${edgeAddress(site)} dev ${hostDevice(site)} onlink proto ${routeProtocol}`,
  ]);
}

/** Lets what comes back through the uplinks pass on to guests, and remembers where that was not so before. */
async function forwardFrom(site: Site, host: Place, uplinks: readonly string[]): Promise<void> {
  for (const uplink of uplinks) {
    const key = `net.ipv4.conf.${uplink}.forwarding`;
    if ((await runIn(host, 'sysctl', ['-n', key])).trim() !== '0') continue;
    writeForwarders(site, [...new Set([...readForwarders(site), uplink])]);
    await setSysctls(host, { [key]: 1 });
  }
}

/** Takes back what `forwardFrom` did, unless another region still needs it: then that one leaves it as it is. */
async function stopForwarding(site: Site, host: Place): Promise<void> {
  const { devices } = await observePlace(host);
  const isNeeded = [...devices.keys()].some((name) => name.startsWith('sg-'));
  for (const uplink of readForwarders(site))
    if (!isNeeded && devices.has(uplink))
      await setSysctls(host, { [`net.ipv4.conf.${uplink}.forwarding`]: 0 });
  writeForwarders(site, []);
}

/** What the host lets guests do: answer it, and leave by its uplink under its name. Nothing begins at the host. */
export function renderHostFilters(site: Site, uplinks: readonly string[]): string {
  const device = `"${hostDevice(site)}"`;
  const table = hostTable(site);
  const others =
    uplinks.length === 0 ? '' : `oifname != { ${uplinks.map((name) => `"${name}"`).join(', ')} } `;
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    iifname ${device} ip saddr != ${site.publicPool} counter drop
  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iifname ${device} ct state established,related accept
    iifname ${device} counter drop
  }
  chain forward {
    type filter hook forward priority filter - 5; policy accept;
    oifname ${device} ct state new counter drop
    iifname ${device} ${others}counter drop
    iifname ${device} tcp flags syn / syn,rst tcp option maxseg size set rt mtu
    oifname ${device} tcp flags syn / syn,rst tcp option maxseg size set rt mtu
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${site.publicPool} oifname != ${device} masquerade
  }
}
`;
}

/** Removes edge, services and the host's side. What is gone already is no error. */
export async function removeEdge(site: Site, host: Place): Promise<void> {
  await tryRunIn(host, 'ip', ['link', 'del', hostDevice(site)]);
  await nftLoad(host, `add table ip ${hostTable(site)}\ndelete table ip ${hostTable(site)}\n`);
  await stopForwarding(site, host);
  const names = new Set(namespaceNames());
  await ipBatch(
    undefined,
    ['edge', 'svc']
      .map((id) => namespaceName(site, id))
      .filter((name) => names.has(name))
      .map((name) => `netns del ${name}`),
  );
}
