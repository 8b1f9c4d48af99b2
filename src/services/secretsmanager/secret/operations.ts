import { randomText, uuid } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { fromTagList, tokenPage, toTagList } from '#/services/iam/names.ts';
import { randomPassword } from '#/services/secretsmanager/secret/password.ts';
import {
  invalidParameter,
  requireSecret,
  secretExists,
  secretScheduledForDeletion,
  secretType,
  secretValueNotFound,
  type Secret,
  type SecretVersion,
} from '#/services/secretsmanager/secret/resource.ts';
import type { SecretsmanagerApi } from '#/wire/api/secretsmanager.ts';

const dayMs = 86_400_000;
const arnAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

interface Value {
  readonly SecretString?: string;
  readonly SecretBinary?: Uint8Array;
  readonly ClientRequestToken?: string;
}

export const secretOperations = {
  CreateSecret(input, context) {
    const { store, random, region, account, clock } = context;
    const existing = store.listBy(secretType, 'name', input.Name)[0];
    if (existing)
      throw existing.spec.deletionAt === undefined ? secretExists(input.Name) : secretScheduledForDeletion();
    const version = hasValue(input) ? makeVersion(input, ['AWSCURRENT'], context) : undefined;
    const secret = store.create(secretType, {
      id: `arn:aws:secretsmanager:${region}:${account}:secret:${input.Name}-${randomText(random, arnAlphabet, 6)}`,
      tags: fromTagList(input.Tags),
      status: null,
      spec: {
        name: input.Name,
        description: input.Description,
        kmsKeyId: input.KmsKeyId,
        versions: version ? [version] : [],
        resourcePolicy: undefined,
        changedAt: clock.now(),
        deletionAt: undefined,
      },
    });
    return { ARN: secret.id, Name: input.Name, VersionId: version?.versionId };
  },

  GetSecretValue({ SecretId, VersionId, VersionStage }, context) {
    const secret = requireUsable(context, SecretId);
    const stage = VersionStage ?? 'AWSCURRENT';
    const version = secret.spec.versions.find((each) =>
      VersionId === undefined ? each.stages.includes(stage) : each.versionId === VersionId,
    );
    if (!version) {
      throw secretValueNotFound(
        VersionId === undefined ? `staging label: ${stage}` : `VersionId: ${VersionId}`,
      );
    }
    return {
      ARN: secret.id,
      Name: secret.spec.name,
      VersionId: version.versionId,
      SecretString: version.secretString,
      SecretBinary:
        version.secretBinary === undefined ? undefined : Buffer.from(version.secretBinary, 'base64'),
      VersionStages: [...version.stages],
      CreatedDate: new Date(version.createdAt),
    };
  },

  PutSecretValue({ SecretId, VersionStages = ['AWSCURRENT'], ...value }, context) {
    const secret = requireUsable(context, SecretId);
    const version = putVersion(secret, value, VersionStages, context);
    return { ARN: secret.id, Name: secret.spec.name, VersionId: version.versionId, VersionStages };
  },

  UpdateSecret({ SecretId, Description, KmsKeyId, ...value }, context) {
    const secret = requireUsable(context, SecretId);
    const described = context.store.setSpec(secret, {
      ...secret.spec,
      description: Description ?? secret.spec.description,
      kmsKeyId: KmsKeyId ?? secret.spec.kmsKeyId,
      changedAt: context.clock.now(),
    });
    const version = hasValue(value)
      ? putVersion(described ?? secret, value, ['AWSCURRENT'], context)
      : undefined;
    return { ARN: secret.id, Name: secret.spec.name, VersionId: version?.versionId };
  },

  DescribeSecret({ SecretId }, { store }) {
    const secret = requireSecret(store, SecretId);
    return { ...toDescription(secret), VersionIdsToStages: stagesById(secret) };
  },

  ListSecrets({ MaxResults = 100, NextToken, IncludePlannedDeletion = false, Filters = [] }, { store }) {
    const secrets = store
      .list(secretType)
      .filter(({ spec }) => IncludePlannedDeletion || spec.deletionAt === undefined)
      .filter((secret) =>
        Filters.every(({ Key, Values = [] }) =>
          Values.some((value) => filterTexts(secret, Key).some((text) => text.startsWith(value))),
        ),
      );
    const { items, ...rest } = tokenPage(secrets, MaxResults, NextToken);
    return {
      SecretList: items.map((secret) => ({
        ...toDescription(secret),
        SecretVersionsToStages: stagesById(secret),
      })),
      ...rest,
    };
  },

  ListSecretVersionIds({ SecretId, IncludeDeprecated = false }, { store }) {
    const secret = requireSecret(store, SecretId);
    return {
      ARN: secret.id,
      Name: secret.spec.name,
      Versions: secret.spec.versions
        .filter(({ stages }) => IncludeDeprecated || stages.length > 0)
        .map(({ versionId, stages, createdAt }) => ({
          VersionId: versionId,
          VersionStages: [...stages],
          CreatedDate: new Date(createdAt),
        })),
    };
  },

  DeleteSecret({ SecretId, ForceDeleteWithoutRecovery = false, RecoveryWindowInDays }, { store, clock }) {
    if (ForceDeleteWithoutRecovery && RecoveryWindowInDays !== undefined) {
      throw invalidParameter(
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
      );
    }
    const days = RecoveryWindowInDays ?? 30;
    if (days < 7 || days > 30) {
      throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    }
    const secret = requireSecret(store, SecretId);
    if (ForceDeleteWithoutRecovery) {
      store.remove(secret);
      return { ARN: secret.id, Name: secret.spec.name, DeletionDate: new Date(clock.now()) };
    }
    if (secret.spec.deletionAt !== undefined) throw secretScheduledForDeletion();
    const deletionAt = clock.now() + days * dayMs;
    store.setSpec(secret, { ...secret.spec, deletionAt });
    return { ARN: secret.id, Name: secret.spec.name, DeletionDate: new Date(deletionAt) };
  },

  RestoreSecret({ SecretId }, { store }) {
    const secret = requireSecret(store, SecretId);
    store.setSpec(secret, { ...secret.spec, deletionAt: undefined });
    return { ARN: secret.id, Name: secret.spec.name };
  },

  GetRandomPassword(input, { random }) {
    return { RandomPassword: randomPassword(input, random) };
  },

  GetResourcePolicy({ SecretId }, { store }) {
    const secret = requireSecret(store, SecretId);
    return { ARN: secret.id, Name: secret.spec.name, ResourcePolicy: secret.spec.resourcePolicy };
  },

  PutResourcePolicy({ SecretId, ResourcePolicy }, { store }) {
    const secret = requireSecret(store, SecretId);
    store.setSpec(secret, { ...secret.spec, resourcePolicy: ResourcePolicy });
    return { ARN: secret.id, Name: secret.spec.name };
  },

  TagResource({ SecretId, Tags }, { store }) {
    const secret = requireSecret(store, SecretId);
    store.setTags(secret, { ...secret.tags, ...fromTagList(Tags) });
    return {};
  },

  UntagResource({ SecretId, TagKeys }, { store }) {
    const secret = requireSecret(store, SecretId);
    const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key)));
    store.setTags(secret, tags);
    return {};
  },
} satisfies Handlers<SecretsmanagerApi>;

function hasValue({ SecretString, SecretBinary }: Value): boolean {
  return SecretString !== undefined || SecretBinary !== undefined;
}

function makeVersion(value: Value, stages: readonly string[], { random, clock }: Context): SecretVersion {
  if (value.SecretString !== undefined && value.SecretBinary !== undefined) {
    throw invalidParameter('You must provide either SecretString or SecretBinary.');
  }
  return {
    versionId: value.ClientRequestToken ?? uuid(random),
    stages,
    secretString: value.SecretString,
    secretBinary:
      value.SecretBinary === undefined ? undefined : Buffer.from(value.SecretBinary).toString('base64'),
    createdAt: clock.now(),
  };
}

function putVersion(
  secret: Secret,
  value: Value,
  stages: readonly string[],
  context: Context,
): SecretVersion {
  const version = makeVersion(value, stages, context);
  const versions = withVersion(secret.spec.versions, version);
  context.store.setSpec(secret, { ...secret.spec, versions, changedAt: context.clock.now() });
  return version;
}

/** The stages move to the new version; the one that was current becomes the previous one. */
export function withVersion(versions: readonly SecretVersion[], added: SecretVersion): SecretVersion[] {
  const movesCurrent = added.stages.includes('AWSCURRENT');
  const others = versions.map((version) => {
    const kept = version.stages.filter((stage) => !added.stages.includes(stage));
    if (!movesCurrent) return { ...version, stages: kept };
    const stages = kept.filter((stage) => stage !== 'AWSPREVIOUS');
    return {
      ...version,
      stages: version.stages.includes('AWSCURRENT') ? [...stages, 'AWSPREVIOUS'] : stages,
    };
  });
  return [...others.filter((version) => version.versionId !== added.versionId), added];
}

function requireUsable({ store }: Context, reference: string): Secret {
  const secret = requireSecret(store, reference);
  if (secret.spec.deletionAt !== undefined) throw secretScheduledForDeletion();
  return secret;
}

function stagesById(secret: Secret): Record<string, string[]> {
  return Object.fromEntries(
    secret.spec.versions
      .filter(({ stages }) => stages.length > 0)
      .map(({ versionId, stages }) => [versionId, [...stages]]),
  );
}

function toDescription(secret: Secret) {
  return {
    ARN: secret.id,
    Name: secret.spec.name,
    Description: secret.spec.description,
    KmsKeyId: secret.spec.kmsKeyId,
    CreatedDate: new Date(secret.createdAt),
    LastChangedDate: new Date(secret.spec.changedAt),
    DeletedDate: secret.spec.deletionAt === undefined ? undefined : new Date(secret.spec.deletionAt),
    Tags: Object.keys(secret.tags).length > 0 ? toTagList(secret.tags) : undefined,
  };
}

function filterTexts(secret: Secret, key: string | undefined): string[] {
  if (key === 'name') return [secret.spec.name];
  if (key === 'description') return [secret.spec.description ?? ''];
  if (key === 'tag-key') return Object.keys(secret.tags);
  if (key === 'tag-value') return Object.values(secret.tags);
  return [secret.spec.name, secret.spec.description ?? '', ...Object.entries(secret.tags).flat()];
}
