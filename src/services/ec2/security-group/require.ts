import { groupNotFound } from '#/services/ec2/errors.ts';
import { securityGroupType, type SecurityGroup } from '#/services/ec2/security-group/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import type { Store } from '#/store/store.ts';

/** The group. Throws InvalidGroup.NotFound. */
export function requireGroup(store: Store, id: string): SecurityGroup {
  const group = store.get(securityGroupType, id);
  if (!group) throw groupNotFound(id);
  return group;
}

/** The default VPC's group of this name: names alone mean that VPC. Throws InvalidGroup.NotFound. */
export function requireGroupByName(store: Store, name: string): SecurityGroup {
  const group = store
    .listBy(securityGroupType, 'groupName', name)
    .find(({ spec }) => store.get(vpcType, spec.vpcId)?.spec.isDefault);
  if (!group) throw groupNotFound(name);
  return group;
}
