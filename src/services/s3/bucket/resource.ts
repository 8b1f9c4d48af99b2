import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { noSuchBucket } from '#/services/s3/errors.ts';

/** A bucket; its id in the store is its name. */
export type Bucket = Resource<'AWS::S3::Bucket', BucketSpec, null>;

export interface BucketSpec {
  readonly region: string;
  readonly versioning: 'Enabled' | 'Suspended' | undefined;
  /** The bucket policy's document. */
  readonly policy: string | undefined;
  /** Other configurations by name, as they were put: stored and shown. */
  readonly configurations: Readonly<Record<string, unknown>>;
}

export const bucketType = resourceType<Bucket>('AWS::S3::Bucket');

export function requireBucket(store: Store, name: string): Bucket {
  const bucket = store.get(bucketType, name);
  if (!bucket) throw noSuchBucket(name);
  return bucket;
}
