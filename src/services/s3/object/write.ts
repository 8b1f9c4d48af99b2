import { Readable } from 'node:stream';
import type { WrittenBlob } from '#/drivers/objects/driver.ts';
import { randomText } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { requireBucket } from '#/services/s3/bucket/resource.ts';
import { badDigest } from '#/services/s3/errors.ts';
import { objectType, versionsOf, type S3Object, type S3ObjectSpec } from '#/services/s3/object/resource.ts';
import type { Tags } from '#/store/resource.ts';

const versionAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._';
const headerMembers = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
  'ServerSideEncryption',
  'SSEKMSKeyId',
  'StorageClass',
  'WebsiteRedirectLocation',
] as const;

export const checksumAlgorithms = ['CRC32', 'CRC32C', 'SHA1', 'SHA256', 'CRC64NVME'] as const;

type Headers = { readonly [Member in (typeof headerMembers)[number]]?: string | undefined };

/** What an upload says about its object. */
export interface Description {
  readonly headers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly checksumAlgorithm: string | undefined;
  readonly tags: Tags;
}

/** Picks what describes the object out of an upload's input. */
export function describe(
  input: Headers & {
    readonly Metadata?: Record<string, string>;
    readonly Tagging?: string;
    readonly ChecksumAlgorithm?: string;
  },
  given: Partial<Record<string, string>> = {},
): Description {
  const headers = headerMembers.flatMap((member): [string, string][] => {
    const value = input[member];
    return value === undefined ? [] : [[member, value]];
  });
  const byHeader = checksumAlgorithms.find((algorithm) => given[algorithm] !== undefined);
  return {
    headers: { ContentType: 'binary/octet-stream', ...Object.fromEntries(headers) },
    metadata: { ...input.Metadata },
    checksumAlgorithm: byHeader ?? input.ChecksumAlgorithm,
    tags: Object.fromEntries(new URLSearchParams(input.Tagging ?? '')),
  };
}

/** The checksums that a request claims for its body, by algorithm. */
export function claimedChecksums(input: {
  readonly [member: string]: unknown;
}): Partial<Record<string, string>> {
  return Object.fromEntries(
    checksumAlgorithms.flatMap((algorithm) => {
      const claimed = input[`Checksum${algorithm}`];
      return typeof claimed === 'string' ? [[algorithm, claimed]] : [];
    }),
  );
}

/** Compares what was claimed with what arrived; throws BadDigest. */
export function checkDigests(
  written: WrittenBlob,
  claimed: Partial<Record<string, string>>,
  contentMd5?: string,
): void {
  if (contentMd5 !== undefined && Buffer.from(contentMd5, 'base64').toString('hex') !== written.md5Hex) {
    throw badDigest('Content-MD5');
  }
  for (const algorithm of checksumAlgorithms) {
    const claim = claimed[algorithm];
    if (claim !== undefined && claim !== written.checksums[algorithm]) throw badDigest(algorithm);
  }
}

/** A request's body as a stream of bytes; the wire layer hands over a stream, in-process callers a buffer or text. */
export function bodyOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  if (body instanceof Uint8Array || typeof body === 'string') return Readable.from([Buffer.from(body)]);
  return Readable.from([]);
}

/** Records a written blob as the key's latest version, in the manner of the bucket's versioning. In a transaction. */
export function recordObject(
  context: Context,
  wish: {
    readonly blobId: string;
    readonly bucket: string;
    readonly key: string;
    readonly written: WrittenBlob | undefined;
  } & {
    readonly etag: string;
    readonly partsCount?: number;
    readonly description: Description;
  },
): S3Object {
  const { store, random, clock } = context;
  const { versioning } = requireBucket(store, wish.bucket).spec;
  const versionId = versioning === 'Enabled' ? randomText(random, versionAlphabet, 32) : 'null';
  for (const version of versionsOf(store, wish.bucket, wish.key)) {
    // Without versioning the one version is replaced; with it, only its place at the top is.
    if (version.spec.versionId === versionId) store.markDeleted(version);
    else if (version.spec.isLatest) store.setSpec(version, { ...version.spec, isLatest: false });
  }
  const spec: S3ObjectSpec = {
    bucket: wish.bucket,
    key: wish.key,
    versionId,
    isLatest: true,
    isDeleteMarker: wish.written === undefined,
    sizeBytes: wish.written?.sizeBytes ?? 0,
    etag: wish.etag,
    checksums: wish.written?.checksums ?? {},
    checksumAlgorithm: wish.description.checksumAlgorithm,
    headers: wish.description.headers,
    metadata: wish.description.metadata,
    partsCount: wish.partsCount,
    modifiedAt: clock.now(),
  };
  return store.create(objectType, { id: wish.blobId, spec, status: null, tags: wish.description.tags });
}

/** Removes a version for good; the next newest takes its place. In a transaction. */
export function removeVersion({ store }: Context, version: S3Object): void {
  store.markDeleted(version);
  if (!version.spec.isLatest) return;
  const next = versionsOf(store, version.spec.bucket, version.spec.key)
    .filter(({ id }) => id !== version.id)
    .toSorted((a, b) => b.spec.modifiedAt - a.spec.modifiedAt)[0];
  if (next) store.setSpec(next, { ...next.spec, isLatest: true });
}
