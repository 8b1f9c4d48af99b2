import {
  autoScalingGroupType,
  groupInstanceType,
  type AutoScalingGroup,
  type GroupInstance,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { groupNotFound, memberNotFound, notPartOfGroup } from '#/services/autoscaling/errors.ts';
import type { Store } from '#/store/store.ts';

/** The group of a name. Throws ValidationError. */
export function requireGroup(store: Store, name: string): AutoScalingGroup {
  const found = store.get(autoScalingGroupType, name);
  if (!found) throw groupNotFound();
  return found;
}

/** The instances of a group, oldest first. */
export function membersOf(store: Store, groupName: string): readonly GroupInstance[] {
  return store
    .listBy(groupInstanceType, 'groupName', groupName)
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** The group's instance of an id; any group's when none is named. Throws ValidationError. */
export function requireMember(store: Store, instanceId: string, groupName?: string): GroupInstance {
  const found = store.get(groupInstanceType, instanceId);
  if (!found) throw memberNotFound(instanceId);
  if (groupName !== undefined && found.spec.groupName !== groupName)
    throw notPartOfGroup(instanceId, groupName);
  return found;
}
