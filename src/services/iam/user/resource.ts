import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { userNotFound } from '#/services/iam/errors.ts';

/** A user; its id in the store is its name. */
export type User = Resource<'AWS::IAM::User', UserSpec, null>;

export interface UserSpec {
  readonly userId: string;
  readonly path: string;
  readonly arn: string;
}

export const userType = resourceType<User>('AWS::IAM::User');

/** A user's long-lived key; its id in the store is the access key id. */
export type AccessKey = Resource<'AWS::IAM::AccessKey', AccessKeySpec, null>;

export interface AccessKeySpec {
  readonly userName: string;
  readonly secretAccessKey: string;
  readonly isActive: boolean;
}

export const accessKeyType = resourceType<AccessKey>('AWS::IAM::AccessKey', {
  userName: (key) => [key.spec.userName],
});

export function requireUser(store: Store, name: string): User {
  const user = store.get(userType, name);
  if (!user) throw userNotFound(name);
  return user;
}
