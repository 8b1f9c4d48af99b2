import type { DBCluster } from '@aws-sdk/client-rds';
import { randomText } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import type { Store } from '#/store/store.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { dbClusterType, type DbCluster, type DbClusterSpec } from '#/services/rds/db-cluster/resource.ts';
import { setSecurityGroups } from '#/services/rds/db-instance/network.ts';
import { dbInstanceType, type DbInstance } from '#/services/rds/db-instance/resource.ts';
import { requireDbClusterParameterGroup } from '#/services/rds/db-parameter-group/operations.ts';
import { defaultGroupName } from '#/services/rds/db-parameter-group/parameters.ts';
import { requireGroupOrDefault, subnetsOf } from '#/services/rds/db-subnet-group/operations.ts';
import { requireEngineVersion } from '#/services/rds/engines.ts';
import {
  dbClusterAlreadyExists,
  dbClusterNotFound,
  invalidClusterState,
  invalidCombination,
  invalidValue,
} from '#/services/rds/errors.ts';
import { clusterEndpoint, rdsArn, readerEndpoint, requireIdentifier } from '#/services/rds/names.ts';
import { nameOfArn, page, passes } from '#/services/rds/pages.ts';
import { newMasterPassword, requireMasterUser, requirePassword } from '#/services/rds/master-user.ts';
import { noServers } from '#/services/rds/servers/resource.ts';
import { toTagList, toTags } from '#/services/rds/tags.ts';

const resourceIdAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export const dbClusterOperations = {
  CreateDBCluster(input, context) {
    const { store, random } = context;
    const id = requireIdentifier('DBClusterIdentifier', input.DBClusterIdentifier);
    const { engine, version, family } = requireEngineVersion(input.Engine, input.EngineVersion);
    if (engine !== 'aurora-mysql')
      throw invalidCombination(`The engine ${engine} is not supported for DB clusters in this region.`);
    if (store.getAny(dbClusterType, id)) throw dbClusterAlreadyExists();
    const subnetGroup = requireGroupOrDefault(context, input.DBSubnetGroupName);
    const securityGroupIds = requireSecurityGroups(store, input.VpcSecurityGroupIds, subnetGroup.spec.vpcId);
    const master = newMasterPassword(context, `cluster-${id}`, input);
    const spec: DbClusterSpec = {
      resourceId: `cluster-${randomText(random, resourceIdAlphabet, 26)}`,
      engine,
      engineVersion: version,
      databaseName: input.DatabaseName,
      masterUsername: requireMasterUser(input.MasterUsername),
      masterUserPassword: master.password,
      masterUserSecretArn: master.secretArn,
      passwordGeneration: 1,
      port: input.Port ?? 3306,
      subnetGroupName: subnetGroup.id,
      securityGroupIds,
      parameterGroupName: requireDbClusterParameterGroup(
        store,
        input.DBClusterParameterGroupName ?? defaultGroupName(family),
      ).id,
      availabilityZones:
        input.AvailabilityZones ??
        [...new Set(subnetsOf(store, subnetGroup).map((subnet) => subnet.spec.availabilityZone))].toSorted(),
      backupRetentionPeriod: input.BackupRetentionPeriod ?? 1,
      preferredBackupWindow: input.PreferredBackupWindow ?? '02:14-02:44',
      preferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? 'sun:04:11-sun:04:41',
      storageEncrypted: input.StorageEncrypted ?? false,
      deletionProtection: input.DeletionProtection ?? false,
      copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
      isStopped: false,
      failover: { count: 0, target: undefined },
    };
    const status = { ...noServers, state: 'creating' } as const;
    const cluster = store.create(dbClusterType, { id, spec, status, tags: toTags(input.Tags) });
    return { DBCluster: toDbCluster(context, cluster) };
  },

  DescribeDBClusters({ DBClusterIdentifier, Filters, ...rest }, context) {
    const { store } = context;
    const clusters = DBClusterIdentifier
      ? [requireVisible(store, DBClusterIdentifier)]
      : store.listAny(dbClusterType);
    const { items, next } = page(
      clusters.filter(({ id, spec }) =>
        passes(Filters, {
          'db-cluster-id': [id, rdsArn(context, 'cluster', id)],
          'db-cluster-resource-id': [spec.resourceId],
          engine: [spec.engine],
          domain: [],
          'clone-group-id': [],
        }),
      ),
      rest,
    );
    return { DBClusters: items.map((cluster) => toDbCluster(context, cluster)), ...next };
  },

  ModifyDBCluster(input, context) {
    const { store } = context;
    const cluster = requireDbCluster(store, input.DBClusterIdentifier);
    if (input.NewDBClusterIdentifier !== undefined)
      throw invalidCombination('A DB cluster cannot be renamed in this region.');
    const { spec } = cluster;
    const vpcId = requireGroupOrDefault(context, spec.subnetGroupName).spec.vpcId;
    const securityGroupIds = input.VpcSecurityGroupIds
      ? requireSecurityGroups(store, input.VpcSecurityGroupIds, vpcId)
      : spec.securityGroupIds;
    const changed: DbClusterSpec = {
      ...spec,
      securityGroupIds,
      ...(input.MasterUserPassword === undefined
        ? {}
        : {
            masterUserPassword: requirePassword(input.MasterUserPassword),
            passwordGeneration: spec.passwordGeneration + 1,
          }),
      engineVersion: requireEngineVersion(spec.engine, input.EngineVersion ?? spec.engineVersion).version,
      parameterGroupName: requireDbClusterParameterGroup(
        store,
        input.DBClusterParameterGroupName ?? spec.parameterGroupName,
      ).id,
      backupRetentionPeriod: input.BackupRetentionPeriod ?? spec.backupRetentionPeriod,
      preferredBackupWindow: input.PreferredBackupWindow ?? spec.preferredBackupWindow,
      preferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? spec.preferredMaintenanceWindow,
      deletionProtection: input.DeletionProtection ?? spec.deletionProtection,
      copyTagsToSnapshot: input.CopyTagsToSnapshot ?? spec.copyTagsToSnapshot,
    };
    if (input.VpcSecurityGroupIds)
      for (const instance of store.listBy(dbInstanceType, 'clusterId', cluster.id))
        setSecurityGroups(store, instance, securityGroupIds);
    return { DBCluster: toDbCluster(context, store.setSpec(cluster, changed) ?? cluster) };
  },

  DeleteDBCluster({ DBClusterIdentifier, SkipFinalSnapshot, FinalDBSnapshotIdentifier }, context) {
    const { store } = context;
    const cluster = requireDbCluster(store, DBClusterIdentifier);
    if (cluster.spec.deletionProtection)
      throw invalidCombination(
        'Cannot delete protected Cluster, please disable deletion protection and try again.',
      );
    if (!SkipFinalSnapshot && FinalDBSnapshotIdentifier === undefined)
      throw invalidCombination(
        'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.',
      );
    if (store.listBy(dbInstanceType, 'clusterId', cluster.id).length > 0)
      throw invalidClusterState(
        'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
      );
    store.markDeleted(cluster);
    return { DBCluster: toDbCluster(context, store.getAny(dbClusterType, cluster.id) ?? cluster) };
  },

  FailoverDBCluster({ DBClusterIdentifier, TargetDBInstanceIdentifier }, context) {
    const { store } = context;
    const cluster = requireAvailable(requireDbCluster(store, DBClusterIdentifier));
    const members = store.listBy(dbInstanceType, 'clusterId', cluster.id);
    const readers = members.filter(
      ({ id, status }) => id !== cluster.status.writer && status.state === 'available',
    );
    if (readers.length === 0)
      throw invalidClusterState(
        `DB cluster ${cluster.id} doesn't have a reader DB instance to fail over to.`,
      );
    const target = TargetDBInstanceIdentifier?.toLowerCase();
    if (target !== undefined && !members.some(({ id }) => id === target))
      throw invalidValue(`Cannot find DB instance ${target} in DB cluster ${cluster.id}`);
    if (target !== undefined && !readers.some(({ id }) => id === target))
      throw invalidClusterState(
        `DB instance ${target} cannot be the target of a failover in its current state.`,
      );
    const failover = { count: cluster.spec.failover.count + 1, target };
    const changed = store.setSpec(cluster, { ...cluster.spec, failover }) ?? cluster;
    return { DBCluster: toDbCluster(context, changed) };
  },

  StopDBCluster({ DBClusterIdentifier }, context) {
    const cluster = requireAvailable(requireDbCluster(context.store, DBClusterIdentifier));
    const changed = context.store.setSpec(cluster, { ...cluster.spec, isStopped: true }) ?? cluster;
    return { DBCluster: toDbCluster(context, changed) };
  },

  StartDBCluster({ DBClusterIdentifier }, context) {
    const cluster = requireDbCluster(context.store, DBClusterIdentifier);
    if (!cluster.spec.isStopped)
      throw invalidClusterState(
        `DbCluster ${cluster.id} is in ${shownState(context.store, cluster)} state but expected it to be one of stopped,inaccessible-encryption-credentials-recoverable.`,
      );
    const changed = context.store.setSpec(cluster, { ...cluster.spec, isStopped: false }) ?? cluster;
    return { DBCluster: toDbCluster(context, changed) };
  },

  DescribeDBClusterEndpoints({ DBClusterIdentifier, Filters, ...rest }, context) {
    const { store } = context;
    const clusters =
      DBClusterIdentifier === undefined
        ? store.list(dbClusterType)
        : store.list(dbClusterType).filter(({ id }) => id === DBClusterIdentifier.toLowerCase());
    const endpoints = clusters.flatMap(({ id }) => [
      { id, Endpoint: clusterEndpoint(context, id), EndpointType: 'WRITER' },
      { id, Endpoint: readerEndpoint(context, id), EndpointType: 'READER' },
    ]);
    const { items, next } = page(
      endpoints.filter(({ EndpointType }) =>
        passes(Filters, {
          'db-cluster-endpoint-type': [EndpointType, EndpointType.toLowerCase()],
          'db-cluster-endpoint-id': [],
          'db-cluster-endpoint-status': ['available'],
          'db-cluster-endpoint-custom-type': [],
        }),
      ),
      rest,
    );
    return {
      DBClusterEndpoints: items.map(({ id, Endpoint, EndpointType }) => ({
        DBClusterIdentifier: id,
        Endpoint,
        Status: 'available',
        EndpointType,
      })),
      ...next,
    };
  },
} satisfies Handlers<RdsApi>;

/** The cluster, unless it is unknown or going. */
export function requireDbCluster(store: Store, identifier: string): DbCluster {
  const cluster = store.get(dbClusterType, nameOfArn(identifier));
  if (!cluster && store.getAny(dbClusterType, nameOfArn(identifier)))
    throw invalidClusterState(`Cluster ${nameOfArn(identifier)} is already being deleted.`);
  if (!cluster) throw dbClusterNotFound(identifier);
  return cluster;
}

/** A cluster stays visible while it goes. */
function requireVisible(store: Store, identifier: string): DbCluster {
  const cluster = store.getAny(dbClusterType, nameOfArn(identifier));
  if (!cluster) throw dbClusterNotFound(identifier);
  return cluster;
}

function requireAvailable(cluster: DbCluster): DbCluster {
  const { state } = cluster.status;
  if (state !== 'available' || cluster.spec.isStopped)
    throw invalidClusterState(
      `DbCluster ${cluster.id} is in ${state} state but expected it to be one of available.`,
    );
  return cluster;
}

/** Throws unless all are groups of the VPC. */
export function requireSecurityGroups(
  store: Store,
  ids: readonly string[] | undefined,
  vpcId: string,
): readonly string[] {
  for (const id of ids ?? []) {
    const group = store.get(securityGroupType, id);
    if (!group || group.spec.vpcId !== vpcId)
      throw invalidValue(`Invalid security group , groupId= ${id}, groupName=.`);
  }
  if (ids !== undefined && ids.length > 0) return [...ids];
  return store
    .listBy(securityGroupType, 'vpcId', vpcId)
    .filter(({ spec }) => spec.groupName === 'default')
    .map(({ id }) => id);
}

/** What Describe says the state is: the wish shows before it is carried out. */
export function shownState(store: Store, { id, spec, status, deleting }: DbCluster): string {
  if (deleting) return 'deleting';
  if (spec.failover.count > status.failoversDone) return 'failing-over';
  const members = store.listBy(dbInstanceType, 'clusterId', id);
  const areStopped = members.every((member) => member.status.state === 'stopped');
  if (spec.isStopped) return areStopped ? 'stopped' : 'stopping';
  return status.state === 'stopped' ? 'starting' : status.state;
}

export function toDbCluster(context: Context, cluster: DbCluster): DBCluster {
  const { id, spec, status, createdAt, tags } = cluster;
  const { store } = context;
  const members = store.listAnyBy(dbInstanceType, 'clusterId', id);
  return {
    AllocatedStorage: 1,
    AvailabilityZones: [...spec.availabilityZones],
    BackupRetentionPeriod: spec.backupRetentionPeriod,
    ...(spec.databaseName === undefined ? {} : { DatabaseName: spec.databaseName }),
    DBClusterIdentifier: id,
    DBClusterParameterGroup: spec.parameterGroupName,
    DBSubnetGroup: spec.subnetGroupName,
    Status: shownState(store, cluster),
    Endpoint: clusterEndpoint(context, id),
    ReaderEndpoint: readerEndpoint(context, id),
    MultiAZ: new Set(members.map((member) => member.spec.availabilityZone)).size > 1,
    Engine: spec.engine,
    EngineVersion: spec.engineVersion,
    EngineMode: 'provisioned',
    Port: spec.port,
    MasterUsername: spec.masterUsername,
    PreferredBackupWindow: spec.preferredBackupWindow,
    PreferredMaintenanceWindow: spec.preferredMaintenanceWindow,
    ReadReplicaIdentifiers: [],
    DBClusterMembers: members.map((member) => toMember(cluster, member)),
    VpcSecurityGroups: spec.securityGroupIds.map((VpcSecurityGroupId) => ({
      VpcSecurityGroupId,
      Status: 'active',
    })),
    StorageEncrypted: spec.storageEncrypted,
    DbClusterResourceId: spec.resourceId,
    DBClusterArn: rdsArn(context, 'cluster', id),
    AssociatedRoles: [],
    IAMDatabaseAuthenticationEnabled: false,
    ClusterCreateTime: new Date(createdAt),
    EarliestRestorableTime: new Date(createdAt),
    LatestRestorableTime: new Date(context.clock.now()),
    EnabledCloudwatchLogsExports: [],
    DeletionProtection: spec.deletionProtection,
    HttpEndpointEnabled: false,
    ActivityStreamStatus: 'stopped',
    CopyTagsToSnapshot: spec.copyTagsToSnapshot,
    CrossAccountClone: false,
    DomainMemberships: [],
    TagList: toTagList(tags),
    AutoMinorVersionUpgrade: true,
    NetworkType: 'IPV4',
    ...(spec.masterUserSecretArn === undefined
      ? {}
      : { MasterUserSecret: { SecretArn: spec.masterUserSecretArn, SecretStatus: 'active' } }),
    ...(status.hasVolume ? {} : { PercentProgress: '0' }),
  };
}

function toMember(cluster: DbCluster, { id, spec }: DbInstance) {
  return {
    DBInstanceIdentifier: id,
    IsClusterWriter: cluster.status.writer === id,
    DBClusterParameterGroupStatus: 'in-sync',
    PromotionTier: spec.promotionTier,
  };
}
