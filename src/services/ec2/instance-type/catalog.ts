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

function fixed(gibPerVcpu: number): readonly Row[] {
  return [
    ['large', 2, 2 * gibPerVcpu * 1024, 3, 10],
    ['xlarge', 4, 4 * gibPerVcpu * 1024, 4, 15],
    ['2xlarge', 8, 8 * gibPerVcpu * 1024, 4, 15],
    ['4xlarge', 16, 16 * gibPerVcpu * 1024, 8, 30],
  ];
}

function family(
  name: string,
  rows: readonly Row[],
  common: Pick<InstanceSize, 'isBurstable' | 'networkPerformance' | 'clockGhz' | 'isCurrent'> & {
    readonly threadsPerCore?: number;
  },
): InstanceSize[] {
  return rows.map(([size, vcpus, memoryMib, maxInterfaces, addressesPerInterface]) => ({
    ...common,
    name: `${name}.${size}`,
    vcpus,
    memoryMib,
    maxInterfaces,
    addressesPerInterface,
    threadsPerCore: Math.min(common.threadsPerCore ?? 2, vcpus),
    isFreeTier: name === 't3' && (size === 'micro' || size === 'small'),
  }));
}

/** The sizes that can be launched. The machine's own processor runs them all, so there are only those of x86_64. */
export const instanceSizes: ReadonlyMap<string, InstanceSize> = new Map(
  [
    ...family('t2', burstable2, {
      isBurstable: true,
      networkPerformance: 'Low to Moderate',
      clockGhz: 2.3,
      isCurrent: true,
      threadsPerCore: 1,
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
  ].map((size) => [size.name, size]),
);
