import { AwsError } from '#/lib/aws-error.ts';

// Codes: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html and each operation's page.

export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

export function loadBalancerNotFound(arnOrName: string): AwsError {
  return arnOrName.startsWith('arn:')
    ? new AwsError('LoadBalancerNotFound', `Load balancer '${arnOrName}' not found`)
    : new AwsError('LoadBalancerNotFound', `Load balancers '[${arnOrName}]' not found`);
}

export function targetGroupNotFound(arn: string): AwsError {
  return arn.startsWith('arn:')
    ? new AwsError('TargetGroupNotFound', `Target group '${arn}' not found`)
    : new AwsError('TargetGroupNotFound', 'One or more target groups not found');
}

export function listenerNotFound(): AwsError {
  return new AwsError('ListenerNotFound', 'One or more listeners not found');
}

export function ruleNotFound(): AwsError {
  return new AwsError('RuleNotFound', 'One or more rules not found');
}

export function duplicateLoadBalancerName(name: string): AwsError {
  return new AwsError(
    'DuplicateLoadBalancerName',
    `A load balancer with the same name '${name}' exists, but with different settings`,
  );
}

export function duplicateTargetGroupName(name: string): AwsError {
  return new AwsError(
    'DuplicateTargetGroupName',
    `A target group with the same name '${name}' exists, but with different settings`,
  );
}

export function duplicateListener(): AwsError {
  return new AwsError('DuplicateListener', 'A listener already exists on this port for this load balancer');
}

export function subnetNotFound(subnetId: string): AwsError {
  return new AwsError('SubnetNotFound', `The subnet ID '${subnetId}' is not valid`);
}

export function invalidSecurityGroup(groupId: string): AwsError {
  return new AwsError('InvalidSecurityGroup', `The security group ID '${groupId}' is not valid`);
}

export function invalidConfiguration(message: string): AwsError {
  return new AwsError('InvalidConfigurationRequest', message);
}

export function unsupported(message: string): AwsError {
  return new AwsError('UnsupportedFeature', message);
}

export function priorityInUse(priority: number): AwsError {
  return new AwsError('PriorityInUse', `Priority '${priority}' is currently in use`);
}

export function resourceInUse(message: string): AwsError {
  return new AwsError('ResourceInUse', message);
}

export function operationNotPermitted(message: string): AwsError {
  return new AwsError('OperationNotPermitted', message);
}

export function invalidTarget(message: string): AwsError {
  return new AwsError('InvalidTarget', message);
}

export function targetGroupAssociationLimit(arn: string): AwsError {
  return new AwsError(
    'TargetGroupAssociationLimit',
    `The following target groups cannot be associated with more than one load balancer: ${arn}`,
  );
}

export function tooMany(
  what: 'LoadBalancers' | 'Listeners' | 'Rules' | 'TargetGroups' | 'Targets',
): AwsError {
  const noun = what.replaceAll(/(?!^)([A-Z])/g, ' $1').toLowerCase();
  return new AwsError(`TooMany${what}`, `The maximum number of ${noun} has been reached`);
}
