import type { Context, Handlers } from '#/services/contract.ts';
import { fromTagList, toTagList } from '#/services/iam/names.ts';
import { requireBucket, bucketType } from '#/services/s3/bucket/resource.ts';
import {
  bucketExists,
  bucketNotEmpty,
  invalidBucketName,
  invalidRequest,
  noSuchConfiguration,
} from '#/services/s3/errors.ts';
import { objectType } from '#/services/s3/object/resource.ts';
import type { S3Api } from '#/wire/api/s3.ts';

/** The owner as S3 shows it: a canonical user id made of the account. */
export function ownerOf(account: string): { ID: string; DisplayName: string } {
  return { ID: account.padStart(64, '0'), DisplayName: 'account' };
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const bucketName = /^(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const bucketOperations = {
  CreateBucket({ Bucket, CreateBucketConfiguration }, { store, region }) {
    if (!bucketName.test(Bucket)) throw invalidBucketName(Bucket);
    const existing = store.get(bucketType, Bucket);
    // The oldest region succeeds again: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    if (existing && region === 'us-east-1' && existing.spec.region === region)
      return { Location: `/${Bucket}` };
    if (existing) throw bucketExists(Bucket);
    store.create(bucketType, {
      id: Bucket,
      status: null,
      tags: fromTagList(CreateBucketConfiguration?.Tags),
      spec: {
        region: CreateBucketConfiguration?.LocationConstraint ?? region,
        versioning: undefined,
        policy: undefined,
        configurations: {},
      },
    });
    return { Location: `/${Bucket}` };
  },

  DeleteBucket({ Bucket }, { store }) {
    const bucket = requireBucket(store, Bucket);
    if (store.listBy(objectType, 'bucket', Bucket).length > 0) throw bucketNotEmpty(Bucket);
    store.remove(bucket);
    return {};
  },

  HeadBucket({ Bucket }, { store }) {
    return { BucketRegion: requireBucket(store, Bucket).spec.region, AccessPointAlias: false };
  },

  ListBuckets({ Prefix = '' }, { store, account }) {
    const buckets = store.list(bucketType).filter(({ id }) => id.startsWith(Prefix));
    return {
      Buckets: buckets
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .map((bucket) => ({ Name: bucket.id, CreationDate: new Date(bucket.createdAt) })),
      Owner: ownerOf(account),
    };
  },

  GetBucketLocation({ Bucket }, { store }) {
    const { region } = requireBucket(store, Bucket).spec;
    return region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-west-3' }; // any region's name
  },

  PutBucketVersioning({ Bucket, VersioningConfiguration }, { store }) {
    const bucket = requireBucket(store, Bucket);
    const versioning = VersioningConfiguration.Status;
    if (!versioning) throw invalidRequest('The Versioning element must be specified');
    store.setSpec(bucket, { ...bucket.spec, versioning });
    return {};
  },

  GetBucketVersioning({ Bucket }, { store }) {
    return { Status: requireBucket(store, Bucket).spec.versioning };
  },

  PutBucketPolicy({ Bucket, Policy }, { store }) {
    const bucket = requireBucket(store, Bucket);
    try {
      JSON.parse(Policy);
    } catch {
      throw noSuchConfiguration(
        'MalformedPolicy',
        "Policies must be valid JSON and the first byte must be '{'",
        Bucket,
      );
    }
    store.setSpec(bucket, { ...bucket.spec, policy: Policy });
    return {};
  },

  GetBucketPolicy({ Bucket }, { store }) {
    const { policy } = requireBucket(store, Bucket).spec;
    if (policy === undefined)
      throw noSuchConfiguration('NoSuchBucketPolicy', 'The bucket policy does not exist', Bucket);
    return { Policy: policy };
  },

  DeleteBucketPolicy({ Bucket }, { store }) {
    const bucket = requireBucket(store, Bucket);
    store.setSpec(bucket, { ...bucket.spec, policy: undefined });
    return {};
  },

  PutBucketTagging({ Bucket, Tagging }, { store }) {
    store.setTags(requireBucket(store, Bucket), fromTagList(Tagging.TagSet));
    return {};
  },

  GetBucketTagging({ Bucket }, { store }) {
    const { tags } = requireBucket(store, Bucket);
    if (Object.keys(tags).length === 0)
      throw noSuchConfiguration('NoSuchTagSet', 'The TagSet does not exist', Bucket);
    return { TagSet: toTagList(tags) };
  },

  DeleteBucketTagging({ Bucket }, { store }) {
    store.setTags(requireBucket(store, Bucket), {});
    return {};
  },

  GetBucketAcl({ Bucket }, { store, account }) {
    requireBucket(store, Bucket);
    return {
      Owner: ownerOf(account),
      Grants: [{ Grantee: { Type: 'CanonicalUser', ...ownerOf(account) }, Permission: 'FULL_CONTROL' }],
    };
  },

  PutBucketAcl({ Bucket }, { store }) {
    requireBucket(store, Bucket);
    return {};
  },
} satisfies Handlers<S3Api>;

/** Writes one of the configurations that are only stored and shown. */
export function putConfiguration(name: string, Bucket: string, value: unknown, { store }: Context): void {
  const bucket = requireBucket(store, Bucket);
  const configurations = Object.fromEntries(
    Object.entries({ ...bucket.spec.configurations, [name]: value }).filter(([, kept]) => kept !== undefined),
  );
  store.setSpec(bucket, { ...bucket.spec, configurations });
}
