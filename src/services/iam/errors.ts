import { AwsError } from '#/lib/aws-error.ts';

// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and the operations' own pages
export const roleNotFound = (name: string): AwsError =>
  new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, { status: 404 });
export const rolePolicyNotFound = (policyName: string): AwsError =>
  new AwsError('NoSuchEntity', `The role policy with name ${policyName} cannot be found.`, { status: 404 });
export const policyNotFound = (arn: string): AwsError =>
  new AwsError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`, { status: 404 });
export const policyVersionNotFound = (arn: string, versionId: string): AwsError =>
  new AwsError('NoSuchEntity', `Policy ${arn} version ${versionId} does not exist or is not attachable.`, {
    status: 404,
  });
export const attachmentNotFound = (arn: string): AwsError =>
  new AwsError('NoSuchEntity', `Policy ${arn} was not found.`, { status: 404 });
export const instanceProfileNotFound = (name: string): AwsError =>
  new AwsError('NoSuchEntity', `Instance Profile ${name} cannot be found.`, { status: 404 });
export const userNotFound = (name: string): AwsError =>
  new AwsError('NoSuchEntity', `The user with name ${name} cannot be found.`, { status: 404 });
export const accessKeyNotFound = (id: string): AwsError =>
  new AwsError('NoSuchEntity', `The Access Key with id ${id} cannot be found.`, { status: 404 });
export const alreadyExists = (what: string, name: string): AwsError =>
  new AwsError('EntityAlreadyExists', `${what} with name ${name} already exists.`, { status: 409 });
export const instanceProfileAlreadyExists = (name: string): AwsError =>
  new AwsError('EntityAlreadyExists', `Instance Profile ${name} already exists.`, { status: 409 });
export const policyAlreadyExists = (name: string): AwsError =>
  new AwsError(
    'EntityAlreadyExists',
    `A policy called ${name} already exists. Duplicate names are not allowed.`,
    { status: 409 },
  );
export const deleteConflict = (message: string): AwsError =>
  new AwsError('DeleteConflict', message, { status: 409 });
export const limitExceeded = (message: string): AwsError =>
  new AwsError('LimitExceeded', message, { status: 409 });
export const malformedPolicy = (): AwsError =>
  new AwsError('MalformedPolicyDocument', 'This policy contains invalid Json', { status: 400 });
