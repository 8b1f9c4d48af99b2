import type { Context } from '#/services/contract.ts';
import type { Store } from '#/store/store.ts';
import { createManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import type { Subnet } from '#/services/ec2/subnet/resource.ts';
import type { DbInstance } from '#/services/rds/db-instance/resource.ts';
import { subnetsOf } from '#/services/rds/db-subnet-group/operations.ts';
import type { DbSubnetGroup } from '#/services/rds/db-subnet-group/resource.ts';
import { invalidNetworkState } from '#/services/rds/errors.ts';

/** Where an instance goes: the zone asked for, else the zone of the group that has the fewest of `others`. */
export function chooseSubnet(
  store: Store,
  group: DbSubnetGroup,
  wantedZone: string | undefined,
  others: readonly DbInstance[],
): Subnet {
  const subnets = subnetsOf(store, group);
  const load = (zone: string): number => others.filter(({ spec }) => spec.availabilityZone === zone).length;
  const [chosen] = subnets
    .filter(({ spec }) => wantedZone === undefined || spec.availabilityZone === wantedZone)
    .toSorted((a, b) => load(a.spec.availabilityZone) - load(b.spec.availabilityZone));
  if (!chosen)
    throw invalidNetworkState(
      `The requested DB Instance is not in the same Availability Zone as the subnets of the DB subnet group ${group.id}: ${wantedZone ?? 'none is left'}.`,
    );
  return chosen;
}

/** The instance's place in its VPC. */
export function createInstanceInterface(
  context: Context,
  subnet: Subnet,
  securityGroupIds: readonly string[],
): NetworkInterface {
  return createManagedInterface(context, {
    subnetId: subnet.id,
    securityGroupIds,
    description: 'RDSNetworkInterface',
    requester: 'amazon-rds',
    hasPublicAddress: false,
  });
}

/** Gives an instance other security groups: those of its network interface are the ones that act. */
export function setSecurityGroups(
  store: Store,
  instance: DbInstance,
  securityGroupIds: readonly string[],
): void {
  store.setSpec(instance, { ...instance.spec, securityGroupIds });
  const networkInterface = store.get(networkInterfaceType, instance.spec.networkInterfaceId);
  if (networkInterface) store.setSpec(networkInterface, { ...networkInterface.spec, securityGroupIds });
}
