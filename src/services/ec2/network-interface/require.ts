import { networkInterfaceNotFound } from '#/services/ec2/errors.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import type { Store } from '#/store/store.ts';

/** The network interface. Throws InvalidNetworkInterfaceID.NotFound. */
export function requireInterface(store: Store, id: string): NetworkInterface {
  const found = store.get(networkInterfaceType, id);
  if (!found) throw networkInterfaceNotFound(id);
  return found;
}
