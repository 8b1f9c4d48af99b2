import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '#/lib/run.ts';

const debian = 'http://deb.debian.org/debian';
const debianSecurity = 'http://deb.debian.org/debian-security';

/** The suite that images are made of, whatever the host runs. */
const suite = 'bookworm';

/** One line of apt's sources for each archive of the suite, from the mirror the host uses when the host is Debian. */
export function debianSources(etc = '/etc'): readonly string[] {
  const entries = aptFiles(etc).flatMap(parseSources);
  const host = hostSuite(etc);
  const mirror = entries.find((entry) => entry.suite === host)?.uri ?? debian;
  const security = entries.find((entry) => entry.suite === `${host}-security`)?.uri ?? debianSecurity;
  return [
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
    `deb ${security} ${suite}-security main`,
  ];
}

/** The host's apt settings without which its mirror may not be usable: proxies, and the age of lists it accepts. */
export async function hostAptOptions(): Promise<readonly string[]> {
  if (!existsSync('/usr/bin/apt-config')) return [];
  const settings = await run('apt-config', ['dump', '--no-empty']);
  return settings
    .split('\n')
    .filter((line) => /^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy\b[^ ]*) /.test(line))
    .map((line) => line.replace(/;$/, ''));
}

/** `bookworm` where the host is Debian; a name that no source has elsewhere. */
function hostSuite(etc: string): string {
  const release = readIfThere(join(etc, 'os-release'));
  if (!/^ID=debian$/m.test(release)) return '';
  return /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1] ?? '';
}

interface Source {
  readonly uri: string;
  readonly suite: string;
}

/** Reads both formats of apt's sources: a line each, and paragraphs of fields (deb822). */
export function parseSources(text: string): readonly Source[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const lines = paragraph.split('\n').filter((line) => !line.startsWith('#'));
    const uris = fieldOf(lines, 'URIs');
    if (uris.length > 0 && !fieldOf(lines, 'Enabled').includes('no')) {
      return uris
        .filter(isRemote)
        .flatMap((uri) => fieldOf(lines, 'Suites').map((name) => ({ uri, suite: name })));
    }
    return lines.flatMap((line) => {
      const [, uri, name] = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s/.exec(line) ?? [];
      return uri === undefined || name === undefined || !isRemote(uri) ? [] : [{ uri, suite: name }];
    });
  });
}

function fieldOf(lines: readonly string[], name: string): readonly string[] {
  const line = lines.find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return line === undefined
    ? []
    : line
        .slice(name.length + 1)
        .trim()
        .split(/\s+/);
}

function aptFiles(etc: string): readonly string[] {
  const directory = join(etc, 'apt', 'sources.list.d');
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  const files = [join(etc, 'apt', 'sources.list'), ...names.map((name) => join(directory, name))];
  return files.filter((file) => /\.(list|sources)$/.test(file)).map(readIfThere);
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** A mirror in files of this host would be of no use to a machine. */
function isRemote(uri: string): boolean {
  return /^https?:/.test(uri);
}
