import type { Context, Dependencies } from '#/services/contract.ts';
import type { NetworkInterface } from '#/services/ec2/network-interface/resource.ts';

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
}

type Region = Pick<Context | Dependencies, 'store' | 'random' | 'clock' | 'publicPool'>;

/** Makes a requester-managed network interface, attached to its service. Throws what CreateNetworkInterface throws. */
export function createManagedInterface(_region: Region, _wish: ManagedInterfaceWish): NetworkInterface {
  throw new Error('not written yet');
}

/** Gives a requester-managed network interface back; the VPC's controller removes its link. */
export function deleteManagedInterface(_region: Region, _networkInterfaceId: string): void {
  throw new Error('not written yet');
}
