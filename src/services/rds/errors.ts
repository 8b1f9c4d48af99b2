import { AwsError } from '#/lib/aws-error.ts';

// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html and each operation's own list.

export function dbClusterNotFound(id: string): AwsError {
  return new AwsError('DBClusterNotFoundFault', `DBCluster ${id} not found.`, { status: 404 });
}

export function dbClusterAlreadyExists(): AwsError {
  return new AwsError('DBClusterAlreadyExistsFault', 'DB Cluster already exists');
}

export function dbInstanceNotFound(id: string): AwsError {
  return new AwsError('DBInstanceNotFound', `DBInstance ${id} not found.`, { status: 404 });
}

export function dbInstanceAlreadyExists(): AwsError {
  return new AwsError('DBInstanceAlreadyExists', 'DB instance already exists');
}

export function dbSubnetGroupNotFound(name: string): AwsError {
  return new AwsError('DBSubnetGroupNotFoundFault', `DB subnet group '${name}' does not exist.`, {
    status: 404,
  });
}

export function dbSubnetGroupAlreadyExists(name: string): AwsError {
  return new AwsError('DBSubnetGroupAlreadyExists', `The DB subnet group '${name}' already exists.`);
}

export function dbSubnetGroupInUse(name: string, user: string): AwsError {
  return new AwsError(
    'InvalidDBSubnetGroupStateFault',
    `Cannot delete the subnet group '${name}' because at least one database instance: ${user} is still using it.`,
  );
}

export function tooFewZones(zones: readonly string[]): AwsError {
  return new AwsError(
    'DBSubnetGroupDoesNotCoverEnoughAZs',
    `The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: ${zones.join(', ')}. Add subnets to cover at least 2 AZs.`,
  );
}

export function invalidSubnet(message: string): AwsError {
  return new AwsError('InvalidSubnet', message);
}

export function parameterGroupNotFound(name: string): AwsError {
  return new AwsError('DBParameterGroupNotFound', `DBParameterGroup not found: ${name}`, { status: 404 });
}

export function clusterParameterGroupNotFound(name: string): AwsError {
  return new AwsError('DBParameterGroupNotFound', `DBClusterParameterGroup not found: ${name}`, {
    status: 404,
  });
}

export function parameterGroupAlreadyExists(name: string): AwsError {
  return new AwsError('DBParameterGroupAlreadyExists', `Parameter group ${name} already exists`);
}

export function parameterGroupState(message: string): AwsError {
  return new AwsError('InvalidDBParameterGroupState', message);
}

export function invalidClusterState(message: string): AwsError {
  return new AwsError('InvalidDBClusterStateFault', message);
}

export function invalidInstanceState(message: string): AwsError {
  return new AwsError('InvalidDBInstanceState', message);
}

export function invalidNetworkState(message: string): AwsError {
  return new AwsError('InvalidVPCNetworkStateFault', message);
}

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

export function invalidCombination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message);
}
