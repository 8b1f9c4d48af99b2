/** A size that an instance can have. */
export interface InstanceSize {
  /** `t3.micro` */
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly isBurstable: boolean;
  readonly maxInterfaces: number;
  readonly addressesPerInterface: number;
  /** As AWS words it. */
  readonly networkPerformance: string;
  readonly threadsPerCore: number;
  readonly clockGhz: number;
  readonly isFreeTier: boolean;
  readonly isCurrent: boolean;
  readonly hypervisor: 'xen' | 'nitro';
}

type Row = readonly [size: string, vcpus: number, memoryMib: number, interfaces: number, addresses: number];

// https://docs.aws.amazon.com/ec2/latest/instancetypes/gp.html
const burstable3: readonly Row[] = [
  ['nano', 2, 512, 2, 2],
  ['micro', 2, 1024, 2, 2],
  ['small', 2, 2048, 3, 4],
  ['medium', 2, 4096, 3, 6],
  ['large', 2, 8192, 3, 12],
  ['xlarge', 4, 16384, 4, 15],
  ['2xlarge', 8, 32768, 4, 15],
];
const burstable2: readonly Row[] = [
  ['nano', 1, 512, 2, 2],
  ['micro', 1, 1024, 2, 2],
  ['small', 1, 2048, 3, 4],
  ['medium', 2, 4096, 3, 6],
  ['large', 2, 8192, 3, 12],
  ['xlarge', 4, 16384, 3, 15],
  ['2xlarge', 8, 32768, 3, 15],
];

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html#previous-gen-instances
const micro1: readonly Row[] = [['micro', 1, 627, 2, 2]];
const general1: readonly Row[] = [
  ['small', 1, 1740, 2, 4],
  ['medium', 1, 3788, 2, 6],
  ['large', 2, 7680, 3, 10],
  ['xlarge', 4, 15360, 4, 15],
];
const general3: readonly Row[] = [
  ['medium', 1, 3840, 2, 6],
  ['large', 2, 7680, 3, 10],
  ['xlarge', 4, 15360, 4, 15],
  ['2xlarge', 8, 30720, 4, 30],
];
const compute34: readonly Row[] = [
  ['large', 2, 3840, 3, 10],
  ['xlarge', 4, 7680, 4, 15],
  ['2xlarge', 8, 15360, 4, 15],
  ['4xlarge', 16, 30720, 8, 30],
  ['8xlarge', 32, 61440, 8, 30],
];
const general4: readonly Row[] = [
  ['large', 2, 8192, 2, 10],
  ['xlarge', 4, 16384, 4, 15],
  ['2xlarge', 8, 32768, 4, 15],
  ['4xlarge', 16, 65536, 8, 30],
  ['10xlarge', 40, 163840, 8, 30],
  ['16xlarge', 64, 262144, 8, 30],
];

function fixed(gibPerVcpu: number): readonly Row[] {
  return [
    ['large', 2, 2 * gibPerVcpu * 1024, 3, 10],
    ['xlarge', 4, 4 * gibPerVcpu * 1024, 4, 15],
    ['2xlarge', 8, 8 * gibPerVcpu * 1024, 4, 15],
    ['4xlarge', 16, 16 * gibPerVcpu * 1024, 8, 30],
    ['8xlarge', 32, 32 * gibPerVcpu * 1024, 8, 30],
    ['12xlarge', 48, 48 * gibPerVcpu * 1024, 8, 30],
    ['16xlarge', 64, 64 * gibPerVcpu * 1024, 15, 50],
    ['24xlarge', 96, 96 * gibPerVcpu * 1024, 15, 50],
  ];
}

function family(
  name: string,
  rows: readonly Row[],
  common: Pick<InstanceSize, 'isBurstable' | 'networkPerformance' | 'clockGhz' | 'isCurrent'> & {
    readonly threadsPerCore?: number;
    readonly hypervisor?: 'xen' | 'nitro';
  },
): InstanceSize[] {
  return rows.map(([size, vcpus, memoryMib, maxInterfaces, addressesPerInterface]) => ({
    ...common,
    hypervisor: common.hypervisor ?? 'nitro',
    name: `${name}.${size}`,
    vcpus,
    memoryMib,
    maxInterfaces,
    addressesPerInterface,
    threadsPerCore: Math.min(common.threadsPerCore ?? 2, vcpus),
    isFreeTier: name === 't3' && (size === 'micro' || size === 'small'),
  }));
}

const previousGeneration = { isCurrent: false, hypervisor: 'xen' } as const;

/** The sizes that can be launched. The machine's own processor runs them all, so there are only those of x86_64. */
export const instanceSizes: ReadonlyMap<string, InstanceSize> = new Map(
  [
    ...family('t1', micro1, {
      isBurstable: false,
      networkPerformance: 'Very Low',
      clockGhz: 2.4,
      ...previousGeneration,
      threadsPerCore: 1,
    }),
    ...family('m1', general1, {
      isBurstable: false,
      networkPerformance: 'Low',
      clockGhz: 2,
      ...previousGeneration,
      threadsPerCore: 1,
    }),
    ...family('m3', general3, {
      isBurstable: false,
      networkPerformance: 'Moderate',
      clockGhz: 2.5,
      ...previousGeneration,
    }),
    ...family('c3', compute34.slice(0, 4), {
      isBurstable: false,
      networkPerformance: 'Moderate',
      clockGhz: 2.8,
      ...previousGeneration,
    }),
    ...family('m4', general4, {
      isBurstable: false,
      networkPerformance: 'Moderate',
      clockGhz: 2.4,
      isCurrent: true,
      hypervisor: 'xen',
    }),
    ...family('c4', compute34, {
      isBurstable: false,
      networkPerformance: 'Moderate',
      clockGhz: 2.9,
      isCurrent: true,
      hypervisor: 'xen',
    }),
    ...family('t2', burstable2, {
      isBurstable: true,
      networkPerformance: 'Low to Moderate',
      clockGhz: 2.3,
      isCurrent: true,
      threadsPerCore: 1,
      hypervisor: 'xen',
    }),
    ...family('t3', burstable3, {
      isBurstable: true,
      networkPerformance: 'Up to 5 Gigabit',
      clockGhz: 2.5,
      isCurrent: true,
    }),
    ...family('t3a', burstable3, {
      isBurstable: true,
      networkPerformance: 'Up to 5 Gigabit',
      clockGhz: 2.2,
      isCurrent: true,
    }),
    ...family('m5', fixed(4), {
      isBurstable: false,
      networkPerformance: 'Up to 10 Gigabit',
      clockGhz: 3.1,
      isCurrent: true,
    }),
    ...family('c5', fixed(2), {
      isBurstable: false,
      networkPerformance: 'Up to 10 Gigabit',
      clockGhz: 3.4,
      isCurrent: true,
    }),
    ...family('r5', fixed(8), {
      isBurstable: false,
      networkPerformance: 'Up to 10 Gigabit',
      clockGhz: 3.1,
      isCurrent: true,
    }),
    ...family('m6i', fixed(4), {
      isBurstable: false,
      networkPerformance: 'Up to 12.5 Gigabit',
      clockGhz: 3.5,
      isCurrent: true,
    }),
    ...family('c6i', fixed(2), {
      isBurstable: false,
      networkPerformance: 'Up to 12.5 Gigabit',
      clockGhz: 3.5,
      isCurrent: true,
    }),
    ...family('r6i', fixed(8), {
      isBurstable: false,
      networkPerformance: 'Up to 12.5 Gigabit',
      clockGhz: 3.5,
      isCurrent: true,
    }),
    ...family('m7i', fixed(4), {
      isBurstable: false,
      networkPerformance: 'Up to 12.5 Gigabit',
      clockGhz: 3.8,
      isCurrent: true,
    }),
    ...family('c7i', fixed(2), {
      isBurstable: false,
      networkPerformance: 'Up to 12.5 Gigabit',
      clockGhz: 3.8,
      isCurrent: true,
    }),
    ...family('r7i', fixed(8), {
      isBurstable: false,
      networkPerformance: 'Up to 12.5 Gigabit',
      clockGhz: 3.8,
      isCurrent: true,
    }),
  ].map((size) => [size.name, size]),
);
