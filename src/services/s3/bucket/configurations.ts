import type { Context, Handlers } from '#/services/contract.ts';
import { putConfiguration } from '#/services/s3/bucket/operations.ts';
import { requireBucket } from '#/services/s3/bucket/resource.ts';
import { noSuchConfiguration } from '#/services/s3/errors.ts';
import type { S3Api } from '#/wire/api/s3.ts';

/** Shown where a bucket has no encryption of its own: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html */
const defaultEncryption = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
} as const;

/** The configuration; its own error when the bucket has none. What is in it was validated when it was put. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's answer says which shape was put
function found<T>(name: string, Bucket: string, { store }: Context, code: string, message: string): T {
  const { configurations } = requireBucket(store, Bucket).spec;
  if (!Object.hasOwn(configurations, name)) throw noSuchConfiguration(code, message, Bucket);
  return configurations[name] as T;
}

/** The configuration, or what AWS shows for a bucket without one. */
function foundOr<T>(name: string, Bucket: string, { store }: Context, otherwise: T): T {
  const { configurations } = requireBucket(store, Bucket).spec;
  return Object.hasOwn(configurations, name) ? (configurations[name] as T) : otherwise; // validated when it was put
}

/** Bucket configurations that are stored and shown, without an effect yet. */
export const configurationOperations = {
  PutBucketEncryption({ Bucket, ServerSideEncryptionConfiguration }, context) {
    putConfiguration('encryption', Bucket, ServerSideEncryptionConfiguration, context);
    return {};
  },
  GetBucketEncryption({ Bucket }, context) {
    return {
      ServerSideEncryptionConfiguration: foundOr('encryption', Bucket, context, {
        Rules: [...defaultEncryption.Rules],
      }),
    };
  },
  DeleteBucketEncryption({ Bucket }, context) {
    putConfiguration('encryption', Bucket, undefined, context);
    return {};
  },

  PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration }, context) {
    putConfiguration('public-access-block', Bucket, PublicAccessBlockConfiguration, context);
    return {};
  },
  GetPublicAccessBlock({ Bucket }, context) {
    return {
      PublicAccessBlockConfiguration: found(
        'public-access-block',
        Bucket,
        context,
        'NoSuchPublicAccessBlockConfiguration',
        'The public access block configuration was not found',
      ),
    };
  },
  DeletePublicAccessBlock({ Bucket }, context) {
    putConfiguration('public-access-block', Bucket, undefined, context);
    return {};
  },

  PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration }, context) {
    putConfiguration('lifecycle', Bucket, LifecycleConfiguration, context);
    return {};
  },
  GetBucketLifecycleConfiguration({ Bucket }, context) {
    return found(
      'lifecycle',
      Bucket,
      context,
      'NoSuchLifecycleConfiguration',
      'The lifecycle configuration does not exist',
    );
  },
  DeleteBucketLifecycle({ Bucket }, context) {
    putConfiguration('lifecycle', Bucket, undefined, context);
    return {};
  },

  PutBucketOwnershipControls({ Bucket, OwnershipControls }, context) {
    putConfiguration('ownership', Bucket, OwnershipControls, context);
    return {};
  },
  GetBucketOwnershipControls({ Bucket }, context) {
    return {
      OwnershipControls: found(
        'ownership',
        Bucket,
        context,
        'OwnershipControlsNotFoundError',
        'The bucket ownership controls were not found',
      ),
    };
  },
  DeleteBucketOwnershipControls({ Bucket }, context) {
    putConfiguration('ownership', Bucket, undefined, context);
    return {};
  },

  PutBucketCors({ Bucket, CORSConfiguration }, context) {
    putConfiguration('cors', Bucket, CORSConfiguration, context);
    return {};
  },
  GetBucketCors({ Bucket }, context) {
    return found('cors', Bucket, context, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist');
  },
  DeleteBucketCors({ Bucket }, context) {
    putConfiguration('cors', Bucket, undefined, context);
    return {};
  },

  GetBucketWebsite({ Bucket }, context) {
    return found(
      'website',
      Bucket,
      context,
      'NoSuchWebsiteConfiguration',
      'The specified bucket does not have a website configuration',
    );
  },
  GetBucketReplication({ Bucket }, context) {
    return found(
      'replication',
      Bucket,
      context,
      'ReplicationConfigurationNotFoundError',
      'The replication configuration was not found',
    );
  },
  GetObjectLockConfiguration({ Bucket }, context) {
    return found(
      'object-lock',
      Bucket,
      context,
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
    );
  },
  GetBucketPolicyStatus({ Bucket }, { store }) {
    const { policy } = requireBucket(store, Bucket).spec;
    if (policy === undefined)
      throw noSuchConfiguration('NoSuchBucketPolicy', 'The bucket policy does not exist', Bucket);
    return { PolicyStatus: { IsPublic: /"Principal"\s*:\s*("\*"|\{\s*"AWS"\s*:\s*"\*")/.test(policy) } };
  },

  // A bucket has these by default, and empty.
  GetBucketLogging({ Bucket }, { store }) {
    requireBucket(store, Bucket);
    return {};
  },
  GetBucketAccelerateConfiguration({ Bucket }, { store }) {
    requireBucket(store, Bucket);
    return {};
  },
  GetBucketRequestPayment({ Bucket }, { store }) {
    requireBucket(store, Bucket);
    return { Payer: 'BucketOwner' };
  },
  PutBucketNotificationConfiguration({ Bucket, NotificationConfiguration }, context) {
    putConfiguration('notification', Bucket, NotificationConfiguration, context);
    return {};
  },
  GetBucketNotificationConfiguration({ Bucket }, context) {
    return foundOr('notification', Bucket, context, {});
  },
} satisfies Handlers<S3Api>;
