import { vpcNotFound } from '#/services/ec2/errors.ts';
import { vpcType, type Vpc } from '#/services/ec2/vpc/resource.ts';
import type { Store } from '#/store/store.ts';

/** The VPC. Throws InvalidVpcID.NotFound. */
export function requireVpc(store: Store, id: string): Vpc {
  const vpc = store.get(vpcType, id);
  if (!vpc) throw vpcNotFound(id);
  return vpc;
}
