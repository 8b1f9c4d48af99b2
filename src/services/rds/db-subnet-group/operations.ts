import type { DBSubnetGroup } from '@aws-sdk/client-rds';
import type { Context, Handlers } from '#/services/contract.ts';
import type { Store } from '#/store/store.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import { subnetType, type Subnet } from '#/services/ec2/subnet/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import { dbClusterType } from '#/services/rds/db-cluster/resource.ts';
import { dbInstanceType } from '#/services/rds/db-instance/resource.ts';
import { dbSubnetGroupType, type DbSubnetGroup } from '#/services/rds/db-subnet-group/resource.ts';
import {
  dbSubnetGroupAlreadyExists,
  dbSubnetGroupInUse,
  dbSubnetGroupNotFound,
  invalidNetworkState,
  invalidSubnet,
  invalidValue,
  tooFewZones,
} from '#/services/rds/errors.ts';
import { rdsArn } from '#/services/rds/names.ts';
import { page } from '#/services/rds/pages.ts';
import { toTags } from '#/services/rds/tags.ts';

export const dbSubnetGroupOperations = {
  CreateDBSubnetGroup({ DBSubnetGroupName, DBSubnetGroupDescription, SubnetIds, Tags }, context) {
    const { store } = context;
    const id = DBSubnetGroupName.toLowerCase();
    if (!/^[a-z0-9][a-z0-9 ._-]{0,254}$/.test(id) || id === 'default')
      throw invalidValue(
        `The parameter DBSubnetGroupName is not a valid identifier. Only lowercase letters, numbers, spaces, ` +
          `hyphens, underscores and periods are allowed, and it must not be "default".`,
      );
    if (store.getAny(dbSubnetGroupType, id)) throw dbSubnetGroupAlreadyExists(id);
    const spec = {
      description: DBSubnetGroupDescription,
      ...requireSubnets(store, SubnetIds),
    };
    const group = store.create(dbSubnetGroupType, { id, spec, status: null, tags: toTags(Tags) });
    return { DBSubnetGroup: toDbSubnetGroup(context, group) };
  },

  ModifyDBSubnetGroup({ DBSubnetGroupName, DBSubnetGroupDescription, SubnetIds }, context) {
    const group = requireDbSubnetGroup(context.store, DBSubnetGroupName);
    const spec = {
      ...group.spec,
      ...(DBSubnetGroupDescription === undefined ? {} : { description: DBSubnetGroupDescription }),
      ...requireSubnets(context.store, SubnetIds),
    };
    return { DBSubnetGroup: toDbSubnetGroup(context, context.store.setSpec(group, spec) ?? group) };
  },

  DeleteDBSubnetGroup({ DBSubnetGroupName }, { store }) {
    const group = requireDbSubnetGroup(store, DBSubnetGroupName);
    const [user] = [
      ...store.listAnyBy(dbInstanceType, 'subnetGroupName', group.id),
      ...store.listAnyBy(dbClusterType, 'subnetGroupName', group.id),
    ];
    if (user) throw dbSubnetGroupInUse(group.id, user.id);
    store.remove(group);
    return {};
  },

  DescribeDBSubnetGroups({ DBSubnetGroupName, ...rest }, context) {
    const groups =
      DBSubnetGroupName === undefined
        ? context.store.list(dbSubnetGroupType)
        : [requireDbSubnetGroup(context.store, DBSubnetGroupName)];
    const { items, next } = page(groups, rest);
    return { DBSubnetGroups: items.map((group) => toDbSubnetGroup(context, group)), ...next };
  },
} satisfies Handlers<RdsApi>;

export function requireDbSubnetGroup(store: Store, name: string): DbSubnetGroup {
  const group = store.get(dbSubnetGroupType, name.toLowerCase());
  if (!group) throw dbSubnetGroupNotFound(name);
  return group;
}

/** The group named, or AWS's `default`, made of the default VPC's subnets when it is first needed. */
export function requireGroupOrDefault(context: Context, name: string | undefined): DbSubnetGroup {
  const { store } = context;
  if (name !== undefined && name !== 'default') return requireDbSubnetGroup(store, name);
  const found = store.get(dbSubnetGroupType, 'default');
  if (found) return found;
  const vpc = store.list(vpcType).find(({ spec }) => spec.isDefault);
  const subnets = vpc
    ? store.listBy(subnetType, 'vpcId', vpc.id).filter(({ spec }) => spec.isDefaultForAz)
    : [];
  if (!vpc || subnets.length === 0)
    throw invalidNetworkState(
      'No default subnet detected in VPC. Please contact AWS Support to recreate the default Subnets',
    );
  const spec = { description: 'default', vpcId: vpc.id, subnetIds: subnets.map(({ id }) => id) };
  return store.create(dbSubnetGroupType, { id: 'default', spec, status: null });
}

/** The group's subnets that are there. */
export function subnetsOf(store: Store, group: DbSubnetGroup): readonly Subnet[] {
  return group.spec.subnetIds.flatMap((id) => store.get(subnetType, id) ?? []);
}

export function toDbSubnetGroup(context: Context, group: DbSubnetGroup): DBSubnetGroup {
  const { spec, id } = group;
  return {
    DBSubnetGroupName: id,
    DBSubnetGroupDescription: spec.description,
    VpcId: spec.vpcId,
    SubnetGroupStatus: 'Complete',
    Subnets: subnetsOf(context.store, group).map((subnet) => ({
      SubnetIdentifier: subnet.id,
      SubnetAvailabilityZone: { Name: subnet.spec.availabilityZone },
      SubnetOutpost: {},
      SubnetStatus: 'Active',
    })),
    DBSubnetGroupArn: rdsArn(context, 'subgrp', id),
    SupportedNetworkTypes: ['IPV4'],
  };
}

function requireSubnets(
  store: Store,
  ids: readonly string[],
): { vpcId: string; subnetIds: readonly string[] } {
  const subnetIds = [...new Set(ids)];
  const subnets = subnetIds.flatMap((id) => store.get(subnetType, id) ?? []);
  const missing = subnetIds.filter((id) => !subnets.some((subnet) => subnet.id === id));
  if (missing.length > 0 || subnets[0] === undefined)
    throw invalidSubnet(`Some input subnets in :[${subnetIds.join(', ')}] are invalid.`);
  const vpcIds = new Set(subnets.map(({ spec }) => spec.vpcId));
  if (vpcIds.size > 1) throw invalidSubnet(`The DB subnet group's subnets must all be in the same VPC.`);
  const zones = [...new Set(subnets.map(({ spec }) => spec.availabilityZone))];
  if (zones.length < 2) throw tooFewZones(zones);
  return { vpcId: subnets[0].spec.vpcId, subnetIds };
}
