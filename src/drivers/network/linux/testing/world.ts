import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, tryRun } from '#/lib/run.ts';
import type { Site } from '#/drivers/linux/site.ts';
import { ipBatch, namespaceNames, setSysctls } from '#/drivers/network/linux/kernel.ts';

/** A host of its own for a test, so that the machine's network stays as it is, and the world outside behind it. */
export interface World {
  readonly site: Site;
  readonly host: string;
  readonly outside: string;
  /** An address of the host on its way outside. */
  readonly hostAddress: string;
  /** An address in the world outside. */
  readonly outsideAddress: string;
  /** All that a region may leave behind on the host: devices, routes and packet filters. */
  hostState(): Promise<string>;
  remove(): Promise<void>;
}

/** Makes a host with one uplink. The region's name must be the test's own. */
export async function makeWorld(regionName: string): Promise<World> {
  const hostName = `${regionName}-host`;
  const outsideName = `${regionName}-outside`;
  const host = `/run/netns/${hostName}`;
  const outside = `/run/netns/${outsideName}`;
  const stateDir = mkdtempSync(join(tmpdir(), `${regionName}-`));
  await removeNamespaces(regionName, [hostName, outsideName]);
  await ipBatch(undefined, [`netns add ${hostName}`, `netns add ${outsideName}`]);
  for (const place of [host, outside])
    await setSysctls(place, { 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 });
  await ipBatch(host, [
    'link set lo up',
    `link add eth0 mtu 1400 type veth peer name eth0 mtu 1400 netns ${outsideName}`,
    'link set eth0 up',
    'addr add 192.0.2.2/24 dev eth0',
    'route add default via 192.0.2.1',
  ]);
  await ipBatch(outside, [
    'link set lo up',
    'link set eth0 up',
    'addr add 192.0.2.1/24 dev eth0',
    'route add 198.18.77.0/24 via 192.0.2.2',
    // Somebody outside has addresses that guests take for private ones.
    'addr add 10.0.9.9/32 dev lo',
    'addr add 172.20.0.1/32 dev lo',
    'addr add 169.254.7.7/32 dev lo',
  ]);
  return {
    site: { name: regionName, stateDir, imagesDir: join(stateDir, 'images'), publicPool: '198.18.77.0/24' },
    host,
    outside,
    hostAddress: '192.0.2.2',
    outsideAddress: '192.0.2.1',
    async hostState() {
      const inHost = [`--net=${host}`, '--'];
      const [devices, routes, filters] = await Promise.all([
        run('nsenter', [...inHost, 'ip', '-br', 'addr']),
        run('nsenter', [...inHost, 'ip', 'route', 'show', 'table', 'all']),
        run('nsenter', [...inHost, 'nft', 'list', 'ruleset']),
      ]);
      const namespaces = namespaceNames().filter((name) => name.startsWith(`sg-${regionName}-`));
      return [devices, routes, filters, ...namespaces].join('\n');
    },
    async remove() {
      await removeNamespaces(regionName, [hostName, outsideName]);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** Also what an interrupted test left. */
async function removeNamespaces(regionName: string, names: readonly string[]): Promise<void> {
  for (const name of namespaceNames())
    if (names.includes(name) || name.startsWith(`sg-${regionName}-`))
      await tryRun('ip', ['netns', 'del', name]);
}
