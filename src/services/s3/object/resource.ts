import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { noSuchKey, noSuchVersion } from '#/services/s3/errors.ts';

/** One version of an object, or a delete marker; its id in the store is its blob's. */
export type S3Object = Resource<'Snowglobe::S3::Object', S3ObjectSpec, null>;

export interface S3ObjectSpec {
  readonly bucket: string;
  readonly key: string;
  /** `null` in buckets that never had versioning. */
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  readonly sizeBytes: number;
  /** Without the quotes. */
  readonly etag: string;
  readonly checksums: Readonly<Record<string, string>>;
  /** The algorithm that the uploader chose: its checksum is shown. */
  readonly checksumAlgorithm: string | undefined;
  /** Content-Type and its like, by member name of GetObject's answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, `x-amz-meta-*`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly partsCount: number | undefined;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export const objectType = resourceType<S3Object>('Snowglobe::S3::Object', {
  bucket: ({ spec }) => [spec.bucket],
  key: ({ spec }) => [keyOf(spec.bucket, spec.key)],
});

function keyOf(bucket: string, key: string): string {
  return `${bucket}/${key}`;
}

export function versionsOf(store: Store, bucket: string, key: string): S3Object[] {
  return store.listBy(objectType, 'key', keyOf(bucket, key));
}

/** The version asked for, else the latest; undefined when there is none or a delete marker hides it. */
export function findObject(
  store: Store,
  bucket: string,
  key: string,
  versionId?: string,
): S3Object | undefined {
  const versions = versionsOf(store, bucket, key);
  const found = versions.find(({ spec }) =>
    versionId === undefined ? spec.isLatest : spec.versionId === versionId,
  );
  return found?.spec.isDeleteMarker && versionId === undefined ? undefined : found;
}

export function requireObject(store: Store, bucket: string, key: string, versionId?: string): S3Object {
  const found = findObject(store, bucket, key, versionId);
  if (!found) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
  return found;
}
