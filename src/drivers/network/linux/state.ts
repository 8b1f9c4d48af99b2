import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from '#/drivers/linux/site.ts';
import type { Network } from '#/drivers/network/driver.ts';
import { aliasOf, type Numbers } from '#/drivers/network/linux/plan.ts';

/** What is kept of a network outside the kernel: what it shall be, and its numbers that the kernel shows nowhere. */
export interface SavedNetwork {
  readonly network: Network;
  readonly subnets: ReadonlyMap<string, number>;
  readonly routeTables: ReadonlyMap<string, number>;
}

/** Undefined when nothing is kept, or nothing that can be read: then the network is applied anew. */
export function readSaved(site: Site, networkId: string): SavedNetwork | undefined {
  try {
    // Written by `writeSaved` below.
    const saved = JSON.parse(readFileSync(fileOf(site, networkId, ''), 'utf8')) as {
      readonly network: Network;
      readonly subnets: readonly (readonly [string, number])[];
      readonly routeTables: readonly (readonly [string, number])[];
    };
    return {
      network: saved.network,
      subnets: new Map(saved.subnets),
      routeTables: new Map(saved.routeTables),
    };
  } catch {
    return undefined;
  }
}

export function writeSaved(site: Site, network: Network, numbers: Numbers): void {
  writeWhole(fileOf(site, network.id, ''), {
    network,
    subnets: [...numbers.subnets],
    routeTables: [...numbers.routeTables],
  });
}

/** Tells the services which link asks when an alias asks: `{ "networkId": …, "aliases": { "100.64.4.1": "eni-…" } }`. */
export function writeAliases(site: Site, networkId: string, numbers: Numbers): void {
  const aliases = Object.fromEntries(
    [...numbers.links].map(([linkId, number]) => [aliasOf(numbers.network, number), linkId]),
  );
  writeWhole(fileOf(site, networkId, '.aliases'), { networkId, aliases });
}

export function removeSaved(site: Site, networkId: string): void {
  for (const kind of ['', '.aliases'] as const) rmSync(fileOf(site, networkId, kind), { force: true });
}

/** The host's devices that forward because of this region. */
export function readForwarders(site: Site): readonly string[] {
  try {
    // Written by `writeForwarders` below.
    return JSON.parse(readFileSync(join(site.stateDir, 'network', 'host.json'), 'utf8')) as readonly string[];
  } catch {
    return []; // none yet
  }
}

export function writeForwarders(site: Site, devices: readonly string[]): void {
  writeWhole(join(site.stateDir, 'network', 'host.json'), devices);
}

/** The ids of all networks of which something is kept. */
export function savedIds(site: Site): readonly string[] {
  try {
    return readdirSync(join(site.stateDir, 'network')).flatMap(
      (name) => /^(vpc-[^.]+)\.json$/.exec(name)?.[1] ?? [],
    );
  } catch {
    return []; // nothing was ever kept
  }
}

function fileOf(site: Site, networkId: string, kind: '' | '.aliases'): string {
  return join(site.stateDir, 'network', `${networkId}${kind}.json`);
}

/** Whoever reads sees the old text or the new one, never half of one. */
function writeWhole(path: string, content: unknown): void {
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = `${path}.draft`;
  writeFileSync(draft, `${JSON.stringify(content)}\n`);
  renameSync(draft, path);
}
