import { AwsError } from '#/lib/aws-error.ts';

// The errors of EC2's networking: one function for each code and text, in alphabetical order.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

export function addressInUse(address: string): AwsError {
  return new AwsError('InvalidIPAddress.InUse', `Address ${address} is in use.`);
}

export function addressNotFound(address: string): AwsError {
  return new AwsError('InvalidAddress.NotFound', `Address '${address}' not found.`);
}

export function aclAssociationNotFound(id: string): AwsError {
  return new AwsError('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
}

export function aclEntryExists(ruleNumber: number): AwsError {
  return new AwsError(
    'NetworkAclEntryAlreadyExists',
    `The network acl entry identified by ${ruleNumber} already exists.`,
  );
}

export function aclEntryNotFound(ruleNumber: number): AwsError {
  return new AwsError(
    'InvalidNetworkAclEntry.NotFound',
    `The network acl entry identified by ${ruleNumber} does not exist.`,
  );
}

export function allocationNotFound(id: string): AwsError {
  return new AwsError('InvalidAllocationID.NotFound', `The allocation ID '${id}' does not exist`);
}

export function associationNotFound(id: string): AwsError {
  return new AwsError('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`);
}

export function attachmentNotFound(id: string): AwsError {
  return new AwsError('InvalidAttachmentID.NotFound', `The attachment ID '${id}' does not exist`);
}

export function cannotDeleteDefaultGroup(id: string): AwsError {
  return new AwsError(
    'CannotDelete',
    `the specified group: "${id}" name: "default" cannot be deleted by a user`,
  );
}

export function cidrConflict(cidrBlock: string): AwsError {
  return new AwsError('InvalidSubnet.Conflict', `The CIDR '${cidrBlock}' conflicts with another subnet`);
}

export function defaultVpcExists(): AwsError {
  return new AwsError(
    'DefaultVpcAlreadyExists',
    'A Default VPC already exists for this account in this region.',
  );
}

/** `what` is EC2's word for it, `subnet` or `routeTable`. */
export function dependencyViolation(what: string, id: string): AwsError {
  return new AwsError('DependencyViolation', `The ${what} '${id}' has dependencies and cannot be deleted.`);
}

export function dhcpOptionsNotFound(id: string): AwsError {
  return new AwsError('InvalidDhcpOptionID.NotFound', `The dhcpOption ID '${id}' does not exist`);
}

export function gatewayMissing(vpcId: string): AwsError {
  return new AwsError('Gateway.NotAttached', `Network ${vpcId} is not attached to any internet gateway`);
}

export function gatewayNotAttached(id: string, vpcId: string): AwsError {
  return new AwsError('Gateway.NotAttached', `resource ${id} is not attached to network ${vpcId}`);
}

export function groupDuplicate(groupName: string, vpcId: string): AwsError {
  return new AwsError(
    'InvalidGroup.Duplicate',
    `The security group '${groupName}' already exists for VPC '${vpcId}'`,
  );
}

export function groupHasDependents(id: string): AwsError {
  return new AwsError('DependencyViolation', `resource ${id} has a dependent object`);
}

export function groupIdMalformed(id: string): AwsError {
  return new AwsError('InvalidGroupId.Malformed', `The security group ID '${id}' is malformed`);
}

export function groupNotFound(idOrName: string): AwsError {
  return new AwsError('InvalidGroup.NotFound', `The security group '${idOrName}' does not exist`);
}

export function insufficientFreeAddresses(subnetId: string): AwsError {
  return new AwsError(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of addresses.`,
  );
}

export function insufficientPublicAddresses(): AwsError {
  return new AwsError(
    'InsufficientAddressCapacity',
    'There are not enough public addresses available to satisfy the request.',
  );
}

export function instanceNotFound(id: string): AwsError {
  return new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
}

export function internetGatewayNotFound(id: string): AwsError {
  return new AwsError('InvalidInternetGatewayID.NotFound', `The internetGateway ID '${id}' does not exist`);
}

export function invalidParameterCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message);
}

export function invalidParameterValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

export function invalidCidr(parameter: string, value: string): AwsError {
  return new AwsError(
    'InvalidParameterValue',
    `Value (${value}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`,
  );
}

export function missingParameter(name: string): AwsError {
  return new AwsError('MissingParameter', `The request must contain the parameter ${name}`);
}

export function natGatewayNotFound(id: string): AwsError {
  return new AwsError('NatGatewayNotFound', `NatGateway ${id} was not found`);
}

export function networkAclNotFound(id: string): AwsError {
  return new AwsError('InvalidNetworkAclID.NotFound', `The networkAcl ID '${id}' does not exist`);
}

export function networkInterfaceInUse(id: string): AwsError {
  return new AwsError('InvalidParameterValue', `Network interface '${id}' is currently in use.`);
}

export function networkInterfaceNotFound(id: string): AwsError {
  return new AwsError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);
}

export function notYours(): AwsError {
  return new AwsError('AuthFailure', 'You do not have permission to access the specified resource.');
}

export function operationNotPermitted(message: string): AwsError {
  return new AwsError('OperationNotPermitted', message);
}

export function permissionDuplicate(rule: string): AwsError {
  return new AwsError('InvalidPermission.Duplicate', `the specified rule "${rule}" already exists`);
}

export function permissionNotFound(): AwsError {
  return new AwsError(
    'InvalidPermission.NotFound',
    'The specified rule does not exist in this security group.',
  );
}

export function resourceAlreadyAssociated(message: string): AwsError {
  return new AwsError('Resource.AlreadyAssociated', message);
}

export function routeExists(destination: string): AwsError {
  return new AwsError('RouteAlreadyExists', `The route identified by ${destination} already exists.`);
}

export function routeNotFound(destination: string, routeTableId: string): AwsError {
  return new AwsError(
    'InvalidRoute.NotFound',
    `no route with destination-cidr-block ${destination} in route table ${routeTableId}`,
  );
}

export function routeTableNotFound(id: string): AwsError {
  return new AwsError('InvalidRouteTableID.NotFound', `The routeTable ID '${id}' does not exist`);
}

export function securityGroupRuleNotFound(id: string): AwsError {
  return new AwsError(
    'InvalidSecurityGroupRuleId.NotFound',
    `The security group rule ID '${id}' does not exist`,
  );
}

export function subnetNotFound(id: string): AwsError {
  return new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
}

export function subnetRange(cidrBlock: string): AwsError {
  return new AwsError('InvalidSubnet.Range', `The CIDR '${cidrBlock}' is invalid.`);
}

export function unsupportedOperation(message: string): AwsError {
  return new AwsError('UnsupportedOperation', message);
}

export function vpcNotFound(id: string): AwsError {
  return new AwsError('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`);
}

export function vpcRange(cidrBlock: string): AwsError {
  return new AwsError('InvalidVpc.Range', `The CIDR '${cidrBlock}' is invalid.`);
}
