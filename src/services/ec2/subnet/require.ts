import { subnetNotFound } from '#/services/ec2/errors.ts';
import { subnetType, type Subnet } from '#/services/ec2/subnet/resource.ts';
import type { Store } from '#/store/store.ts';

/** The subnet. Throws InvalidSubnetID.NotFound. */
export function requireSubnet(store: Store, id: string): Subnet {
  const subnet = store.get(subnetType, id);
  if (!subnet) throw subnetNotFound(id);
  return subnet;
}
