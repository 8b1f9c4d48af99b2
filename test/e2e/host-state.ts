import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupHost } from '#/drivers/machine/linux/cgroup.ts';
import type { Site } from '#/drivers/linux/site.ts';
import { readFileIfThere } from '#/lib/files.ts';
import { run } from '#/lib/run.ts';
import { until } from './until.ts';

/** What a region could change of the host, by kind, in comparable lines. What carries another region's mark is left out. */
export type HostState = Readonly<Record<string, readonly string[]>>;

/** Reads the host itself: its network, mounts, cgroups, settings, files under /etc, and the region's processes. */
export async function hostState(site: Site): Promise<HostState> {
  const kinds: Record<string, readonly string[]> = {
    namespaces: existsSync('/run/netns') ? readdirSync('/run/netns') : [],
    mounts: mounts(),
    cgroups: cgroups(),
    processes: processesOf(site),
    rules: await lines('ip', 'rule'),
    routes: await lines('ip', 'route', 'show', 'table', 'all'),
    links: (await lines('ip', '-o', 'link')).map((line) => line.split(' ')[1] ?? ''),
    addresses: (await lines('ip', '-o', 'addr')).map((line) =>
      line
        .split(/\s+/)
        .slice(1)
        .join(' ')
        .replace(/(valid_lft|preferred_lft) \S+/g, ''),
    ),
    filters: await filters(),
    settings: await settings(),
    etc: await lines('find', '/etc', '-printf', '%p %y %m %s %T@ %l\n'),
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, all]) => [
      kind,
      all.filter((line) => !isOthers(site, line)).toSorted(),
    ]),
  );
}

/** The lines that are in one of the two only: `- namespaces: …` when it is gone, `+ …` when it is new. */
function differences(before: HostState, after: HostState): readonly string[] {
  return Object.keys(before).flatMap((kind) => {
    const [old, now] = [before[kind] ?? [], after[kind] ?? []];
    return [
      ...old.filter((line) => !now.includes(line)).map((line) => `- ${kind}: ${line}`),
      ...now.filter((line) => !old.includes(line)).map((line) => `+ ${kind}: ${line}`),
    ];
  });
}

/**
 * What is different from before for longer than a quarter of a minute: the kernel lets go of some things a moment late,
 * and others may change the host for a moment.
 */
export async function lastingDifferences(before: HostState, site: Site): Promise<readonly string[]> {
  let last: readonly string[] = [];
  await until(
    'the host is as it was',
    async () => {
      last = differences(before, await hostState(site));
      return last.length === 0;
    },
    15_000,
  ).catch(() => {}); // what lasts is the answer
  return last;
}

/** Whether the line is of another region of this host, which may come and go meanwhile. */
function isOthers({ name, publicPool }: Site, line: string): boolean {
  const marks = [
    ...line.matchAll(/\bsg[-_]([a-z0-9_-]+)|\/(?:regions|snowglobe)\/([a-z0-9-]+)|\b(198\.1[89]\.\d+)\./g),
  ];
  const pool = publicPool.split('.').slice(0, 3).join('.');
  return (
    marks.length > 0 &&
    !marks.some(([mark]) => mark.replaceAll('_', '-').includes(name) || mark.startsWith(pool))
  );
}

function mounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ').slice(3).join(' '));
}

/** The folders in which any region's cgroups are, and what is in them. */
function cgroups(): readonly string[] {
  return cgroupHost().roots.flatMap((root) => {
    const ours = join(root, 'snowglobe');
    return existsSync(ours)
      ? readdirSync(ours, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => join(ours, entry.name))
      : [];
  });
}

/** The region's own process, those in its cgroups, and those whose command line speaks of its state. */
function processesOf({ name, stateDir }: Site): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const commandLine = (readFileIfThere(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
      const cgroup = readFileIfThere(`/proc/${pid}/cgroup`) ?? '';
      const isOurs =
        cgroup.includes(`/snowglobe/${name}/`) ||
        commandLine.includes(stateDir) ||
        commandLine.endsWith(`src/main.ts ${name}`);
      return isOurs ? [`${pid} ${commandLine}`] : [];
    });
}

async function filters(): Promise<readonly string[]> {
  const tables = await lines('nft', 'list', 'tables');
  const others = tables.filter((table) => !table.startsWith('table ip sg_'));
  const rules = [];
  for (const table of others)
    rules.push(...(await lines('nft', '-s', 'list', ...table.split(' '))).map((rule) => `${table}: ${rule}`));
  return [...tables, ...rules];
}

/**
 * Settings of the host's network. The limit of inotify instances is not among them: it is raised for good, and `doctor`
 * names it. Counters and what only describes a device that came or went are left out.
 */
async function settings(): Promise<readonly string[]> {
  return (
    await lines(
      'sysctl',
      '-a',
      '--ignore',
      '--pattern',
      '^(net\\.(ipv4|ipv6|core)|kernel\\.(core|panic|pid)|vm\\.)',
    )
  ).filter((line) => !/^(net\.ipv4\.tcp_fastopen_key|net\.core\.\w+_count|vm\.stat)/.test(line));
}

async function lines(program: string, ...args: readonly string[]): Promise<readonly string[]> {
  return (await run(program, args))
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The region's processes by cgroup, each with its start time: equal twice means that none was started anew. */
export function processStarts({ name }: Site): ReadonlyMap<string, string> {
  const starts = new Map<string, string>();
  for (const entry of readdirSync('/proc').filter((pid) => /^\d+$/.test(pid))) {
    const cgroup = new RegExp(`/snowglobe/${name}/(\\S+)`).exec(
      readFileIfThere(`/proc/${entry}/cgroup`) ?? '',
    )?.[1];
    // The command's name may hold spaces and brackets; the start time is the twentieth field after it.
    const started = readFileIfThere(`/proc/${entry}/stat`)?.split(') ').at(-1)?.split(' ')[19];
    if (cgroup !== undefined && started !== undefined) starts.set(`${cgroup} ${entry}`, started);
  }
  return starts;
}
