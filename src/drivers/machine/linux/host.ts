import { readFileSync, writeFileSync } from 'node:fs';

/** The capabilities this process may give to others, of those a guest could get. */
export function boundingSet(): ReadonlySet<string> {
  const hex = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const bits = BigInt(`0x${hex}`);
  return new Set(capabilityNames.filter((_, bit) => (bits >> BigInt(bit)) % 2n === 1n));
}

/** Our own hard limit of open files. */
export function openFilesMax(): number {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined || limit === 'unlimited' ? 1_048_576 : Number(limit);
}

const inotifyFile = '/proc/sys/fs/inotify/max_user_instances';
const inotifyEnough = 512;

/**
 * systemd takes four inotify instances in each machine, and all count for root: with the usual 128 of a host, the 33rd machine
 * dies at boot. Raised when lower; where that is not allowed, fewer machines run.
 */
export function raiseInotifyLimit(): void {
  if (Number(readFileSync(inotifyFile, 'utf8')) >= inotifyEnough) return;
  try {
    writeFileSync(inotifyFile, '8192');
  } catch {
    // Not ours to raise here; `snowglobe doctor` names it.
  }
}

/** By number: https://man7.org/linux/man-pages/man7/capabilities.7.html */
const capabilityNames = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
];
