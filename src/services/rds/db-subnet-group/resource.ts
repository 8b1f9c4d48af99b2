import { resourceType, type Resource } from '#/store/resource.ts';

/** Its id is its name, in lower case. */
export type DbSubnetGroup = Resource<'AWS::RDS::DBSubnetGroup', DbSubnetGroupSpec, null>;

export interface DbSubnetGroupSpec {
  readonly description: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

export const dbSubnetGroupType = resourceType<DbSubnetGroup>('AWS::RDS::DBSubnetGroup');
