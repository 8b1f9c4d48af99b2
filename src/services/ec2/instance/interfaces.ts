import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { networkInterfaceInUse, networkInterfaceNotFound } from '#/services/ec2/errors.ts';
import type { Instance } from '#/services/ec2/instance/resource.ts';
import { createInterface } from '#/services/ec2/network-interface/create.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import type { Store } from '#/store/store.ts';

/** What a new instance asks for at a device index. */
export interface InstanceInterfaceWish {
  /** One that is there already and free; the rest, but for the index, says nothing then. */
  readonly networkInterfaceId: string | undefined;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly description: string;
  readonly privateIpAddresses: readonly string[];
  /** How many private addresses in all. */
  readonly addressCount: number;
  readonly hasPublicAddress: boolean;
  readonly deleteOnTermination: boolean;
  readonly deviceIndex: number;
  readonly tags: Readonly<Record<string, string>>;
}

type Region = Pick<Context, 'store' | 'random' | 'clock' | 'publicPool'>;

/** Makes a network interface that is attached to an instance, or attaches the one that was named. */
export function attachInterface(
  region: Region,
  instanceId: string,
  wish: InstanceInterfaceWish,
): NetworkInterface {
  const { store, random, clock } = region;
  const attachment = {
    attachmentId: resourceId('eni-attach', random),
    instanceId,
    deviceIndex: wish.deviceIndex,
    deleteOnTermination: wish.deleteOnTermination,
    attachedAt: clock.now(),
  };
  if (wish.networkInterfaceId === undefined) return createInterface(region, { ...wish, attachment });
  const found = requireFreeInterface(store, wish.networkInterfaceId);
  return store.setSpec(found, { ...found.spec, attachment }) ?? found;
}

/** The network interface, if it is there and attached to nothing. */
export function requireFreeInterface(store: Store, id: string): NetworkInterface {
  const found = store.get(networkInterfaceType, id);
  if (!found) throw networkInterfaceNotFound(id);
  if (found.spec.attachment) throw networkInterfaceInUse(id);
  return found;
}

/** Gives the interfaces of an ended instance back: deleted with it, or free for another. */
export function releaseInterfaces(store: Store, instance: Instance): void {
  store.transaction(() => {
    for (const networkInterface of store.listBy(networkInterfaceType, 'instanceId', instance.id)) {
      for (const eip of store.listBy(eipType, 'networkInterfaceId', networkInterface.id))
        store.setSpec(eip, { ...eip.spec, association: undefined });
      if (networkInterface.spec.attachment?.deleteOnTermination) store.markDeleted(networkInterface);
      else store.setSpec(networkInterface, { ...networkInterface.spec, attachment: undefined });
    }
  });
}

/** The interfaces of an instance, primary first. */
export function interfacesOf(store: Store, instance: Instance): readonly NetworkInterface[] {
  return store
    .listBy(networkInterfaceType, 'instanceId', instance.id)
    .toSorted((a, b) => (a.spec.attachment?.deviceIndex ?? 0) - (b.spec.attachment?.deviceIndex ?? 0));
}

/** The public address that stands for a private one: an Elastic IP address before the interface's own. */
export function publicAddressOf(
  store: Store,
  { id, spec }: NetworkInterface,
  privateAddress = spec.privateIpAddresses[0],
): string | undefined {
  const eip = store
    .listBy(eipType, 'networkInterfaceId', id)
    .find((candidate) => candidate.spec.association?.privateIpAddress === privateAddress);
  if (eip) return eip.spec.publicIp;
  return privateAddress === spec.privateIpAddresses[0] ? spec.publicIpAddress : undefined;
}
