import type { Context, Handlers } from '#/services/contract.ts';
import { ownerOf } from '#/services/s3/bucket/operations.ts';
import { allowsEverybody } from '#/services/s3/bucket/policy.ts';
import { requireBucket } from '#/services/s3/bucket/resource.ts';
import { accessDenied } from '#/services/s3/errors.ts';
import { objectType, type S3Object } from '#/services/s3/object/resource.ts';
import type { S3Api } from '#/wire/api/s3.ts';

interface Entry {
  readonly name: string;
  /** Undefined for a common prefix. */
  readonly object: S3Object | undefined;
}

interface ListingWish {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  /** Only names after this one. */
  readonly after: string;
  readonly maxKeys: number;
}

/** A bucket's names as a listing shows them: keys in byte order, those with the delimiter folded into prefixes. */
export function listEntries(
  objects: readonly S3Object[],
  wish: ListingWish,
): { entries: Entry[]; isTruncated: boolean } {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    const { key } = object.spec;
    if (!key.startsWith(wish.prefix)) continue;
    const cut = wish.delimiter ? key.indexOf(wish.delimiter, wish.prefix.length) : -1;
    const name = cut < 0 ? key : key.slice(0, cut + (wish.delimiter?.length ?? 0));
    if (!entries.has(name)) entries.set(name, { name, object: cut < 0 ? object : undefined });
  }
  const sorted = [...entries.values()]
    .filter(({ name }) => name > wish.after)
    .toSorted((a, b) => compareBytes(a.name, b.name));
  return { entries: sorted.slice(0, wish.maxKeys), isTruncated: sorted.length > wish.maxKeys };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export const listingOperations = {
  ListObjectsV2(input, context) {
    const after =
      input.ContinuationToken === undefined ? (input.StartAfter ?? '') : fromToken(input.ContinuationToken);
    const maxKeys = Math.min(input.MaxKeys ?? 1_000, 1_000);
    const { entries, isTruncated } = currentEntries(input, after, maxKeys, context);
    const encode = encoder(input.EncodingType);
    return {
      ...listingOf(entries, encode, input.FetchOwner ? context.account : undefined),
      Name: input.Bucket,
      Prefix: encode(input.Prefix ?? ''),
      Delimiter: input.Delimiter,
      MaxKeys: maxKeys,
      KeyCount: entries.length,
      EncodingType: input.EncodingType,
      IsTruncated: isTruncated,
      ContinuationToken: input.ContinuationToken,
      StartAfter: input.StartAfter,
      NextContinuationToken: isTruncated ? toToken(entries.at(-1)?.name ?? '') : undefined,
    };
  },

  ListObjects(input, context) {
    const maxKeys = Math.min(input.MaxKeys ?? 1_000, 1_000);
    const { entries, isTruncated } = currentEntries(input, input.Marker ?? '', maxKeys, context);
    const encode = encoder(input.EncodingType);
    return {
      ...listingOf(entries, encode, context.account),
      Name: input.Bucket,
      Prefix: encode(input.Prefix ?? ''),
      Delimiter: input.Delimiter,
      Marker: input.Marker ?? '',
      MaxKeys: maxKeys,
      EncodingType: input.EncodingType,
      IsTruncated: isTruncated,
      NextMarker: isTruncated && input.Delimiter ? encode(entries.at(-1)?.name ?? '') : undefined,
    };
  },

  ListObjectVersions(
    { Bucket, Prefix = '', MaxKeys = 1_000, KeyMarker = '', EncodingType },
    { store, account },
  ) {
    requireBucket(store, Bucket);
    const encode = encoder(EncodingType);
    const versions = store
      .listBy(objectType, 'bucket', Bucket)
      .filter(({ spec }) => spec.key.startsWith(Prefix) && spec.key > KeyMarker)
      .toSorted((a, b) => compareBytes(a.spec.key, b.spec.key) || b.spec.modifiedAt - a.spec.modifiedAt);
    const shown = versions.slice(0, MaxKeys);
    const common = (version: S3Object) => ({
      Key: encode(version.spec.key),
      VersionId: version.spec.versionId,
      IsLatest: version.spec.isLatest,
      LastModified: new Date(version.spec.modifiedAt),
      Owner: ownerOf(account),
    });
    return {
      Name: Bucket,
      Prefix: encode(Prefix),
      KeyMarker,
      MaxKeys,
      EncodingType,
      IsTruncated: versions.length > MaxKeys,
      NextKeyMarker: versions.length > MaxKeys ? encode(shown.at(-1)?.spec.key ?? '') : undefined,
      Versions: shown
        .filter(({ spec }) => !spec.isDeleteMarker)
        .map((version) => ({
          ...common(version),
          ETag: `"${version.spec.etag}"`,
          Size: version.spec.sizeBytes,
          StorageClass: 'STANDARD' as const,
        })),
      DeleteMarkers: shown.filter(({ spec }) => spec.isDeleteMarker).map(common),
    };
  },
} satisfies Handlers<S3Api>;

function currentEntries(
  input: { readonly Bucket: string; readonly Prefix?: string; readonly Delimiter?: string },
  after: string,
  maxKeys: number,
  { store, principal }: Context,
) {
  const { spec } = requireBucket(store, input.Bucket);
  const isAnonymous = principal.userId === 'anonymous';
  if (isAnonymous && !allowsEverybody(spec.policy, 's3:ListBucket', `arn:aws:s3:::${input.Bucket}`))
    throw accessDenied();
  const current = store
    .listBy(objectType, 'bucket', input.Bucket)
    .filter((object) => object.spec.isLatest && !object.spec.isDeleteMarker);
  return listEntries(current, { prefix: input.Prefix ?? '', delimiter: input.Delimiter, after, maxKeys });
}

function listingOf(
  entries: readonly Entry[],
  encode: (text: string) => string,
  ownerAccount: string | undefined,
) {
  return {
    Contents: entries.flatMap(({ name, object }) =>
      object
        ? [
            {
              Key: encode(name),
              LastModified: new Date(object.spec.modifiedAt),
              ETag: `"${object.spec.etag}"`,
              Size: object.spec.sizeBytes,
              StorageClass: 'STANDARD' as const,
              Owner: ownerAccount === undefined ? undefined : ownerOf(ownerAccount),
            },
          ]
        : [],
    ),
    CommonPrefixes: entries.flatMap(({ name, object }) => (object ? [] : [{ Prefix: encode(name) }])),
  };
}

/** `EncodingType=url`: names travel percent-encoded, slashes aside. */
function encoder(encodingType: string | undefined): (text: string) => string {
  if (encodingType !== 'url') return (text) => text;
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

function toToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function fromToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
