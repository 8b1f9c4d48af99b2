import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';
import { toTagList } from '#/services/iam/names.ts';

/** AWS::S3::Bucket, as far as it is built; what else a template says is accepted where AWS's schema has it. */
interface BucketProperties {
  readonly BucketName?: string;
  readonly VersioningConfiguration?: { readonly Status: 'Enabled' | 'Suspended' };
  readonly PublicAccessBlockConfiguration?: Readonly<Record<string, boolean>>;
  readonly BucketEncryption?: {
    readonly ServerSideEncryptionConfiguration: readonly {
      readonly BucketKeyEnabled?: boolean;
      readonly ServerSideEncryptionByDefault?: {
        readonly SSEAlgorithm: string;
        readonly KMSMasterKeyID?: string;
      };
    }[];
  };
  readonly OwnershipControls?: { readonly Rules: readonly { readonly ObjectOwnership: string }[] };
}

// The engine has validated the properties against the type's schema.
const typed = (properties: Properties): BucketProperties => properties;

export const bucketProvider: ResourceProvider = {
  type: 'AWS::S3::Bucket',
  create(properties, context) {
    const Bucket = typed(properties).BucketName ?? context.physicalName(63).toLowerCase();
    context.call.s3.CreateBucket({ Bucket });
    const tags = toTagList(context.tags);
    if (tags.length > 0) context.call.s3.PutBucketTagging({ Bucket, Tagging: { TagSet: tags } });
    configure(Bucket, typed(properties), context);
    return Bucket;
  },
  stability: () => ({ state: 'stable' }),
  update(Bucket, properties, _previous, context) {
    configure(Bucket, typed(properties), context);
    return Bucket;
  },
  delete(Bucket, { call }) {
    unlessMissing(() => call.s3.DeleteBucket({ Bucket }));
  },
  attributes(Bucket, { region }) {
    return {
      Arn: `arn:aws:s3:::${Bucket}`,
      DomainName: `${Bucket}.s3.amazonaws.com`,
      RegionalDomainName: `${Bucket}.s3.${region}.amazonaws.com`,
      DualStackDomainName: `${Bucket}.s3.dualstack.${region}.amazonaws.com`,
      WebsiteURL: `http://${Bucket}.s3-website.${region}.amazonaws.com`,
    };
  },
};

function configure(Bucket: string, wish: BucketProperties, { call }: ProviderContext): void {
  if (wish.VersioningConfiguration) {
    call.s3.PutBucketVersioning({
      Bucket,
      VersioningConfiguration: { Status: wish.VersioningConfiguration.Status },
    });
  }
  if (wish.PublicAccessBlockConfiguration) {
    call.s3.PutPublicAccessBlock({
      Bucket,
      PublicAccessBlockConfiguration: { ...wish.PublicAccessBlockConfiguration },
    });
  }
  if (wish.BucketEncryption) {
    const Rules = wish.BucketEncryption.ServerSideEncryptionConfiguration.map((rule) => ({
      ...(rule.BucketKeyEnabled === undefined ? {} : { BucketKeyEnabled: rule.BucketKeyEnabled }),
      ...(rule.ServerSideEncryptionByDefault
        ? // One of the modelled algorithms; the schema does not list them.
          {
            ApplyServerSideEncryptionByDefault: {
              ...rule.ServerSideEncryptionByDefault,
              SSEAlgorithm: rule.ServerSideEncryptionByDefault.SSEAlgorithm as 'AES256',
            },
          }
        : {}),
    }));
    call.s3.PutBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  }
}

/** AWS::S3::BucketPolicy */
interface BucketPolicyProperties {
  readonly Bucket: string;
  readonly PolicyDocument: object;
}

export const bucketPolicyProvider: ResourceProvider = {
  type: 'AWS::S3::BucketPolicy',
  create: (properties, context) => putPolicy(properties, context),
  stability: () => ({ state: 'stable' }),
  update: (_physicalId, properties, _previous, context) => putPolicy(properties, context),
  delete(Bucket, { call }) {
    unlessMissing(() => call.s3.DeleteBucketPolicy({ Bucket }));
  },
  attributes: () => ({}),
};

function putPolicy(properties: Properties, { call }: ProviderContext): string {
  const { Bucket, PolicyDocument } = properties as unknown as BucketPolicyProperties; // validated by the engine
  call.s3.PutBucketPolicy({ Bucket, Policy: JSON.stringify(PolicyDocument) });
  return Bucket;
}
