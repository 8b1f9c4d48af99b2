import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readFileIfThere, writeFileAtomically } from '#/lib/files.ts';
import type { Site } from '#/drivers/linux/site.ts';

/** One region of this host, as it was first started; kept in its state as `region.json`. */
export interface RegionSettings {
  /** 1 to 12 of `a-z0-9-`. */
  readonly name: string;
  /** `linux`: the kernel enforces what the API says. `memory`: a simulation that never moves a packet. */
  readonly dataPlane: 'linux' | 'memory';
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** `eu-west-3` */
  readonly regionName: string;
  readonly account: string;
  readonly publicPool: string;
  /** Memory data plane only: machines boot at once, and calls are answered after the simulation has settled. */
  readonly instant?: boolean;
  /** Memory data plane only: ids of images elsewhere that stand for the compatibility image. */
  readonly imageAliases?: readonly string[];
}

/** Where everything of this host's regions is kept: SNOWGLOBE_HOME, else a folder for the system or the user. */
export function snowglobeHome(): string {
  const chosen = process.env['SNOWGLOBE_HOME'];
  if (chosen) return chosen;
  return process.getuid?.() === 0 ? '/var/lib/snowglobe' : join(homedir(), '.local/state/snowglobe');
}

/** Files of a region's processes; see the members of `Site`. */
export function siteOf(settings: RegionSettings, home = snowglobeHome()): Site {
  return {
    name: settings.name,
    stateDir: stateDirOf(settings.name, home),
    imagesDir: join(home, 'images'),
    publicPool: settings.publicPool,
  };
}

export function stateDirOf(name: string, home = snowglobeHome()): string {
  return join(home, 'regions', name);
}

/** The socket of the region's own API for this host's tools; only its owner may open it. */
export function controlSocketOf(name: string, home = snowglobeHome()): string {
  return join(stateDirOf(name, home), 'control.sock');
}

/** The settings a region was started with before; undefined when there is no such region. */
export function readSettings(name: string, home = snowglobeHome()): RegionSettings | undefined {
  const text = readFileIfThere(join(stateDirOf(name, home), 'region.json'));
  return text === undefined ? undefined : (JSON.parse(text) as RegionSettings); // written below
}

/** The settings of a region that must be there. */
export function requireSettings(name: string, home = snowglobeHome()): RegionSettings {
  const settings = readSettings(name, home);
  if (!settings) throw new Error(`there is no region ${name}; './snowglobe up' makes one`);
  return settings;
}

/** What may be said of a region when it is first made; all but the region's name also later. */
export type SettingsWish = Partial<
  Pick<RegionSettings, 'port' | 'dataPlane' | 'regionName' | 'instant' | 'imageAliases'>
>;

/** Settings for a region, kept from now on: those it has, else new ones that do not meet another region's. */
export function ensureSettings(name: string, wish: SettingsWish, home = snowglobeHome()): RegionSettings {
  const settings = planSettings(name, wish, home);
  if (JSON.stringify(settings) !== JSON.stringify(readSettings(name, home))) {
    mkdirSync(stateDirOf(name, home), { recursive: true, mode: 0o711 });
    const file = join(stateDirOf(name, home), 'region.json');
    writeFileAtomically(file, `${JSON.stringify(settings, undefined, 2)}\n`);
  }
  return settings;
}

/** The settings that a region has, or would be given; nothing is written. Throws one sentence about what cannot be. */
export function planSettings(name: string, wish: SettingsWish = {}, home = snowglobeHome()): RegionSettings {
  const known = readSettings(name, home);
  if (known && wish.regionName !== undefined && wish.regionName !== known.regionName)
    throw new Error(`the region ${name} is ${known.regionName}; destroy it to make it another`);
  const settings = { ...(known ?? freshSettings(name, home)), ...wish };
  if (settings.instant === true && settings.dataPlane !== 'memory')
    throw new Error('--instant is for the memory data plane: real machines take their time');
  if (settings.imageAliases !== undefined && settings.dataPlane !== 'memory')
    throw new Error('--image-aliases is for the memory data plane: real machines boot what they are told to');
  return settings;
}

function freshSettings(name: string, home: string): RegionSettings {
  const others = allSettings(home);
  const ports = others.map(({ port }) => port);
  return {
    name,
    dataPlane: process.platform === 'linux' && process.getuid?.() === 0 ? 'linux' : 'memory',
    port: firstFree(4566, 10, (port) => ports.includes(port)),
    regionName: 'eu-west-3',
    account: '123456789012',
    publicPool: freePool(others.map(({ publicPool }) => publicPool)),
  };
}

/** A part of the range for benchmarks (RFC 2544) that neither another region nor a route of this host uses. */
function freePool(taken: readonly string[]): string {
  const routed = routedPools();
  const third = firstFree(0, 1, (part) => taken.includes(poolOf(part)) || routed.has(poolOf(part)));
  return poolOf(third);
}

function poolOf(third: number): string {
  return `198.18.${third}.0/24`;
}

/** The pools that this host has routes to; the kernel writes addresses backwards, in hexadecimal digits. */
function routedPools(): ReadonlySet<string> {
  const lines = (readFileIfThere('/proc/net/route') ?? '').split('\n').slice(1);
  const destinations = lines.map((line) => line.split('\t')[1] ?? '');
  return new Set(
    destinations
      .filter((hex) => hex.endsWith('12C6'))
      .map((hex) => poolOf(Number.parseInt(hex.slice(2, 4), 16))),
  );
}

/** Every region that has state on this host. */
export function allSettings(home = snowglobeHome()): RegionSettings[] {
  const regions = join(home, 'regions');
  if (!existsSync(regions)) return [];
  return readdirSync(regions).flatMap((name) => readSettings(name, home) ?? []);
}

function firstFree(from: number, step: number, isTaken: (candidate: number) => boolean): number {
  let candidate = from;
  while (isTaken(candidate)) candidate += step;
  return candidate;
}
