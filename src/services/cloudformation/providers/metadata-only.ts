import { uuid } from '#/lib/random.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';

/** A resource that is remembered and shown but does nothing: its service is not part of the region yet. */
export type RememberedResource = Resource<
  'Snowglobe::CloudFormation::RememberedResource',
  { readonly type: string; readonly name: string; readonly properties: Properties },
  undefined
>;

export const rememberedResourceType = resourceType<RememberedResource>(
  'Snowglobe::CloudFormation::RememberedResource',
);

/** Types that the CDK's bootstrap template has and no service of the region implements yet. */
export function metadataOnlyProviders(store: Store): ResourceProvider[] {
  return [
    remembering(store, {
      type: 'AWS::ECR::Repository',
      // Repository names are lower-case.
      name: (properties, context) =>
        text(properties['RepositoryName']) ?? context.physicalName(256).toLowerCase(),
      attributes: (name, { region, account }) => ({
        Arn: `arn:aws:ecr:${region}:${account}:repository/${name}`,
        RepositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${name}`,
      }),
    }),
    remembering(store, {
      type: 'AWS::KMS::Key',
      name: (_, { random }) => uuid(random),
      attributes: (name, { region, account }) => ({
        Arn: `arn:aws:kms:${region}:${account}:key/${name}`,
        KeyId: name,
      }),
    }),
    remembering(store, {
      type: 'AWS::KMS::Alias',
      name: (properties) => text(properties['AliasName']) ?? '',
      attributes: () => ({}),
    }),
  ];
}

interface Remembered {
  readonly type: string;
  readonly name: (properties: Properties, context: ProviderContext) => string;
  readonly attributes: (name: string, context: ProviderContext) => Readonly<Record<string, unknown>>;
}

function remembering(store: Store, { type, name, attributes }: Remembered): ResourceProvider {
  const idOf = (physicalId: string): string => `${type}/${physicalId}`;
  return {
    type,
    create(properties, context) {
      const physicalId = name(properties, context);
      if (store.get(rememberedResourceType, idOf(physicalId))) {
        throw new AwsError('AlreadyExistsException', `${type} ${physicalId} already exists`);
      }
      store.create(rememberedResourceType, {
        id: idOf(physicalId),
        spec: { type, name: physicalId, properties },
        status: undefined,
        tags: context.tags,
      });
      return physicalId;
    },
    stability: () => ({ state: 'stable' }),
    update(physicalId, properties) {
      const found = store.get(rememberedResourceType, idOf(physicalId));
      if (found) store.setSpec(found, { ...found.spec, properties });
      return physicalId;
    },
    delete(physicalId) {
      const found = store.get(rememberedResourceType, idOf(physicalId));
      if (found) store.remove(found);
    },
    attributes,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
