import { resourceType, type Resource } from '#/store/resource.ts';

/** Their ids are their names, in lower case. */
export type DbParameterGroup = Resource<'AWS::RDS::DBParameterGroup', ParameterGroupSpec, null>;
export type DbClusterParameterGroup = Resource<'AWS::RDS::DBClusterParameterGroup', ParameterGroupSpec, null>;

export interface ParameterGroupSpec {
  readonly family: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const dbParameterGroupType = resourceType<DbParameterGroup>('AWS::RDS::DBParameterGroup');
export const dbClusterParameterGroupType = resourceType<DbClusterParameterGroup>(
  'AWS::RDS::DBClusterParameterGroup',
);
