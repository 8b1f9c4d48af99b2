import type { ObjectsDriver } from '#/drivers/objects/driver.ts';
import { uuid } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { fromTagList, toTagList } from '#/services/iam/names.ts';
import { ownerOf } from '#/services/s3/bucket/operations.ts';
import { allowsEverybody } from '#/services/s3/bucket/policy.ts';
import { requireBucket } from '#/services/s3/bucket/resource.ts';
import { accessDenied, methodNotAllowed, noSuchKey, preconditionFailed } from '#/services/s3/errors.ts';
import {
  checkReadConditions,
  matchesEtag,
  resolveRange,
  type ReadConditions,
} from '#/services/s3/object/conditions.ts';
import { findObject, requireObject, type S3Object } from '#/services/s3/object/resource.ts';
import {
  bodyOf,
  checkDigests,
  claimedChecksums,
  describe,
  recordObject,
  removeVersion,
  type Description,
} from '#/services/s3/object/write.ts';
import type { S3Api } from '#/wire/api/s3.ts';

/** The operations on objects. `inFlight` holds blobs that are being written and belong to no object yet. */
export function objectOperations(objects: ObjectsDriver, inFlight: Set<string>) {
  /** Writes a blob, checks it, and records it; whatever fails leaves no blob behind. */
  async function store<T>(context: Context, work: (blobId: string) => Promise<T>): Promise<T> {
    const blobId = uuid(context.random);
    inFlight.add(blobId);
    try {
      return await work(blobId);
    } catch (error) {
      await objects.remove(blobId);
      throw error;
    } finally {
      inFlight.delete(blobId);
    }
  }

  return {
    async PutObject(input, context) {
      requireSigned(context);
      requireBucket(context.store, input.Bucket);
      return store(context, async (blobId) => {
        const written = await objects.write(blobId, bodyOf(input.Body));
        const claimed = claimedChecksums(input);
        checkDigests(written, claimed, input.ContentMD5);
        const object = context.store.transaction(() => {
          checkWriteConditions(input, context);
          return recordObject(context, {
            blobId,
            bucket: input.Bucket,
            key: input.Key,
            written,
            etag: written.md5Hex,
            description: describe(input, claimed),
          });
        });
        return { ...toWriteOutput(object), ...checksumMembers(object), Size: undefined };
      });
    },

    async GetObject(input, context) {
      const object = readable(input, context, 's3:GetObject');
      checkReadConditions(input, object.spec.etag, object.spec.modifiedAt);
      const range = resolveRange(input.Range, object.spec.sizeBytes);
      return {
        ...toReadOutput(object),
        ...(input.ChecksumMode === 'ENABLED' && !range.isPartial ? checksumMembers(object) : {}),
        ...overrides(input),
        ContentLength: range.end - range.start,
        ...(range.isPartial
          ? { ContentRange: `bytes ${range.start}-${range.end - 1}/${object.spec.sizeBytes}` }
          : {}),
        // The wire layer streams it; the SDK's type is a stream with helpers for clients.
        Body: (await objects.read(object.id, range.start, range.end)) as never,
      };
    },

    HeadObject(input, context) {
      const object = readable(input, context, 's3:GetObject');
      checkReadConditions(input, object.spec.etag, object.spec.modifiedAt);
      const range = resolveRange(input.Range, object.spec.sizeBytes);
      return {
        ...toReadOutput(object),
        ...(input.ChecksumMode === 'ENABLED' ? checksumMembers(object) : {}),
        ...overrides(input),
        ContentLength: range.end - range.start,
      };
    },

    async CopyObject(input, context) {
      requireSigned(context);
      const source = readable(parseCopySource(input.CopySource), context, 's3:GetObject');
      checkReadConditions(copyConditions(input), source.spec.etag, source.spec.modifiedAt);
      requireBucket(context.store, input.Bucket);
      return store(context, async (blobId) => {
        const written = await objects.concatenate(blobId, [source.id]);
        const object = context.store.transaction(() =>
          recordObject(context, {
            blobId,
            bucket: input.Bucket,
            key: input.Key,
            written,
            etag: written.md5Hex,
            description: copiedDescription(input, source),
          }),
        );
        return {
          CopyObjectResult: { ETag: `"${object.spec.etag}"`, LastModified: new Date(object.spec.modifiedAt) },
          CopySourceVersionId: source.spec.versionId === 'null' ? undefined : source.spec.versionId,
          VersionId: object.spec.versionId === 'null' ? undefined : object.spec.versionId,
        };
      });
    },

    DeleteObject({ Bucket, Key, VersionId }, context) {
      requireSigned(context);
      return deleteOne(Bucket, Key, VersionId, context);
    },

    DeleteObjects({ Bucket, Delete }, context) {
      requireSigned(context);
      requireBucket(context.store, Bucket);
      const deleted = (Delete.Objects ?? []).map(({ Key, VersionId }) => {
        const { DeleteMarker, VersionId: markerId } = deleteOne(Bucket, Key, VersionId, context);
        return { Key, VersionId, DeleteMarker, DeleteMarkerVersionId: DeleteMarker ? markerId : undefined };
      });
      return Delete.Quiet ? {} : { Deleted: deleted };
    },

    PutObjectTagging({ Bucket, Key, VersionId, Tagging }, { store: truth }) {
      requireBucket(truth, Bucket);
      truth.setTags(requireObject(truth, Bucket, Key, VersionId), fromTagList(Tagging.TagSet));
      return {};
    },

    GetObjectTagging({ Bucket, Key, VersionId }, { store: truth }) {
      requireBucket(truth, Bucket);
      return { TagSet: toTagList(requireObject(truth, Bucket, Key, VersionId).tags) };
    },

    DeleteObjectTagging({ Bucket, Key, VersionId }, { store: truth }) {
      requireBucket(truth, Bucket);
      truth.setTags(requireObject(truth, Bucket, Key, VersionId), {});
      return {};
    },

    GetObjectAcl({ Bucket, Key, VersionId }, { store: truth, account }) {
      requireBucket(truth, Bucket);
      requireObject(truth, Bucket, Key, VersionId);
      return {
        Owner: ownerOf(account),
        Grants: [{ Grantee: { Type: 'CanonicalUser', ...ownerOf(account) }, Permission: 'FULL_CONTROL' }],
      };
    },

    GetObjectAttributes({ Bucket, Key, VersionId }, { store: truth }) {
      requireBucket(truth, Bucket);
      const object = requireObject(truth, Bucket, Key, VersionId);
      return {
        ETag: object.spec.etag,
        ObjectSize: object.spec.sizeBytes,
        StorageClass: 'STANDARD',
        LastModified: new Date(object.spec.modifiedAt),
        Checksum: checksumMembers(object),
      };
    },
  } satisfies Handlers<S3Api>;
}

interface ObjectReference {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

/** The object, for a caller who may read it. Who may not list a bucket hears AccessDenied where nothing is. */
function readable({ Bucket, Key, VersionId }: ObjectReference, context: Context, action: string): S3Object {
  const bucket = requireBucket(context.store, Bucket);
  if (isAnonymous(context) && !allowsEverybody(bucket.spec.policy, action, `arn:aws:s3:::${Bucket}/${Key}`)) {
    throw accessDenied();
  }
  const object = requireObject(context.store, Bucket, Key, VersionId);
  if (object.spec.isDeleteMarker) throw methodNotAllowed();
  return object;
}

function isAnonymous({ principal }: Context): boolean {
  return principal.userId === 'anonymous';
}

/** Writing needs a signature: bucket policies for writers from elsewhere are not built. */
export function requireSigned(context: Context): void {
  if (isAnonymous(context)) throw accessDenied();
}

/** Conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function checkWriteConditions(
  { Bucket, Key, IfMatch, IfNoneMatch }: ObjectReference & Pick<ReadConditions, 'IfMatch' | 'IfNoneMatch'>,
  { store }: Context,
): void {
  const current = findObject(store, Bucket, Key);
  if (IfNoneMatch !== undefined && current) throw preconditionFailed('If-None-Match');
  if (IfMatch === undefined) return;
  if (!current) throw noSuchKey(Key);
  if (!matchesEtag(IfMatch, current.spec.etag)) throw preconditionFailed('If-Match');
}

function deleteOne(
  bucket: string,
  key: string,
  versionId: string | undefined,
  context: Context,
): { DeleteMarker?: boolean; VersionId?: string } {
  const { store, random } = context;
  const { versioning } = requireBucket(store, bucket).spec;
  if (versionId !== undefined) {
    const version = findObject(store, bucket, key, versionId);
    if (version) removeVersion(context, version);
    return { VersionId: versionId, ...(version?.spec.isDeleteMarker ? { DeleteMarker: true } : {}) };
  }
  if (versioning === undefined) {
    const object = findObject(store, bucket, key);
    if (object) removeVersion(context, object);
    return {};
  }
  const marker = recordObject(context, {
    blobId: uuid(random),
    bucket,
    key,
    written: undefined,
    etag: '',
    description: { headers: {}, metadata: {}, checksumAlgorithm: undefined, tags: {} },
  });
  return { DeleteMarker: true, VersionId: marker.spec.versionId };
}

/** `bucket/key?versionId=…`, percent-encoded, perhaps with a leading slash. */
export function parseCopySource(source: string): ObjectReference {
  const [path = '', query = ''] = source.replace(/^\//, '').split('?versionId=');
  const [Bucket = '', ...key] = decodeURIComponent(path).split('/');
  return { Bucket, Key: key.join('/'), ...(query === '' ? {} : { VersionId: query }) };
}

function copyConditions(input: {
  CopySourceIfMatch?: string;
  CopySourceIfNoneMatch?: string;
  CopySourceIfModifiedSince?: Date;
  CopySourceIfUnmodifiedSince?: Date;
}): ReadConditions {
  return {
    ...(input.CopySourceIfMatch === undefined ? {} : { IfMatch: input.CopySourceIfMatch }),
    ...(input.CopySourceIfNoneMatch === undefined ? {} : { IfNoneMatch: input.CopySourceIfNoneMatch }),
    ...(input.CopySourceIfModifiedSince ? { IfModifiedSince: input.CopySourceIfModifiedSince } : {}),
    ...(input.CopySourceIfUnmodifiedSince ? { IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince } : {}),
  };
}

function copiedDescription(
  input: Parameters<typeof describe>[0] & {
    readonly MetadataDirective?: string;
    readonly TaggingDirective?: string;
  },
  source: S3Object,
): Description {
  const given = describe(input);
  const tags = input.TaggingDirective === 'REPLACE' ? given.tags : source.tags;
  if (input.MetadataDirective === 'REPLACE') return { ...given, tags };
  const { headers, metadata, checksumAlgorithm } = source.spec;
  return { headers, metadata, checksumAlgorithm, tags };
}

function toWriteOutput(object: S3Object) {
  const { etag, versionId, headers } = object.spec;
  return {
    ETag: `"${etag}"`,
    VersionId: versionId === 'null' ? undefined : versionId,
    ServerSideEncryption: (headers['ServerSideEncryption'] ?? 'AES256') as 'AES256', // validated by the model when put
    SSEKMSKeyId: headers['SSEKMSKeyId'],
  };
}

function toReadOutput(object: S3Object) {
  const { spec } = object;
  const tagCount = Object.keys(object.tags).length;
  return {
    ...spec.headers,
    ...toWriteOutput(object),
    AcceptRanges: 'bytes',
    LastModified: new Date(spec.modifiedAt),
    Metadata: { ...spec.metadata },
    PartsCount: undefined,
    TagCount: tagCount > 0 ? tagCount : undefined,
    ...(spec.headers['StorageClass'] === 'STANDARD' ? { StorageClass: undefined } : {}),
  };
}

/** The checksum the uploader chose, in the member named after its algorithm. */
export function checksumMembers({ spec }: S3Object): Record<string, string> {
  const algorithm = spec.checksumAlgorithm;
  const value = algorithm === undefined ? undefined : spec.checksums[algorithm];
  return value === undefined ? {} : { [`Checksum${algorithm}`]: value, ChecksumType: 'FULL_OBJECT' };
}

/** `response-content-type` and its like. */
function overrides(input: { readonly [member: string]: unknown }): Record<string, string> {
  return Object.fromEntries(
    ['CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage', 'ContentType'].flatMap(
      (member) => {
        const value = input[`Response${member}`];
        return typeof value === 'string' ? [[member, value]] : [];
      },
    ),
  );
}
