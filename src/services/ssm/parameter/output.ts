import type { Parameter as ParameterOutput } from '@aws-sdk/client-ssm';
import type { Context } from '#/services/contract.ts';
import {
  parameterVersionNotFound,
  type Parameter,
  type ParameterVersion,
  type PublicParameter,
} from '#/services/ssm/parameter/resource.ts';

/** The version with this number, or the newest; throws ParameterVersionNotFound. */
export function versionOf(parameter: Parameter, selector: string | undefined): ParameterVersion {
  const { versions } = parameter.spec;
  const version =
    selector === undefined ? versions.at(-1) : versions.find((each) => String(each.version) === selector);
  if (!version) throw parameterVersionNotFound(parameter.id, selector ?? 'latest');
  return version;
}

function arnOf(name: string, { region, account }: Context): string {
  return `arn:aws:ssm:${region}:${account}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
}

/** What a caller sees of a value: a SecureString that is not decrypted is unreadable. */
export function shownValue(parameter: Parameter, version: ParameterVersion, WithDecryption: boolean): string {
  if (parameter.spec.type !== 'SecureString' || WithDecryption) return version.value;
  return `kms:${version.keyId}:${Buffer.from(version.value).toString('base64')}`;
}

export function toOutput(
  parameter: Parameter,
  version: ParameterVersion,
  context: Context,
  WithDecryption: boolean,
): ParameterOutput {
  return {
    Name: parameter.id,
    Type: parameter.spec.type,
    Value: shownValue(parameter, version, WithDecryption),
    Version: version.version,
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: arnOf(parameter.id, context),
    DataType: version.dataType,
  };
}

export function toPublishedOutput(
  { name, value, dataType }: PublicParameter,
  { region }: Context,
): ParameterOutput {
  return {
    Name: name,
    Type: 'String',
    Value: value,
    Version: 1,
    LastModifiedDate: new Date('2026-01-01T00:00:00Z'),
    ARN: `arn:aws:ssm:${region}::parameter${name}`,
    DataType: dataType,
  };
}

export function toMetadata(
  parameter: Parameter,
  context: Context,
  version = versionOf(parameter, undefined),
) {
  return {
    Name: parameter.id,
    ARN: arnOf(parameter.id, context),
    Type: parameter.spec.type,
    KeyId: version.keyId,
    LastModifiedDate: new Date(version.modifiedAt),
    LastModifiedUser: version.modifiedBy,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: parameter.spec.tier,
    Policies: [],
    DataType: version.dataType,
  };
}
