import type { InstanceProfile as InstanceProfileOutput } from '@aws-sdk/client-iam';
import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { instanceProfileNotFound } from '#/services/iam/errors.ts';
import { toTagList } from '#/services/iam/names.ts';
import { toRoleOutput } from '#/services/iam/role/operations.ts';
import { roleType } from '#/services/iam/role/resource.ts';

/** An instance profile; its id in the store is its name. */
export type InstanceProfile = Resource<'AWS::IAM::InstanceProfile', InstanceProfileSpec, null>;

export interface InstanceProfileSpec {
  readonly instanceProfileId: string;
  readonly path: string;
  readonly arn: string;
  /** One at the most. */
  readonly roleNames: readonly string[];
}

export const instanceProfileType = resourceType<InstanceProfile>('AWS::IAM::InstanceProfile', {
  arn: (profile) => [profile.spec.arn],
  roleName: (profile) => profile.spec.roleNames,
});

export function requireInstanceProfile(store: Store, name: string): InstanceProfile {
  const profile = store.get(instanceProfileType, name);
  if (!profile) throw instanceProfileNotFound(name);
  return profile;
}

export function instanceProfilesOf(store: Store, roleName: string): InstanceProfile[] {
  return store.listBy(instanceProfileType, 'roleName', roleName);
}

export function toInstanceProfileOutput(store: Store, profile: InstanceProfile): InstanceProfileOutput {
  return {
    InstanceProfileName: profile.id,
    InstanceProfileId: profile.spec.instanceProfileId,
    Path: profile.spec.path,
    Arn: profile.spec.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: profile.spec.roleNames.flatMap((name) => {
      const role = store.get(roleType, name);
      return role ? [toRoleOutput(role)] : [];
    }),
    Tags: toTagList(profile.tags),
  };
}
