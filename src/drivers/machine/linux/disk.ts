import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '#/drivers/machine/driver.ts';
import { run, tryRun } from '#/lib/run.ts';

/** Where the parts of a machine's directory are; it is also the bundle of the OCI runtime. */
export function diskPaths(directory: string) {
  return {
    /** What the machine wrote, on top of its image. */
    upper: join(directory, 'upper'),
    work: join(directory, 'work'),
    /** Both merged; a mount point. */
    rootfs: join(directory, 'rootfs'),
  };
}

/** Makes an empty disk with the machine's names on it. A disk that is there is kept. */
export function makeDisk(directory: string, machine: Machine): void {
  const { upper, work, rootfs } = diskPaths(directory);
  for (const part of [upper, join(upper, 'etc'), work, rootfs]) {
    mkdirSync(part, { recursive: true });
    chmodSync(part, 0o755); // the guest's own `/` and `/etc`, whatever our umask
  }
  const { hostname, searchDomain, nameServer } = machine;
  writeEtc(upper, 'hostname', `${hostname}\n`);
  writeEtc(
    upper,
    'hosts',
    `127.0.0.1 localhost localhost.localdomain\n::1 localhost localhost.localdomain\n127.0.1.1 ${hostname}.${searchDomain} ${hostname}\n`,
  );
  writeEtc(
    upper,
    'resolv.conf',
    `search ${searchDomain}\nnameserver ${nameServer}\noptions timeout:2 attempts:5\n`,
  );
}

function writeEtc(upper: string, name: string, text: string): void {
  const file = join(upper, 'etc', name);
  rmSync(file, { force: true });
  writeFileSync(file, text);
  chmodSync(file, 0o644);
}

/** Mounts the disk on its image's layers (topmost first). A mounted one is left alone. */
export async function mountDisk(directory: string, layers: readonly string[]): Promise<void> {
  const { upper, work, rootfs } = diskPaths(directory);
  if (mountsBelow(rootfs).length > 0) return;
  const options = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`;
  await run('mount', ['-t', 'overlay', 'snowglobe', '-o', options, rootfs]);
}

/** Unmounts whatever is mounted below the directory; the disk stays. */
export async function unmountDisk(directory: string): Promise<void> {
  for (const mountPoint of mountsBelow(directory)) {
    const { exitCode } = await tryRun('umount', [mountPoint]);
    if (exitCode !== 0) await run('umount', ['--lazy', mountPoint]);
  }
  const left = mountsBelow(directory);
  if (left.length > 0) throw new Error(`${left.join(', ')} cannot be unmounted`);
}

/** Unmounts the disk and removes it all. Never removes through a mount. */
export async function removeDisk(directory: string): Promise<void> {
  await unmountDisk(directory);
  rmSync(directory, { recursive: true, force: true });
}

/** Mount points at or below a directory, innermost first. */
export function mountsBelow(directory: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((path) => path === directory || path.startsWith(`${directory}/`))
    .toReversed();
}

/** Writes a file whole or not at all, readable for us only: it may hold secrets of user data. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** A file's text; undefined when it is not there. */
export function readText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
