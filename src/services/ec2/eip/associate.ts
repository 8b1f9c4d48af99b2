import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { eipType, type Eip } from '#/services/ec2/eip/resource.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import type { Store } from '#/store/store.ts';

/**
 * Lets an Elastic IP address stand for a private one, in place of whichever did; answers the association's id. The
 * address that came with the interface goes back to the pool.
 */
export function associateEip(
  { store, random }: Pick<Context, 'store' | 'random'>,
  eip: Eip,
  networkInterface: NetworkInterface,
  privateIpAddress: string,
): string {
  for (const other of store.listBy(eipType, 'networkInterfaceId', networkInterface.id)) {
    if (other.id !== eip.id && other.spec.association?.privateIpAddress === privateIpAddress)
      disassociateEip(store, other);
  }
  const { spec } = networkInterface;
  if (spec.publicIpAddress !== undefined && privateIpAddress === spec.privateIpAddresses[0])
    store.setSpec(networkInterface, { ...spec, publicIpAddress: undefined });
  const associationId = resourceId('eipassoc', random);
  store.setSpec(eip, {
    ...eip.spec,
    association: {
      associationId,
      networkInterfaceId: networkInterface.id,
      vpcId: spec.vpcId,
      privateIpAddress,
    },
  });
  return associationId;
}

/** Ends an association; the VPC's network lets go of the address. */
export function disassociateEip(store: Store, eip: Eip): void {
  store.setSpec(eip, { ...eip.spec, association: undefined });
}

/** Ends all associations with an interface: before it is deleted. */
export function disassociateInterface(store: Store, networkInterfaceId: string): void {
  for (const eip of store.listBy(eipType, 'networkInterfaceId', networkInterfaceId))
    disassociateEip(store, eip);
}

/** The instance that an association's interface is attached to; undefined when there is none. */
export function instanceIdOf(store: Store, eip: Eip): string | undefined {
  const { association } = eip.spec;
  if (!association) return undefined;
  return store.get(networkInterfaceType, association.networkInterfaceId)?.spec.attachment?.instanceId;
}
