import { assert } from '#/lib/assert.ts';
import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { networkAclType, type NetworkAcl } from '#/services/ec2/network-acl/resource.ts';

/** The VPC's own list, which subnets are in that were put into no other. */
export function requireDefaultAcl({ store }: Pick<Context, 'store'>, vpcId: string): NetworkAcl {
  const found = store.listBy(networkAclType, 'vpcId', vpcId).find((acl) => acl.spec.isDefault);
  assert(found, `${vpcId} has a default network ACL`);
  return found;
}

/** Moves a subnet into a list, out of the one it is in; answers the new association's id. */
export function moveSubnetToAcl(
  { store, random }: Pick<Context, 'store' | 'random'>,
  subnetId: string,
  acl: NetworkAcl,
): string {
  removeSubnetFromAcls({ store }, subnetId);
  const associationId = resourceId('aclassoc', random);
  const latest = store.get(networkAclType, acl.id);
  assert(latest, `${acl.id} exists`);
  store.setSpec(latest, {
    ...latest.spec,
    associations: [...latest.spec.associations, { associationId, subnetId }],
  });
  return associationId;
}

/** Takes a subnet out of the list it is in: when it moves, or goes. */
export function removeSubnetFromAcls({ store }: Pick<Context, 'store'>, subnetId: string): void {
  for (const acl of store.listBy(networkAclType, 'subnetId', subnetId)) {
    store.setSpec(acl, {
      ...acl.spec,
      associations: acl.spec.associations.filter((association) => association.subnetId !== subnetId),
    });
  }
}
