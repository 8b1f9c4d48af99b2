import { readdirSync, readFileSync } from 'node:fs';
import { run, tryRun, type Finished } from '#/lib/run.ts';
import { canonicalDestination, routeKey } from '#/drivers/network/linux/plan.ts';

/** Where namespaces have their names. */
const namespaceRoot = '/run/netns';

/** A place in which the network's programs run: a named namespace, or the host's own (`undefined`). */
export type Place = string | undefined;

export function namespaceNames(): readonly string[] {
  try {
    return readdirSync(namespaceRoot);
  } catch {
    return []; // nobody has made a namespace since the machine started
  }
}

/**
 * Runs a program in a namespace. Not by `ip netns exec`: that makes a mount namespace with copies of all mounts, which
 * keeps disks busy that others want to unmount.
 */
export function runIn(place: Place, program: string, args: readonly string[], input = ''): Promise<string> {
  return place === undefined
    ? run(program, args, { input })
    : run('nsenter', [`--net=${place}`, '--', program, ...args], { input });
}

export function tryRunIn(
  place: Place,
  program: string,
  args: readonly string[],
  input = '',
): Promise<Finished> {
  return place === undefined
    ? tryRun(program, args, { input })
    : tryRun('nsenter', [`--net=${place}`, '--', program, ...args], { input });
}

/** Gives lines to one `ip`; nothing to do starts none. The first line that fails ends it. */
export async function ipBatch(place: Place, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const input = `${lines.join('\n')}\n`;
  try {
    await runIn(place, 'ip', ['-batch', '-'], input);
  } catch (cause) {
    throw new Error(`ip failed in ${place ?? 'the host'} on one of: ${lines.slice(0, 20).join('; ')}`, {
      cause,
    });
  }
}

/** Loads rules in one step: all or nothing. */
export async function nftLoad(place: Place, rules: string): Promise<void> {
  try {
    await runIn(place, 'nft', ['-f', '-'], rules);
  } catch (cause) {
    throw new Error(`nft refused the rules for ${place ?? 'the host'}`, { cause });
  }
}

/** What a table holds, in the kernel's own words and without counters; undefined when there is no such table. */
export async function nftTable(place: Place, table: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryRunIn(place, 'nft', ['-s', 'list', 'table', 'ip', table]);
  return exitCode === 0 ? stdout : undefined;
}

/** Sets what the kernel knows; what it does not know (an older or smaller kernel) stays as it is. */
export async function setSysctls(
  place: Place,
  settings: Readonly<Record<string, string | number>>,
): Promise<void> {
  const words = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  await runIn(place, 'sysctl', ['-e', '-q', '-w', ...words]);
}

/**
 * Guests share a processor, not a line: a congestion control that paces would only slow them. Namespaces may use what the
 * host allows to all; what it does not, stays as the host has it.
 */
export function congestionControl(): Readonly<Record<string, string>> {
  const allowed = readFileSync('/proc/sys/net/ipv4/tcp_allowed_congestion_control', 'utf8').split(/\s/);
  return allowed.includes('cubic') ? { 'net.ipv4.tcp_congestion_control': 'cubic' } : {};
}

/** What `ip` shows of a namespace. */
export interface ObservedPlace {
  readonly devices: ReadonlyMap<string, ObservedDevice>;
  /** Those that somebody added, not those that the kernel keeps for its own addresses; key as {@link routeKey}. */
  readonly routes: ReadonlyMap<string, ObservedRoute>;
  /** As `ip rule add` takes them, without the three that every namespace has. */
  readonly rules: ReadonlySet<string>;
}

export interface ObservedDevice {
  readonly name: string;
  readonly alias: string;
  readonly group: number;
  readonly mtu: number;
  readonly macAddress: string;
  readonly isUp: boolean;
  /** `10.0.0.1/32` */
  readonly addresses: readonly string[];
}

export interface ObservedRoute {
  readonly text: string;
  readonly device: string | undefined;
}

/** What `link show` and `addr show` tell. */
interface AddrJson {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly group?: string;
  readonly mtu: number;
  readonly address?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

interface RouteJson {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly scope?: string;
  readonly metric?: number;
  readonly flags: readonly string[];
}

interface RuleJson {
  readonly priority: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly fwmark?: string;
  readonly table?: string;
}

/** Reads devices, addresses, routes and rules with one program. */
export async function observePlace(place: Place): Promise<ObservedPlace> {
  // Only `link show` tells the aliases.
  const commands = ['link show', 'addr show', 'route show table all', 'rule show'];
  const text = await runIn(place, 'ip', ['-N', '-j', '-batch', '-'], `${commands.join('\n')}\n`);
  // One JSON text for each command, in their order; `ip` promises these shapes.
  const [links, addresses, routes, rules] = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
  const aliases = new Map((links as readonly AddrJson[]).map(({ ifname, ifalias }) => [ifname, ifalias]));
  return {
    devices: new Map(
      (addresses as readonly AddrJson[]).map((device) => [
        device.ifname,
        toDevice(device, aliases.get(device.ifname) ?? ''),
      ]),
    ),
    routes: new Map((routes as readonly RouteJson[]).filter(isAdded).map(toRoute)),
    rules: new Set(
      (rules as readonly RuleJson[]).filter(({ priority }) => priority > 0 && priority < 32_766).map(toRule),
    ),
  };
}

function toDevice(json: AddrJson, alias: string): ObservedDevice {
  return {
    name: json.ifname,
    alias,
    group: Number(json.group ?? 0),
    mtu: json.mtu,
    macAddress: json.address ?? '',
    isUp: json.flags.includes('UP'),
    addresses: json.addr_info
      .filter(({ family }) => family === 'inet')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  };
}

/** Protocol 2 is the kernel's own, table 255 the local one. */
function isAdded({ protocol, table, dst }: RouteJson): boolean {
  return protocol !== '2' && table !== '255' && !dst.includes(':');
}

/** The kernel's numbers of route types that we use. */
const routeTypes: ReadonlyMap<string, string> = new Map([
  ['6', 'blackhole'],
  ['7', 'unreachable'],
  ['9', 'throw'],
]);

function toRoute(json: RouteJson): readonly [string, ObservedRoute] {
  const destination = canonicalDestination(json.dst);
  const table = Number(json.table ?? 254);
  const metric = json.metric ?? 0;
  const words = [
    json.type === undefined ? '' : (routeTypes.get(json.type) ?? `type-${json.type}`),
    destination,
    json.gateway === undefined ? '' : `via ${json.gateway}`,
    json.dev === undefined ? '' : `dev ${json.dev}`,
    json.flags.includes('onlink') ? 'onlink' : '',
    json.scope === '253' && json.gateway === undefined ? 'scope link' : '',
    metric === 0 ? '' : `metric ${metric}`,
    table === 254 ? '' : `table ${table}`,
  ];
  return [
    routeKey(destination, table, metric),
    { text: words.filter((word) => word !== '').join(' '), device: json.dev },
  ];
}

function toRule(json: RuleJson): string {
  const words = [
    `pref ${json.priority}`,
    json.dst === undefined ? '' : `to ${json.dst}${json.dstlen === undefined ? '' : `/${json.dstlen}`}`,
    json.fwmark === undefined ? '' : `fwmark ${Number(json.fwmark)}`,
    `lookup ${json.table ?? '?'}`,
  ];
  return words.filter((word) => word !== '').join(' ');
}
