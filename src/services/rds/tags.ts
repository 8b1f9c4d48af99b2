import type { Tag } from '@aws-sdk/client-rds';
import type { Handlers } from '#/services/contract.ts';
import type { Resource, Tags } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import { dbClusterType } from '#/services/rds/db-cluster/resource.ts';
import { dbInstanceType } from '#/services/rds/db-instance/resource.ts';
import {
  dbClusterParameterGroupType,
  dbParameterGroupType,
} from '#/services/rds/db-parameter-group/resource.ts';
import { dbSubnetGroupType } from '#/services/rds/db-subnet-group/resource.ts';

const typesByArn = new Map<string, (store: Store, name: string) => Resource | undefined>([
  ['cluster', (store, name) => store.getAny(dbClusterType, name)],
  ['db', (store, name) => store.getAny(dbInstanceType, name)],
  ['subgrp', (store, name) => store.get(dbSubnetGroupType, name)],
  ['pg', (store, name) => store.get(dbParameterGroupType, name)],
  ['cluster-pg', (store, name) => store.get(dbClusterParameterGroupType, name)],
]);

export const tagOperations = {
  AddTagsToResource({ ResourceName, Tags }, { store }) {
    const resource = requireResource(store, ResourceName);
    store.setTags(resource, { ...resource.tags, ...toTags(Tags) });
    return {};
  },
  RemoveTagsFromResource({ ResourceName, TagKeys }, { store }) {
    const resource = requireResource(store, ResourceName);
    const gone = new Set(TagKeys);
    store.setTags(
      resource,
      Object.fromEntries(Object.entries(resource.tags).filter(([key]) => !gone.has(key))),
    );
    return {};
  },
  ListTagsForResource({ ResourceName }, { store }) {
    return { TagList: toTagList(requireResource(store, ResourceName).tags) };
  },
} satisfies Handlers<RdsApi>;

export function toTags(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

export function toTagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function requireResource(store: Store, arn: string | undefined): Resource {
  const [, , , , , type = '', name = ''] = (arn ?? '').split(':');
  const found = typesByArn.get(type)?.(store, name.toLowerCase());
  if (!found)
    throw new AwsError(
      'InvalidParameterValue',
      `The specified resource name does not match an RDS resource in this region.`,
    );
  return found;
}
