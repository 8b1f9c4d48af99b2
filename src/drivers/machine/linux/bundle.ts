import type { Machine } from '#/drivers/machine/driver.ts';

/** What of the host shapes a bundle. */
export interface BundleHost {
  /** `cgroup2` where version 2 lies beside version 1: guests then see it alone, and limits stay out of their reach. */
  readonly cgroupMount: 'cgroup' | 'cgroup2';
  /** Below each hierarchy: `/snowglobe/<region>/machine/<id>`. */
  readonly cgroupsPath: string;
  /** The merged disk. */
  readonly rootfs: string;
  /** Capabilities that this process may give away. */
  readonly boundingSet: ReadonlySet<string>;
  /** Our own hard limit of open files: a guest cannot have a higher one. */
  readonly openFilesMax: number;
  readonly architecture: 'x64' | 'arm64';
}

/** The configuration of a system container for an OCI runtime (https://github.com/opencontainers/runtime-spec). Pure. */
export function renderBundle(machine: Machine, host: BundleHost): object {
  const capabilities = guestCapabilities.filter((name) => host.boundingSet.has(name));
  const halfMib = Math.max(32, Math.floor(machine.memoryMib / 2));
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: true, // systemd writes its console to /dev/console, which is made for terminals only
      user: { uid: 0, gid: 0 },
      args: ['/sbin/init'],
      cwd: '/',
      noNewPrivileges: false,
      env: guestEnvironment,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: host.openFilesMax }],
    },
    root: { path: host.rootfs },
    hostname: machine.hostname,
    mounts: [
      mount('/proc', 'proc', []),
      mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
      mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']),
      mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${halfMib}m`]),
      mount('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
      mount('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
      mount('/sys/fs/cgroup', host.cgroupMount, ['nosuid', 'noexec', 'nodev', 'relatime', 'rw']),
      mount('/run', 'tmpfs', ['nosuid', 'nodev', 'mode=755', `size=${halfMib}m`]),
      // Without CAP_SYS_ADMIN systemd cannot mount it itself, and then does not boot.
      mount('/run/lock', 'tmpfs', ['nosuid', 'nodev', 'noexec', 'mode=1777', 'size=5m']),
      mount('/tmp', 'tmpfs', ['nosuid', 'nodev', 'mode=1777', `size=${halfMib}m`]),
    ],
    linux: {
      cgroupsPath: host.cgroupsPath,
      namespaces: [
        { type: 'pid' },
        { type: 'ipc' },
        { type: 'uts' },
        { type: 'mount' },
        { type: 'cgroup' },
        { type: 'network', path: machine.namespace },
      ],
      resources: {
        memory: { limit: machine.memoryMib * 1024 * 1024 },
        cpu: { shares: 1024, quota: machine.vcpus * 100_000, period: 100_000 },
        pids: { limit: 4096 },
        devices: [{ allow: false, access: 'rwm' }, ...guestDevices],
      },
      seccomp: renderSeccomp(host.architecture),
      maskedPaths: [
        '/proc/acpi',
        '/proc/kcore',
        '/proc/keys',
        '/proc/latency_stats',
        '/proc/timer_list',
        '/proc/sched_debug',
        '/proc/scsi',
        '/sys/firmware',
        '/sys/devices/virtual/powercap',
      ],
      // Not /proc/sys/net: it belongs to the machine's namespace, and a NAT instance sets ip_forward there.
      readonlyPaths: [
        '/proc/sys/abi',
        '/proc/sys/debug',
        '/proc/sys/dev',
        '/proc/sys/fs',
        '/proc/sys/kernel',
        '/proc/sys/user',
        '/proc/sys/vm',
        '/proc/bus',
        '/proc/fs',
        '/proc/irq',
        '/proc/sysrq-trigger',
      ],
    },
  };
}

function mount(destination: string, type: string, options: readonly string[]): object {
  return { destination, type, source: type, options };
}

/** Of systemd, and of commands run from outside; the last two as the images' own units have them. */
const guestEnvironment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'TERM=xterm',
  'container=oci',
  'AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt',
  'NODE_EXTRA_CA_CERTS=/usr/local/share/ca-certificates/snowglobe.crt',
];

/**
 * What root may do in a guest. Absent on purpose: SYS_ADMIN, SYS_PTRACE, MKNOD, DAC_READ_SEARCH, SYS_MODULE, BPF, each a way
 * to the host. NET_ADMIN reaches no further than the machine's network namespace.
 */
const guestCapabilities = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_IPC_OWNER',
  'CAP_KILL',
  'CAP_LEASE',
  'CAP_NET_ADMIN',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_BOOT',
  'CAP_SYS_CHROOT',
  'CAP_SYS_NICE',
  'CAP_SYS_TTY_CONFIG',
];

/** null, zero, full, random, urandom, tty, console, ptmx, and pseudo terminals. */
const guestDevices = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 1],
  [5, 2],
  [136, undefined],
].map(([major, minor]) => ({
  allow: true,
  type: 'c',
  major,
  ...(minor === undefined ? {} : { minor }),
  access: 'rwm',
}));

const newUserNamespace = 0x1000_0000;
const notPermitted = 1;
const notImplemented = 38;

/** System calls that concern the whole host, and those that would give a guest new privileges to attack it with. */
function renderSeccomp(architecture: BundleHost['architecture']): object {
  const fresh = { index: 0, value: newUserNamespace, valueTwo: newUserNamespace, op: 'SCMP_CMP_MASKED_EQ' };
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures:
      architecture === 'x64'
        ? ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']
        : ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    syscalls: [
      {
        names: [
          'acct',
          'add_key',
          'bpf',
          'clock_settime',
          'delete_module',
          'finit_module',
          'init_module',
          'io_uring_setup',
          'kexec_file_load',
          'kexec_load',
          'keyctl',
          'lookup_dcookie',
          'open_by_handle_at',
          'perf_event_open',
          'request_key',
          'settimeofday',
          'swapoff',
          'swapon',
          'userfaultfd',
        ],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: notPermitted,
      },
      { names: ['clone', 'unshare'], action: 'SCMP_ACT_ERRNO', errnoRet: notPermitted, args: [fresh] },
      // Its flags lie in memory, out of a filter's sight; the C library then takes `clone`.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: notImplemented },
    ],
  };
}
