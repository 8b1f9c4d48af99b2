import { AwsError } from '#/lib/aws-error.ts';

/** Whatever CloudFormation finds wrong with a request or a template. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

export function stackNotFound(name: string): AwsError {
  return validationError(`Stack with id ${name} does not exist`);
}

export function stackAlreadyExists(name: string): AwsError {
  return new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
}

export function changeSetNotFound(name: string): AwsError {
  return new AwsError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, { status: 404 });
}

export function invalidChangeSetStatus(message: string): AwsError {
  return new AwsError('InvalidChangeSetStatus', message);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html#using-iam-capabilities */
export function insufficientCapabilities(capabilities: readonly string[]): AwsError {
  return new AwsError(
    'InsufficientCapabilitiesException',
    `Requires capabilities : [${capabilities.join(', ')}]`,
  );
}

export function templateFormatError(detail: string): AwsError {
  return validationError(`Template format error: ${detail}`);
}

export function templateError(detail: string): AwsError {
  return validationError(`Template error: ${detail}`);
}

export function templateValidationError(detail: string): AwsError {
  return validationError(`Template validation error: ${detail}`);
}

export function noUpdates(): AwsError {
  return validationError('No updates are to be performed.');
}

export function changeSetAlreadyExists(id: string): AwsError {
  return new AwsError('AlreadyExistsException', `ChangeSet ${id} already exists`);
}
