import { AwsError } from '#/lib/aws-error.ts';

// Codes and texts: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html

/** The request is wrong, in AWS's words. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** There is no group of this name. AWS says no more than this. */
export function groupNotFound(): AwsError {
  return validationError('AutoScalingGroup name not found - null');
}

/** There is a group of this name. */
export function groupExists(name: string): AwsError {
  return new AwsError(
    'AlreadyExists',
    `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`,
  );
}

/** The group still has instances. */
export function groupInUse(): AwsError {
  return new AwsError(
    'ResourceInUse',
    'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
  );
}

/** The instance belongs to no group. */
export function memberNotFound(instanceId: string): AwsError {
  return validationError(`Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
}

/** The instance is of another group. */
export function notPartOfGroup(instanceId: string, groupName: string): AwsError {
  return validationError(`The instance ${instanceId} is not part of Auto Scaling group ${groupName}.`);
}

/** There is a launch configuration of this name. */
export function launchConfigurationExists(name: string): AwsError {
  return new AwsError(
    'AlreadyExists',
    `Launch Configuration by this name already exists - A launch configuration already exists with the name ${name}`,
  );
}

/** There is no launch configuration of this name. */
export function launchConfigurationNotFound(): AwsError {
  return validationError('Launch configuration name not found - null');
}

/** A group uses the launch configuration. */
export function launchConfigurationInUse(name: string, groupName: string): AwsError {
  return new AwsError(
    'ResourceInUse',
    `Cannot delete launch configuration ${name} because it is attached to AutoScalingGroup ${groupName}`,
  );
}
