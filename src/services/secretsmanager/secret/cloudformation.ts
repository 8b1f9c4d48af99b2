import type { ProviderContext, Properties, ResourceProvider } from '#/services/contract.ts';
import { toTagList } from '#/services/iam/names.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';
import { randomPassword, type PasswordWish } from '#/services/secretsmanager/secret/password.ts';

/** AWS::SecretsManager::Secret */
interface SecretProperties {
  readonly Name?: string;
  readonly Description?: string;
  readonly SecretString?: string;
  readonly GenerateSecretString?: PasswordWish & {
    readonly SecretStringTemplate?: string;
    readonly GenerateStringKey?: string;
  };
}

// The engine has validated the properties against the type's schema: what is there has the right type.
const typed = (properties: Properties): SecretProperties => properties;

export const secretProvider: ResourceProvider = {
  type: 'AWS::SecretsManager::Secret',
  create(properties, context) {
    const wish = typed(properties);
    const { ARN } = context.call.secretsmanager.CreateSecret({
      Name: wish.Name ?? context.physicalName(64),
      ...(wish.Description === undefined ? {} : { Description: wish.Description }),
      SecretString: valueOf(wish, context),
      Tags: toTagList(context.tags),
    });
    return ARN ?? '';
  },
  stability: () => ({ state: 'stable' }),
  // A generated value is made anew only when what generates it changed.
  update(SecretId, properties, previous, context) {
    const [wish, before] = [typed(properties), typed(previous)];
    const hasNewValue =
      JSON.stringify([wish.SecretString, wish.GenerateSecretString]) !==
      JSON.stringify([before.SecretString, before.GenerateSecretString]);
    context.call.secretsmanager.UpdateSecret({
      SecretId,
      ...(wish.Description === undefined ? {} : { Description: wish.Description }),
      ...(hasNewValue ? { SecretString: valueOf(wish, context) } : {}),
    });
    return SecretId;
  },
  delete(SecretId, { call }) {
    unlessMissing(() => call.secretsmanager.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true }));
  },
  attributes: (SecretId) => ({ Id: SecretId }),
};

function valueOf(wish: SecretProperties, { random }: ProviderContext): string {
  if (wish.SecretString !== undefined) return wish.SecretString;
  const { SecretStringTemplate, GenerateStringKey, ...password } = wish.GenerateSecretString ?? {};
  const generated = randomPassword(numbersRead(password), random);
  if (SecretStringTemplate === undefined || GenerateStringKey === undefined) return generated;
  const template: unknown = JSON.parse(SecretStringTemplate);
  return JSON.stringify({ ...(template as object), [GenerateStringKey]: generated }); // a JSON object, AWS says
}

/** Templates may give numbers and booleans as text. */
function numbersRead(wish: PasswordWish): PasswordWish {
  const entries = Object.entries(wish).map(([key, value]): [string, unknown] => [
    key,
    value === 'true' ? true : value === 'false' ? false : key === 'PasswordLength' ? Number(value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** AWS::SecretsManager::SecretTargetAttachment */
interface AttachmentProperties {
  readonly SecretId: string;
  readonly TargetId: string;
  readonly TargetType: string;
}

/** Adds to a secret how its database is reached, as the service does for rotation and for applications. */
export const secretTargetAttachmentProvider: ResourceProvider = {
  type: 'AWS::SecretsManager::SecretTargetAttachment',
  create(properties, context) {
    // The engine has validated the properties against the type's schema.
    const { SecretId, TargetId, TargetType } = properties as unknown as AttachmentProperties;
    const { secretsmanager } = context.call;
    const current: unknown = JSON.parse(secretsmanager.GetSecretValue({ SecretId }).SecretString ?? '{}');
    secretsmanager.PutSecretValue({
      SecretId,
      // A secret that is attached holds a JSON object: the attachment has no place to write to otherwise.
      SecretString: JSON.stringify({
        ...(current as object),
        ...connectionOf(TargetType, TargetId, context),
      }),
    });
    return SecretId;
  },
  stability: () => ({ state: 'stable' }),
  delete() {
    // The connection stays in the secret: it does no harm, and the secret usually goes too.
  },
  attributes: (SecretId) => ({ Id: SecretId }),
};

function connectionOf(type: string, id: string, { call }: ProviderContext): object {
  if (type === 'AWS::RDS::DBCluster') {
    const cluster = call.rds.DescribeDBClusters({ DBClusterIdentifier: id }).DBClusters?.[0];
    return {
      dbClusterIdentifier: cluster?.DBClusterIdentifier,
      engine: engineFamily(cluster?.Engine),
      host: cluster?.Endpoint,
      port: cluster?.Port,
      dbname: cluster?.DatabaseName,
    };
  }
  const instance = call.rds.DescribeDBInstances({ DBInstanceIdentifier: id }).DBInstances?.[0];
  return {
    dbInstanceIdentifier: instance?.DBInstanceIdentifier,
    engine: engineFamily(instance?.Engine),
    host: instance?.Endpoint?.Address,
    port: instance?.Endpoint?.Port,
    dbname: instance?.DBName,
  };
}

function engineFamily(engine: string | undefined): string | undefined {
  return engine?.replace(/^aurora-/, '');
}
