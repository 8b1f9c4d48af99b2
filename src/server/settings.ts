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

/** Settings for a region: those it has, else new ones that do not meet another region's. */
export function ensureSettings(
  name: string,
  wish: Partial<Pick<RegionSettings, 'port' | 'dataPlane' | 'regionName' | 'instant' | 'imageAliases'>>,
  home = snowglobeHome(),
): RegionSettings {
  const known = readSettings(name, home);
  if (known && wish.regionName !== undefined && wish.regionName !== known.regionName)
    throw new Error(`the region ${name} is ${known.regionName}; destroy it to make it another`);
  const others = allSettings(home).filter((settings) => settings.name !== name);
  const settings = known
    ? { ...known, ...wish }
    : {
        name,
        dataPlane: wish.dataPlane ?? defaultDataPlane(),
        port:
          wish.port ??
          firstFree(
            4566,
            10,
            others.map(({ port }) => port),
          ),
        regionName: wish.regionName ?? 'eu-west-3',
        account: '123456789012',
        publicPool: `198.18.${firstFree(
          0,
          1,
          others.map(({ publicPool }) => Number(publicPool.split('.')[2])),
        )}.0/24`,
        ...(wish.instant === undefined ? {} : { instant: wish.instant }),
        ...(wish.imageAliases === undefined ? {} : { imageAliases: wish.imageAliases }),
      };
  if ((settings.instant || settings.imageAliases) && settings.dataPlane !== 'memory')
    throw new Error('--instant and --image-aliases are for the memory data plane');
  if (JSON.stringify(settings) !== JSON.stringify(known)) {
    mkdirSync(stateDirOf(name, home), { recursive: true, mode: 0o711 });
    writeFileAtomically(
      join(stateDirOf(name, home), 'region.json'),
      `${JSON.stringify(settings, undefined, 2)}\n`,
    );
  }
  return settings;
}

/** Every region that has state on this host. */
export function allSettings(home = snowglobeHome()): RegionSettings[] {
  const regions = join(home, 'regions');
  if (!existsSync(regions)) return [];
  return readdirSync(regions).flatMap((name) => readSettings(name, home) ?? []);
}

function defaultDataPlane(): 'linux' | 'memory' {
  return process.platform === 'linux' && process.getuid?.() === 0 ? 'linux' : 'memory';
}

function firstFree(from: number, step: number, taken: readonly number[]): number {
  let candidate = from;
  while (taken.includes(candidate)) candidate += step;
  return candidate;
}
