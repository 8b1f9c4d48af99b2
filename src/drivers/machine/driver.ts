/** Machines: system containers that boot an image, run their user data, and keep their disk over a stop. */
export interface MachineDriver {
  /** Prepares the disk and configuration. Repeating it keeps the disk that is there. */
  create(machine: Machine): Promise<void>;
  /** Boots. A machine that runs is left alone. */
  start(machineId: string): Promise<void>;
  /** Asks it to shut down, pulls the plug after `graceMs`. A machine that does not run is left alone. */
  stop(machineId: string, graceMs: number): Promise<void>;
  /** Pulls the plug if need be and removes the disk. Removing what is not there is done already. */
  destroy(machineId: string): Promise<void>;
  /** What is there now; undefined when there is no such machine. */
  inspect(machineId: string): Promise<ObservedMachine | undefined>;
  /** The ids of all machines found by mark. */
  list(): Promise<readonly string[]>;
  /** What the guest's metadata service answers from now on. Repeating it replaces it. */
  setMetadata(machineId: string, metadata: MachineMetadata): Promise<void>;
  /** Runs a command inside, as root. Throws when the machine does not run. */
  exec(
    machineId: string,
    argv: readonly string[],
    options?: { readonly timeoutMs?: number },
  ): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** The last 64 KiB of its console. Empty before the first boot. */
  console(machineId: string): Promise<string>;
  /** The images that can be booted. */
  images(): readonly string[];
  /** Calls back when a machine has started or ended by itself. The answer ends it. */
  watch(listener: (machineId: string) => void): () => void;
  destroyAll(): Promise<void>;
}

export interface Machine {
  /** `i-…` */
  readonly id: string;
  /** One of `images()`. */
  readonly image: string;
  /** `ip-10-0-2-15` */
  readonly hostname: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  /** Path of the namespace whose link is its eth0 (`NetworkDriver.namespaceOf`). */
  readonly namespace: string;
  /** Written to its /etc/resolv.conf. */
  readonly nameServer: string;
  /** `eu-west-3.compute.internal` */
  readonly searchDomain: string;
  readonly metadata: MachineMetadata;
}

/** What the instance metadata service tells a guest; `address` finds the guest. */
export interface MachineMetadata {
  /** The link (network interface) it asks through. */
  readonly linkId: string;
  /** Paths below `latest/meta-data/` to their texts: `{ 'instance-id': 'i-…', 'placement/availability-zone': … }`. */
  readonly metaData: Readonly<Record<string, string>>;
  /** Raw bytes in base64; undefined when there is none. */
  readonly userData: string | undefined;
  /** Members of the instance identity document. */
  readonly identityDocument: Readonly<Record<string, unknown>>;
  readonly tokensRequired: boolean;
  readonly hopLimit: number;
}

export interface ObservedMachine {
  readonly state: 'running' | 'stopped';
  /** How the last run ended; undefined while running or before the first. */
  readonly ending: 'poweroff' | 'reboot' | 'killed' | undefined;
}
