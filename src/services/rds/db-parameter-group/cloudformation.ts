import type { Properties, ResourceProvider } from '#/services/contract.ts';
import { tagsOf, textOf, unlessGone } from '#/services/rds/cloudformation.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbparametergroup.html */
export const dbParameterGroupProvider: ResourceProvider = {
  type: 'AWS::RDS::DBParameterGroup',
  create(properties, context) {
    const { rds } = context.call;
    const DBParameterGroupName =
      textOf(properties, 'DBParameterGroupName') ?? context.physicalName(63).toLowerCase();
    rds.CreateDBParameterGroup({
      DBParameterGroupName,
      ...common(properties),
      Tags: tagsOf(properties, context),
    });
    rds.ModifyDBParameterGroup({ DBParameterGroupName, Parameters: parameters(properties) });
    return DBParameterGroupName;
  },
  stability: () => ({ state: 'stable' }),
  update(id, properties, _previous, { call }) {
    call.rds.ModifyDBParameterGroup({ DBParameterGroupName: id, Parameters: parameters(properties) });
    return id;
  },
  delete(id, { call }) {
    unlessGone(() => call.rds.DeleteDBParameterGroup({ DBParameterGroupName: id }));
  },
  attributes: (id) => ({ DBParameterGroupName: id }),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbclusterparametergroup.html */
export const dbClusterParameterGroupProvider: ResourceProvider = {
  type: 'AWS::RDS::DBClusterParameterGroup',
  create(properties, context) {
    const { rds } = context.call;
    const DBClusterParameterGroupName =
      textOf(properties, 'DBClusterParameterGroupName') ?? context.physicalName(63).toLowerCase();
    const Tags = tagsOf(properties, context);
    rds.CreateDBClusterParameterGroup({ DBClusterParameterGroupName, ...common(properties), Tags });
    rds.ModifyDBClusterParameterGroup({ DBClusterParameterGroupName, Parameters: parameters(properties) });
    return DBClusterParameterGroupName;
  },
  stability: () => ({ state: 'stable' }),
  update(id, properties, _previous, { call }) {
    call.rds.ModifyDBClusterParameterGroup({
      DBClusterParameterGroupName: id,
      Parameters: parameters(properties),
    });
    return id;
  },
  delete(id, { call }) {
    unlessGone(() => call.rds.DeleteDBClusterParameterGroup({ DBClusterParameterGroupName: id }));
  },
  attributes: () => ({}),
};

function common(properties: Properties) {
  return {
    DBParameterGroupFamily: textOf(properties, 'Family') ?? '',
    Description: textOf(properties, 'Description') ?? '',
  };
}

function parameters(properties: Properties) {
  const given = properties['Parameters'];
  return Object.entries(typeof given === 'object' && given !== null ? given : {}).map(([name, value]) => ({
    ParameterName: name,
    ParameterValue: String(value),
    ApplyMethod: 'pending-reboot' as const,
  }));
}
