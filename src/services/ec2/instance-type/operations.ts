import type * as aws from '@aws-sdk/client-ec2';
import type { Handlers } from '#/services/contract.ts';
import { findZone, zonesOf } from '#/services/ec2/availability-zone/zones.ts';
import { instanceTypesInvalid } from '#/services/ec2/compute-errors.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { instanceSizes, type InstanceSize } from '#/services/ec2/instance-type/catalog.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** The API of instance types. */
export const instanceTypeOperations = {
  DescribeInstanceTypes(input) {
    const missing = (input.InstanceTypes ?? []).filter((name) => !instanceSizes.has(name));
    if (missing.length > 0) throw instanceTypesInvalid(missing);
    const asked = input.InstanceTypes?.flatMap((name) => instanceSizes.get(name) ?? []);
    const found = filterItems(asked ?? [...instanceSizes.values()], input.Filters, {
      'bare-metal': () => false,
      'burstable-performance-supported': ({ isBurstable }) => isBurstable,
      'current-generation': ({ isCurrent }) => isCurrent,
      'free-tier-eligible': ({ isFreeTier }) => isFreeTier,
      hypervisor: ({ hypervisor }) => hypervisor,
      'instance-storage-supported': () => false,
      'instance-type': ({ name }) => name,
      'memory-info.size-in-mib': ({ memoryMib }) => memoryMib,
      'processor-info.supported-architecture': () => 'x86_64',
      'supported-root-device-type': () => 'ebs',
      'supported-usage-class': () => 'on-demand',
      'supported-virtualization-type': () => 'hvm',
      'vcpu-info.default-cores': ({ vcpus, threadsPerCore }) => vcpus / threadsPerCore,
      'vcpu-info.default-threads-per-core': ({ threadsPerCore }) => threadsPerCore,
      'vcpu-info.default-vcpus': ({ vcpus }) => vcpus,
    });
    const { items, nextToken } = paginate(found, input);
    return {
      InstanceTypes: items.map(toOutput),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  DescribeInstanceTypeOfferings(input, { region }) {
    const LocationType = input.LocationType ?? 'region';
    const locations =
      LocationType === 'region'
        ? [region]
        : zonesOf(region).map(({ id, name }) => (LocationType === 'availability-zone-id' ? id : name));
    const offerings = [...instanceSizes.keys()].flatMap((name) =>
      locations.map((location) => ({ name, location })),
    );
    const found = filterItems(offerings, input.Filters, {
      'instance-type': ({ name }) => name,
      location: ({ location }) => [location, findZone(region, location)?.name],
    });
    const { items, nextToken } = paginate(found, input);
    return {
      InstanceTypeOfferings: items.map(({ name, location }) => ({
        // The catalog has AWS's own names.
        InstanceType: name as aws._InstanceType,
        LocationType,
        Location: location,
      })),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },
} satisfies Handlers<Ec2Api>;

function toOutput(size: InstanceSize): aws.InstanceTypeInfo {
  return {
    // The catalog has AWS's own names.
    InstanceType: size.name as aws._InstanceType,
    CurrentGeneration: size.isCurrent,
    FreeTierEligible: size.isFreeTier,
    SupportedUsageClasses: ['on-demand'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    SupportedBootModes: ['legacy-bios', 'uefi'],
    BareMetal: false,
    Hypervisor: size.hypervisor,
    ProcessorInfo: { SupportedArchitectures: ['x86_64'], SustainedClockSpeedInGhz: size.clockGhz },
    VCpuInfo: {
      DefaultVCpus: size.vcpus,
      DefaultCores: size.vcpus / size.threadsPerCore,
      DefaultThreadsPerCore: size.threadsPerCore,
    },
    MemoryInfo: { SizeInMiB: size.memoryMib },
    InstanceStorageSupported: false,
    EbsInfo: { EbsOptimizedSupport: 'default', EncryptionSupport: 'supported', NvmeSupport: 'required' },
    NetworkInfo: {
      NetworkPerformance: size.networkPerformance,
      MaximumNetworkInterfaces: size.maxInterfaces,
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      Ipv4AddressesPerInterface: size.addressesPerInterface,
      Ipv6Supported: true,
      EnaSupport: 'required',
    },
    PlacementGroupInfo: { SupportedStrategies: ['partition', 'spread'] },
    HibernationSupported: false,
    BurstablePerformanceSupported: size.isBurstable,
    DedicatedHostsSupported: false,
    AutoRecoverySupported: true,
  };
}
