import { AwsError } from '#/lib/aws-error.ts';
import { resourceType, type Resource } from '#/store/resource.ts';

/** A parameter; its id in the store is its name. */
export type Parameter = Resource<'AWS::SSM::Parameter', ParameterSpec, null>;

export interface ParameterSpec {
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly tier: 'Standard' | 'Advanced' | 'Intelligent-Tiering';
  /** Oldest first; a hundred at the most. */
  readonly versions: readonly ParameterVersion[];
}

export interface ParameterVersion {
  readonly version: number;
  readonly value: string;
  readonly description: string | undefined;
  readonly allowedPattern: string | undefined;
  readonly dataType: string;
  readonly keyId: string | undefined;
  readonly modifiedBy: string;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export const parameterType = resourceType<Parameter>('AWS::SSM::Parameter');

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
export const parameterNotFound = (name: string): AwsError =>
  new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
export const parameterVersionNotFound = (name: string, version: string): AwsError =>
  new AwsError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
  );
export const parameterAlreadyExists = (): AwsError =>
  new AwsError(
    'ParameterAlreadyExists',
    'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
  );
export const validation = (message: string): AwsError => new AwsError('ValidationException', message);
export const patternMismatch = (name: string): AwsError =>
  new AwsError(
    'ParameterPatternMismatchException',
    `Parameter value, cannot be validated against allowedPattern: ${name}`,
  );

/** A parameter that AWS publishes in every region: not stored, not listed among the account's own. */
export interface PublicParameter {
  readonly name: string;
  readonly value: string;
  readonly dataType: string;
}
