import { resourceId } from '#/lib/random.ts';
import type { Context, Dependencies } from '#/services/contract.ts';
import { createInterface } from '#/services/ec2/network-interface/create.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';

/** What a service asks for when it makes a network interface for itself. */
export interface ManagedInterfaceWish {
  readonly subnetId: string;
  /** Empty means the VPC's default group. */
  readonly securityGroupIds: readonly string[];
  /** `ELB app/Inventory-LB/0123456789abcdef` */
  readonly description: string;
  /** `amazon-elb`, `amazon-rds`, `amazon-aws` */
  readonly requester: string;
  /** Whether it gets a public address of its own. */
  readonly hasPublicAddress: boolean;
  readonly interfaceType?: 'interface' | 'nat_gateway';
  readonly sourceDestCheck?: boolean;
  /** A private address of the caller's choice; picked when absent. */
  readonly privateIpAddress?: string;
}

type Region = Pick<Context | Dependencies, 'store' | 'random' | 'clock' | 'publicPool'>;

/** Makes a requester-managed network interface, attached to its service. Throws what CreateNetworkInterface throws. */
export function createManagedInterface(region: Region, wish: ManagedInterfaceWish): NetworkInterface {
  return createInterface(region, {
    ...wish,
    ...(wish.privateIpAddress === undefined ? {} : { privateIpAddresses: [wish.privateIpAddress] }),
    attachment: {
      attachmentId: resourceId('ela-attach', region.random),
      instanceId: undefined,
      deviceIndex: 1,
      deleteOnTermination: false,
      attachedAt: region.clock.now(),
    },
  });
}

/** Gives a requester-managed network interface back; the VPC's controller removes its link. */
export function deleteManagedInterface(region: Region, networkInterfaceId: string): void {
  const found = region.store.get(networkInterfaceType, networkInterfaceId);
  if (found) region.store.markDeleted(found);
}
