import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { policyNotFound } from '#/services/iam/errors.ts';

/** A customer managed policy; its id in the store is its ARN. */
export type ManagedPolicy = Resource<'AWS::IAM::ManagedPolicy', ManagedPolicySpec, null>;

export interface ManagedPolicySpec {
  readonly policyName: string;
  readonly policyId: string;
  readonly path: string;
  readonly description: string | undefined;
  readonly defaultVersionId: string;
  readonly versions: readonly PolicyVersion[];
}

export interface PolicyVersion {
  readonly versionId: string;
  readonly document: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export const managedPolicyType = resourceType<ManagedPolicy>('AWS::IAM::ManagedPolicy');

export function requirePolicy(store: Store, arn: string): ManagedPolicy {
  const policy = store.get(managedPolicyType, arn);
  if (!policy) throw policyNotFound(arn);
  return policy;
}

/** Checks that the policy can be attached: a customer's own, or one of AWS's, whose contents are not kept here. */
export function requireAttachable(store: Store, arn: string): void {
  if (/^arn:aws:iam::aws:policy\/[\w+=,.@/-]+$/.test(arn)) return;
  requirePolicy(store, arn);
}
