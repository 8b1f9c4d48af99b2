import type { Store } from '#/store/store.ts';
import {
  dbClusterParameterGroupType,
  dbParameterGroupType,
} from '#/services/rds/db-parameter-group/resource.ts';

/** The server variables of a cluster's and an instance's parameter groups; the instance's win. */
export function parametersOf(
  store: Store,
  clusterGroupName: string | undefined,
  groupName: string,
): Readonly<Record<string, string>> {
  const cluster =
    clusterGroupName === undefined ? undefined : store.get(dbClusterParameterGroupType, clusterGroupName);
  return { ...cluster?.spec.parameters, ...store.get(dbParameterGroupType, groupName)?.spec.parameters };
}

/** AWS's own group of a family, which is there without being made. */
export function defaultGroupName(family: string): string {
  return `default.${family}`;
}
