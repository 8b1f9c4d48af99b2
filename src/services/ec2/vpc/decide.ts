import type { NameRecord } from '#/drivers/names/driver.ts';
import type { ObservedNetwork } from '#/drivers/network/driver.ts';
import { privateDnsName } from '#/services/ec2/host-names.ts';
import { wantedParts, type VpcParts } from '#/services/ec2/vpc/parts.ts';
import type { Vpc } from '#/services/ec2/vpc/resource.ts';

/**
 * Whether a VPC's network is to be made (again): it is asked to be other than it was made, or it is not intact. `wanted`
 * and `applied` are renderings; nothing was applied yet when the process is new.
 */
export function needsApply({
  wanted,
  applied,
  observed,
}: {
  readonly wanted: string;
  readonly applied: string | undefined;
  readonly observed: ObservedNetwork | undefined;
}): boolean {
  return wanted !== applied || !observed?.isIntact;
}

/** The names that guests of the VPC have for each other's addresses. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html */
export function toNameRecords(vpc: Vpc, parts: VpcParts, region: string): readonly NameRecord[] {
  if (!vpc.spec.enableDnsSupport) return [];
  return wantedParts(parts).networkInterfaces.flatMap(({ spec }) =>
    spec.privateIpAddresses.map((address) => ({
      name: privateDnsName(address, region),
      ttlSeconds: 60,
      data: { type: 'A', addresses: [address] },
    })),
  );
}
