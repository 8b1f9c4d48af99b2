import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { roleNotFound } from '#/services/iam/errors.ts';

/** A role; its id in the store is its name. */
export type Role = Resource<'AWS::IAM::Role', RoleSpec, null>;

export interface RoleSpec {
  readonly roleId: string;
  readonly path: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly assumeRolePolicyDocument: string;
  readonly maxSessionDuration: number;
  readonly permissionsBoundary: string | undefined;
  /** Inline policies: name to document. */
  readonly policies: Readonly<Record<string, string>>;
  /** Attached policies' ARNs. */
  readonly attachedPolicyArns: readonly string[];
}

export const roleType = resourceType<Role>('AWS::IAM::Role');

/** The role; throws NoSuchEntity. */
export function requireRole(store: Store, name: string): Role {
  const role = store.get(roleType, name);
  if (!role) throw roleNotFound(name);
  return role;
}
