import { AwsError } from '#/lib/aws-error.ts';
import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';

/** A secret; its id in the store is its ARN. */
export type Secret = Resource<'AWS::SecretsManager::Secret', SecretSpec, null>;

export interface SecretSpec {
  readonly name: string;
  readonly description: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly versions: readonly SecretVersion[];
  readonly resourcePolicy: string | undefined;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
  /** When a wished deletion takes effect, in milliseconds since the epoch; until then it can be restored. */
  readonly deletionAt: number | undefined;
}

export interface SecretVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
  readonly secretString: string | undefined;
  /** Base64. */
  readonly secretBinary: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export const secretType = resourceType<Secret>('AWS::SecretsManager::Secret', {
  name: (secret) => [secret.spec.name],
});

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and the operations' own pages
export const secretNotFound = (): AwsError =>
  new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
export const secretValueNotFound = (label: string): AwsError =>
  new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${label}`,
  );
export const secretExists = (name: string): AwsError =>
  new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
export const secretScheduledForDeletion = (): AwsError =>
  new AwsError(
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterException', message);

/** The secret by name, ARN, or ARN without its random ending. */
export function requireSecret(store: Store, reference: string): Secret {
  const partialName = reference.startsWith('arn:') ? reference.split(':').slice(6).join(':') : reference;
  const secret = store.get(secretType, reference) ?? store.listBy(secretType, 'name', partialName)[0];
  if (!secret) throw secretNotFound();
  return secret;
}
