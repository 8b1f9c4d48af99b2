import { AwsError } from '#/lib/aws-error.ts';

// Codes and texts: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

/** DryRun was asked for and everything was in order. */
export function dryRunOperation(): AwsError {
  return new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', {
    status: 412,
  });
}

/** One or several instances are unknown. */
export function instancesNotFound(ids: readonly string[]): AwsError {
  return new AwsError(
    'InvalidInstanceID.NotFound',
    ids.length === 1
      ? `The instance ID '${ids[0]}' does not exist`
      : `The instance IDs '${ids.join(', ')}' do not exist`,
  );
}

/** The text is no instance id at all. */
export function instanceIdMalformed(id: string): AwsError {
  return new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
}

/** The instance is not in a state that the operation (`started`, `stopped`) starts from. */
export function incorrectInstanceState(id: string, participle: string): AwsError {
  return new AwsError(
    'IncorrectInstanceState',
    `The instance '${id}' is not in a state from which it can be ${participle}.`,
  );
}

/** The instance may only be changed this way while it is stopped. */
export function instanceNotStopped(id: string): AwsError {
  return new AwsError('IncorrectInstanceState', `The instance '${id}' is not in the 'stopped' state.`);
}

/** `disableApiTermination` or `disableApiStop` forbids it. */
export function operationNotPermitted(id: string, participle: string, attribute: string): AwsError {
  return new AwsError(
    'OperationNotPermitted',
    `The instance '${id}' may not be ${participle}. Modify its '${attribute}' instance attribute and try again.`,
  );
}

/** The image is unknown. */
export function imageNotFound(id: string): AwsError {
  return new AwsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
}

/** The text is no image id at all. */
export function imageIdMalformed(id: string): AwsError {
  return new AwsError('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
}

/** Neither a subnet was given nor is there a default VPC. */
export function defaultVpcMissing(): AwsError {
  return new AwsError(
    'VPCIdNotSpecified',
    'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
  );
}

/** The default VPC has no subnet to launch into. */
export function defaultSubnetMissing(vpcId: string): AwsError {
  return new AwsError(
    'MissingInput',
    `No subnets found for the default VPC '${vpcId}'. Please specify a subnet.`,
  );
}

/** The client token was used before, with other parameters. */
export function idempotentParameterMismatch(): AwsError {
  return new AwsError(
    'IdempotentParameterMismatch',
    'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
  );
}

/** The instance profile is unknown to IAM. */
export function instanceProfileInvalid(value: string, member: 'name' | 'arn'): AwsError {
  return new AwsError(
    'InvalidParameterValue',
    `Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${
      member === 'name' ? 'name' : 'ARN'
    }`,
  );
}

/** The key pair is unknown. */
export function keyPairNotFound(name: string): AwsError {
  return new AwsError('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`);
}

/** There is a key pair of this name. */
export function keyPairDuplicate(name: string): AwsError {
  return new AwsError('InvalidKeyPair.Duplicate', `The keypair already exists: ${name}`);
}

/** The public key cannot be read. */
export function keyFormatInvalid(): AwsError {
  return new AwsError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
}

/** The launch template id is unknown. */
export function launchTemplateIdNotFound(id: string): AwsError {
  return new AwsError(
    'InvalidLaunchTemplateId.NotFound',
    `The specified launch template, with template ID ${id}, does not exist.`,
  );
}

/** The launch template name is unknown. */
export function launchTemplateNameNotFound(name: string): AwsError {
  return new AwsError(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/** A listing by names names one that is unknown. */
export function launchTemplateNamesNotFound(): AwsError {
  return new AwsError(
    'InvalidLaunchTemplateName.NotFoundException',
    'At least one of the launch templates specified in the request does not exist.',
  );
}

/** There is a launch template of this name. */
export function launchTemplateNameTaken(): AwsError {
  return new AwsError(
    'InvalidLaunchTemplateName.AlreadyExistsException',
    'Launch template name already in use.',
  );
}

/** The template has no such version. */
export function launchTemplateVersionNotFound(templateId: string, version: string): AwsError {
  return new AwsError(
    'InvalidLaunchTemplateId.VersionNotFound',
    `Could not find the specified version ${version} for the launch template with ID ${templateId}.`,
  );
}

/** Instance types that do not exist in the region. */
export function instanceTypesInvalid(names: readonly string[]): AwsError {
  return new AwsError(
    'InvalidInstanceType',
    `The following supplied instance types do not exist: [${names.join(', ')}]`,
  );
}

/** Volumes that are not there. */
export function volumeNotFound(id: string): AwsError {
  return new AwsError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
}
