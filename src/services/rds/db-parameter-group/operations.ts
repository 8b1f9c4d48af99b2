import type { DBClusterParameterGroup, DBParameterGroup, Parameter } from '@aws-sdk/client-rds';
import type { Context, Handlers } from '#/services/contract.ts';
import type { Resource, ResourceType } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import { dbClusterType } from '#/services/rds/db-cluster/resource.ts';
import { dbInstanceType } from '#/services/rds/db-instance/resource.ts';
import {
  dbClusterParameterGroupType,
  dbParameterGroupType,
  type DbClusterParameterGroup,
  type DbParameterGroup,
  type ParameterGroupSpec,
} from '#/services/rds/db-parameter-group/resource.ts';
import { engineVersions } from '#/services/rds/engines.ts';
import {
  clusterParameterGroupNotFound,
  invalidValue,
  parameterGroupAlreadyExists,
  parameterGroupNotFound,
  parameterGroupState,
} from '#/services/rds/errors.ts';
import { rdsArn, requireIdentifier } from '#/services/rds/names.ts';
import { page } from '#/services/rds/pages.ts';
import { toTags } from '#/services/rds/tags.ts';

type Group = Resource<string, ParameterGroupSpec, null>;

export const dbParameterGroupOperations = {
  CreateDBParameterGroup({ DBParameterGroupName, DBParameterGroupFamily, Description, Tags }, context) {
    const spec = newSpec(DBParameterGroupFamily, Description);
    const id = newName(context.store, dbParameterGroupType, 'DBParameterGroupName', DBParameterGroupName);
    const group = context.store.create(dbParameterGroupType, { id, spec, status: null, tags: toTags(Tags) });
    return { DBParameterGroup: toDbParameterGroup(context, group) };
  },
  ModifyDBParameterGroup({ DBParameterGroupName, Parameters }, { store }) {
    const group = requireDbParameterGroup(store, DBParameterGroupName);
    modify(store, group, Parameters);
    return { DBParameterGroupName: group.id };
  },
  DeleteDBParameterGroup({ DBParameterGroupName }, { store }) {
    const group = requireDbParameterGroup(store, DBParameterGroupName);
    const isUsed = store.listAny(dbInstanceType).some(({ spec }) => spec.parameterGroupName === group.id);
    remove(store, group, isUsed);
    return {};
  },
  DescribeDBParameterGroups({ DBParameterGroupName, ...rest }, context) {
    makeDefaults(context.store);
    const groups =
      DBParameterGroupName === undefined
        ? context.store.list(dbParameterGroupType)
        : [requireDbParameterGroup(context.store, DBParameterGroupName)];
    const { items, next } = page(groups, rest);
    return { DBParameterGroups: items.map((group) => toDbParameterGroup(context, group)), ...next };
  },
  DescribeDBParameters({ DBParameterGroupName, ...rest }, { store }) {
    const { items, next } = page(toParameters(requireDbParameterGroup(store, DBParameterGroupName)), rest);
    return { Parameters: items, ...next };
  },

  CreateDBClusterParameterGroup(input, context) {
    const { DBClusterParameterGroupName, DBParameterGroupFamily, Description, Tags } = input;
    const spec = newSpec(DBParameterGroupFamily, Description);
    const name = DBClusterParameterGroupName;
    const id = newName(context.store, dbClusterParameterGroupType, 'DBClusterParameterGroupName', name);
    const group = context.store.create(dbClusterParameterGroupType, {
      id,
      spec,
      status: null,
      tags: toTags(Tags),
    });
    return { DBClusterParameterGroup: toDbClusterParameterGroup(context, group) };
  },
  ModifyDBClusterParameterGroup({ DBClusterParameterGroupName, Parameters }, { store }) {
    const group = requireDbClusterParameterGroup(store, DBClusterParameterGroupName);
    modify(store, group, Parameters);
    return { DBClusterParameterGroupName: group.id };
  },
  DeleteDBClusterParameterGroup({ DBClusterParameterGroupName }, { store }) {
    const group = requireDbClusterParameterGroup(store, DBClusterParameterGroupName);
    const isUsed = store.listAny(dbClusterType).some(({ spec }) => spec.parameterGroupName === group.id);
    remove(store, group, isUsed);
    return {};
  },
  DescribeDBClusterParameterGroups({ DBClusterParameterGroupName, ...rest }, context) {
    makeDefaults(context.store);
    const groups =
      DBClusterParameterGroupName === undefined
        ? context.store.list(dbClusterParameterGroupType)
        : [requireDbClusterParameterGroup(context.store, DBClusterParameterGroupName)];
    const { items, next } = page(groups, rest);
    return {
      DBClusterParameterGroups: items.map((group) => toDbClusterParameterGroup(context, group)),
      ...next,
    };
  },
  DescribeDBClusterParameters({ DBClusterParameterGroupName, ...rest }, { store }) {
    const group = requireDbClusterParameterGroup(store, DBClusterParameterGroupName);
    const { items, next } = page(toParameters(group), rest);
    return { Parameters: items, ...next };
  },
} satisfies Handlers<RdsApi>;

export function requireDbParameterGroup(store: Store, name: string): DbParameterGroup {
  makeDefaults(store);
  const group = store.get(dbParameterGroupType, name.toLowerCase());
  if (!group) throw parameterGroupNotFound(name);
  return group;
}

export function requireDbClusterParameterGroup(store: Store, name: string): DbClusterParameterGroup {
  makeDefaults(store);
  const group = store.get(dbClusterParameterGroupType, name.toLowerCase());
  if (!group) throw clusterParameterGroupNotFound(name);
  return group;
}

/** AWS has a default group for each family without anyone's making it. */
function makeDefaults(store: Store): void {
  for (const { family } of engineVersions) {
    const id = `default.${family}`;
    const spec = { family, description: `Default parameter group for ${family}`, parameters: {} };
    if (!store.get(dbParameterGroupType, id)) store.create(dbParameterGroupType, { id, spec, status: null });
    if (family.startsWith('aurora') && !store.get(dbClusterParameterGroupType, id))
      store.create(dbClusterParameterGroupType, {
        id,
        spec: { ...spec, description: `Default cluster parameter group for ${family}` },
        status: null,
      });
  }
}

function newSpec(family: string | undefined, description: string | undefined): ParameterGroupSpec {
  if (!engineVersions.some((each) => each.family === family))
    throw invalidValue(`ParameterGroupFamily ${family} is not a valid parameter group family`);
  return { family: family ?? '', description: description ?? '', parameters: {} };
}

function newName<R extends Group>(
  store: Store,
  type: ResourceType<R>,
  parameter: string,
  name: string | undefined,
): string {
  const id = requireIdentifier(parameter, name ?? '');
  if (store.getAny(type, id)) throw parameterGroupAlreadyExists(id);
  return id;
}

function modify(store: Store, group: Group, parameters: readonly Parameter[] | undefined): void {
  if (group.id.startsWith('default.')) throw invalidValue('You cannot modify the default parameter group.');
  const changes = Object.fromEntries(
    (parameters ?? []).map(({ ParameterName, ParameterValue }) => [
      ParameterName ?? '',
      ParameterValue ?? '',
    ]),
  );
  store.setSpec(group, { ...group.spec, parameters: { ...group.spec.parameters, ...changes } });
}

function remove(store: Store, group: Group, isUsed: boolean): void {
  if (group.id.startsWith('default.'))
    throw parameterGroupState('The default parameter group cannot be deleted.');
  if (isUsed)
    throw parameterGroupState(
      'One or more database instances are still members of this parameter group, so the group cannot be deleted',
    );
  store.remove(group);
}

function toParameters({ spec }: Group): Parameter[] {
  return Object.entries(spec.parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
    Source: 'user',
    IsModifiable: true,
    ApplyMethod: 'pending-reboot',
  }));
}

function toDbParameterGroup(context: Context, { id, spec }: DbParameterGroup): DBParameterGroup {
  return {
    DBParameterGroupName: id,
    DBParameterGroupFamily: spec.family,
    Description: spec.description,
    DBParameterGroupArn: rdsArn(context, 'pg', id),
  };
}

function toDbClusterParameterGroup(
  context: Context,
  { id, spec }: DbClusterParameterGroup,
): DBClusterParameterGroup {
  return {
    DBClusterParameterGroupName: id,
    DBParameterGroupFamily: spec.family,
    Description: spec.description,
    DBClusterParameterGroupArn: rdsArn(context, 'cluster-pg', id),
  };
}
