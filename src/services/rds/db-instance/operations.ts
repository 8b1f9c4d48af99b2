import type { DBInstance } from '@aws-sdk/client-rds';
import { randomText } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import type { Store } from '#/store/store.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import { requireDbCluster, requireSecurityGroups } from '#/services/rds/db-cluster/operations.ts';
import { dbClusterType, type DbCluster } from '#/services/rds/db-cluster/resource.ts';
import {
  chooseSubnet,
  createInstanceInterface,
  setSecurityGroups,
} from '#/services/rds/db-instance/network.ts';
import {
  dbInstanceType,
  type DbInstance,
  type DbInstanceSpec,
  type StandAlone,
} from '#/services/rds/db-instance/resource.ts';
import { requireDbParameterGroup } from '#/services/rds/db-parameter-group/operations.ts';
import { defaultGroupName } from '#/services/rds/db-parameter-group/parameters.ts';
import { requireGroupOrDefault, toDbSubnetGroup } from '#/services/rds/db-subnet-group/operations.ts';
import { dbSubnetGroupType } from '#/services/rds/db-subnet-group/resource.ts';
import { engineVersion, requireEngineVersion, requireInstanceClass } from '#/services/rds/engines.ts';
import {
  dbInstanceAlreadyExists,
  dbInstanceNotFound,
  invalidCombination,
  invalidInstanceState,
  invalidValue,
} from '#/services/rds/errors.ts';
import { newMasterPassword, requireMasterUser, requirePassword } from '#/services/rds/master-user.ts';
import { instanceEndpoint, rdsArn, requireIdentifier } from '#/services/rds/names.ts';
import { nameOfArn, page, passes } from '#/services/rds/pages.ts';
import { noServers } from '#/services/rds/servers/resource.ts';
import { toTagList, toTags } from '#/services/rds/tags.ts';

const resourceIdAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

type CreateInput = InputOf<RdsApi, 'CreateDBInstance'>;

export const dbInstanceOperations = {
  CreateDBInstance(input, context) {
    const { store, random } = context;
    const id = requireIdentifier('DBInstanceIdentifier', input.DBInstanceIdentifier);
    if (store.getAny(dbInstanceType, id)) throw dbInstanceAlreadyExists();
    const instanceClass = requireInstanceClass(input.DBInstanceClass);
    const cluster =
      input.DBClusterIdentifier === undefined
        ? undefined
        : requireDbCluster(store, input.DBClusterIdentifier);
    const { engine, version, family } = requireEngine(input, cluster);
    const subnetGroup = requireGroupOrDefault(
      context,
      cluster?.spec.subnetGroupName ?? input.DBSubnetGroupName,
    );
    const securityGroupIds =
      cluster?.spec.securityGroupIds ??
      requireSecurityGroups(store, input.VpcSecurityGroupIds, subnetGroup.spec.vpcId);
    const others = cluster ? store.listBy(dbInstanceType, 'clusterId', cluster.id) : [];
    const alone = cluster ? undefined : toStandAlone(context, id, input);
    const subnet = chooseSubnet(store, subnetGroup, input.AvailabilityZone, others);
    const networkInterface = createInstanceInterface(context, subnet, securityGroupIds);
    const spec: DbInstanceSpec = {
      resourceId: `db-${randomText(random, resourceIdAlphabet, 26)}`,
      engine,
      engineVersion: version,
      instanceClass,
      clusterId: cluster?.id,
      promotionTier: input.PromotionTier ?? 1,
      networkInterfaceId: networkInterface.id,
      address: networkInterface.spec.privateIpAddresses[0] ?? '',
      availabilityZone: subnet.spec.availabilityZone,
      subnetGroupName: subnetGroup.id,
      securityGroupIds,
      parameterGroupName: requireDbParameterGroup(
        store,
        input.DBParameterGroupName ?? defaultGroupName(family),
      ).id,
      publiclyAccessible: input.PubliclyAccessible ?? false,
      autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
      preferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? 'sun:05:07-sun:05:37',
      monitoringInterval: input.MonitoringInterval ?? 0,
      deletionProtection: input.DeletionProtection ?? false,
      isStopped: false,
      restarts: 0,
      alone,
    };
    const status = { state: 'creating', hasAnswered: false, servers: noServers } as const;
    const instance = store.create(dbInstanceType, { id, spec, status, tags: toTags(input.Tags) });
    return { DBInstance: toDbInstance(context, instance) };
  },

  DescribeDBInstances({ DBInstanceIdentifier, Filters, ...rest }, context) {
    const { store } = context;
    const instances = DBInstanceIdentifier
      ? [requireVisible(store, DBInstanceIdentifier)]
      : store.listAny(dbInstanceType);
    const { items, next } = page(
      instances.filter(({ id, spec }) =>
        passes(Filters, {
          'db-instance-id': [id, rdsArn(context, 'db', id)],
          'dbi-resource-id': [spec.resourceId],
          'db-cluster-id': [spec.clusterId, rdsArn(context, 'cluster', spec.clusterId ?? '')],
          engine: [spec.engine],
          domain: [],
        }),
      ),
      rest,
    );
    return { DBInstances: items.map((instance) => toDbInstance(context, instance)), ...next };
  },

  ModifyDBInstance(input, context) {
    const { store } = context;
    const instance = requireDbInstance(store, input.DBInstanceIdentifier);
    const { spec } = instance;
    if (input.NewDBInstanceIdentifier !== undefined)
      throw invalidCombination('A DB instance cannot be renamed in this region.');
    if (spec.clusterId !== undefined && (input.MasterUserPassword !== undefined || input.VpcSecurityGroupIds))
      throw invalidCombination(
        'The specified DB Instance is a member of a cluster. Modify the attribute for the DB cluster instead.',
      );
    const changed: DbInstanceSpec = {
      ...spec,
      instanceClass: requireInstanceClass(input.DBInstanceClass ?? spec.instanceClass),
      promotionTier: input.PromotionTier ?? spec.promotionTier,
      engineVersion: requireEngineVersion(spec.engine, input.EngineVersion ?? spec.engineVersion).version,
      parameterGroupName: requireDbParameterGroup(
        store,
        input.DBParameterGroupName ?? spec.parameterGroupName,
      ).id,
      publiclyAccessible: input.PubliclyAccessible ?? spec.publiclyAccessible,
      autoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? spec.autoMinorVersionUpgrade,
      preferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? spec.preferredMaintenanceWindow,
      monitoringInterval: input.MonitoringInterval ?? spec.monitoringInterval,
      deletionProtection: input.DeletionProtection ?? spec.deletionProtection,
      alone: spec.alone && modifyStandAlone(spec.alone, input),
    };
    const written = store.setSpec(instance, changed) ?? instance;
    if (input.VpcSecurityGroupIds) {
      const { vpcId } = requireGroupOrDefault(context, spec.subnetGroupName).spec;
      setSecurityGroups(store, written, requireSecurityGroups(store, input.VpcSecurityGroupIds, vpcId));
    }
    return { DBInstance: toDbInstance(context, store.get(dbInstanceType, instance.id) ?? written) };
  },

  DeleteDBInstance({ DBInstanceIdentifier, SkipFinalSnapshot, FinalDBSnapshotIdentifier }, context) {
    const { store } = context;
    const instance = requireDbInstance(store, DBInstanceIdentifier);
    if (instance.spec.deletionProtection)
      throw invalidCombination(
        'Cannot delete protected DB Instance, please disable deletion protection and try again.',
      );
    if (instance.spec.alone && !SkipFinalSnapshot && FinalDBSnapshotIdentifier === undefined)
      throw invalidCombination(
        'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.',
      );
    store.markDeleted(instance);
    return { DBInstance: toDbInstance(context, store.getAny(dbInstanceType, instance.id) ?? instance) };
  },

  RebootDBInstance({ DBInstanceIdentifier, ForceFailover }, context) {
    const { store } = context;
    const instance = requireState(requireDbInstance(store, DBInstanceIdentifier), 'available');
    if (ForceFailover)
      throw invalidCombination(
        'ForceFailover cannot be specified since the instance is not configured for MultiAZ',
      );
    const spec = { ...instance.spec, restarts: instance.spec.restarts + 1 };
    return { DBInstance: toDbInstance(context, store.setSpec(instance, spec) ?? instance) };
  },

  StopDBInstance({ DBInstanceIdentifier }, context) {
    const instance = requireAlone(requireDbInstance(context.store, DBInstanceIdentifier), 'StopDBInstance');
    requireState(instance, 'available');
    const changed = context.store.setSpec(instance, { ...instance.spec, isStopped: true }) ?? instance;
    return { DBInstance: toDbInstance(context, changed) };
  },

  StartDBInstance({ DBInstanceIdentifier }, context) {
    const instance = requireAlone(requireDbInstance(context.store, DBInstanceIdentifier), 'StartDBInstance');
    if (!instance.spec.isStopped)
      throw invalidInstanceState(`Instance ${instance.id} is not stopped, it cannot be started.`);
    const changed = context.store.setSpec(instance, { ...instance.spec, isStopped: false }) ?? instance;
    return { DBInstance: toDbInstance(context, changed) };
  },
} satisfies Handlers<RdsApi>;

/** The instance, unless it is unknown or going. */
export function requireDbInstance(store: Store, identifier: string): DbInstance {
  const instance = store.get(dbInstanceType, nameOfArn(identifier));
  if (!instance && store.getAny(dbInstanceType, nameOfArn(identifier)))
    throw invalidInstanceState(`Instance ${nameOfArn(identifier)} is already being deleted.`);
  if (!instance) throw dbInstanceNotFound(identifier);
  return instance;
}

/** An instance stays visible while it goes. */
function requireVisible(store: Store, identifier: string): DbInstance {
  const instance = store.getAny(dbInstanceType, nameOfArn(identifier));
  if (!instance) throw dbInstanceNotFound(identifier);
  return instance;
}

function requireState(instance: DbInstance, state: DbInstance['status']['state']): DbInstance {
  if (instance.status.state !== state || instance.spec.isStopped)
    throw invalidInstanceState(`Instance ${instance.id} is not in ${state} state.`);
  return instance;
}

function requireAlone(instance: DbInstance, operation: string): DbInstance {
  if (instance.spec.clusterId !== undefined)
    throw invalidCombination(
      `${operation} is not supported for a member of a DB cluster: use the cluster's operation.`,
    );
  return instance;
}

function requireEngine(input: CreateInput, cluster: DbCluster | undefined) {
  const found = requireEngineVersion(
    input.Engine,
    cluster ? cluster.spec.engineVersion : input.EngineVersion,
  );
  if (cluster && cluster.spec.engine !== found.engine)
    throw invalidCombination(
      `The engine name requested for your DB instance (${found.engine}) doesn't match the engine name of your DB cluster (${cluster.spec.engine}).`,
    );
  if (!cluster && found.engine === 'aurora-mysql')
    throw invalidCombination('DBClusterIdentifier must be provided for the engine aurora-mysql.');
  if (cluster && (input.MasterUsername !== undefined || input.MasterUserPassword !== undefined))
    throw invalidCombination(
      'The requested DB Instance will be a member of a DB Cluster. Set master user credentials for the DB Cluster.',
    );
  return found;
}

function toStandAlone(context: Context, id: string, input: CreateInput): StandAlone {
  if (input.MultiAZ) throw invalidCombination('MultiAZ DB instances are not supported in this region yet.');
  if (input.AllocatedStorage === undefined)
    throw invalidValue('The parameter AllocatedStorage must be provided and must not be blank.');
  const { password } = newMasterPassword(context, `db-${id}`, input);
  return {
    databaseName: input.DBName,
    masterUsername: requireMasterUser(input.MasterUsername),
    masterUserPassword: password,
    passwordGeneration: 1,
    port: input.Port ?? 3306,
    allocatedStorageGib: input.AllocatedStorage,
    storageType: input.StorageType ?? 'gp2',
    storageEncrypted: input.StorageEncrypted ?? false,
    multiAz: false,
    backupRetentionPeriod: input.BackupRetentionPeriod ?? 1,
    preferredBackupWindow: input.PreferredBackupWindow ?? '03:16-03:46',
  };
}

function modifyStandAlone(alone: StandAlone, input: InputOf<RdsApi, 'ModifyDBInstance'>): StandAlone {
  if (input.MultiAZ) throw invalidCombination('MultiAZ DB instances are not supported in this region yet.');
  return {
    ...alone,
    ...(input.MasterUserPassword === undefined
      ? {}
      : {
          masterUserPassword: requirePassword(input.MasterUserPassword),
          passwordGeneration: alone.passwordGeneration + 1,
        }),
    allocatedStorageGib: input.AllocatedStorage ?? alone.allocatedStorageGib,
    storageType: input.StorageType ?? alone.storageType,
    backupRetentionPeriod: input.BackupRetentionPeriod ?? alone.backupRetentionPeriod,
    preferredBackupWindow: input.PreferredBackupWindow ?? alone.preferredBackupWindow,
  };
}

/** What Describe says the state is: the wish shows before it is carried out. */
function shownState({ spec, status, deleting }: DbInstance): string {
  if (deleting) return 'deleting';
  if (spec.isStopped && status.state !== 'stopped') return 'stopping';
  if (!spec.isStopped && status.state === 'stopped') return spec.alone ? 'starting' : 'stopped';
  return status.state;
}

export function toDbInstance(context: Context, instance: DbInstance): DBInstance {
  const { id, spec, createdAt, tags } = instance;
  const { store } = context;
  const cluster = spec.clusterId === undefined ? undefined : store.getAny(dbClusterType, spec.clusterId);
  const subnetGroup = store.get(dbSubnetGroupType, spec.subnetGroupName);
  const { alone } = spec;
  const databaseName = alone?.databaseName ?? cluster?.spec.databaseName;
  return {
    DBInstanceIdentifier: id,
    DBInstanceClass: spec.instanceClass,
    Engine: spec.engine,
    DBInstanceStatus: shownState(instance),
    MasterUsername: alone?.masterUsername ?? cluster?.spec.masterUsername ?? '',
    ...(databaseName === undefined ? {} : { DBName: databaseName }),
    Endpoint: { Address: instanceEndpoint(context, id), Port: alone?.port ?? cluster?.spec.port ?? 3306 },
    AllocatedStorage: alone?.allocatedStorageGib ?? 1,
    InstanceCreateTime: new Date(createdAt),
    PreferredBackupWindow: alone?.preferredBackupWindow ?? cluster?.spec.preferredBackupWindow ?? '',
    BackupRetentionPeriod: alone?.backupRetentionPeriod ?? cluster?.spec.backupRetentionPeriod ?? 1,
    DBSecurityGroups: [],
    VpcSecurityGroups: spec.securityGroupIds.map((VpcSecurityGroupId) => ({
      VpcSecurityGroupId,
      Status: 'active',
    })),
    DBParameterGroups: [{ DBParameterGroupName: spec.parameterGroupName, ParameterApplyStatus: 'in-sync' }],
    AvailabilityZone: spec.availabilityZone,
    ...(subnetGroup ? { DBSubnetGroup: toDbSubnetGroup(context, subnetGroup) } : {}),
    PreferredMaintenanceWindow: spec.preferredMaintenanceWindow,
    PendingModifiedValues: {},
    MultiAZ: alone?.multiAz ?? false,
    EngineVersion: spec.engineVersion,
    AutoMinorVersionUpgrade: spec.autoMinorVersionUpgrade,
    ReadReplicaDBInstanceIdentifiers: [],
    LicenseModel: 'general-public-license',
    OptionGroupMemberships: [
      {
        OptionGroupName: `default:${engineVersion(spec.engine, spec.engineVersion)?.family.replace('.', '-')}`,
        Status: 'in-sync',
      },
    ],
    PubliclyAccessible: spec.publiclyAccessible,
    StorageType: alone?.storageType ?? 'aurora',
    DbInstancePort: 0,
    ...(spec.clusterId === undefined
      ? {}
      : { DBClusterIdentifier: spec.clusterId, PromotionTier: spec.promotionTier }),
    StorageEncrypted: alone?.storageEncrypted ?? cluster?.spec.storageEncrypted ?? false,
    DbiResourceId: spec.resourceId,
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    DomainMemberships: [],
    CopyTagsToSnapshot: false,
    MonitoringInterval: spec.monitoringInterval,
    DBInstanceArn: rdsArn(context, 'db', id),
    IAMDatabaseAuthenticationEnabled: false,
    PerformanceInsightsEnabled: false,
    DeletionProtection: spec.deletionProtection,
    AssociatedRoles: [],
    TagList: toTagList(tags),
    CustomerOwnedIpEnabled: false,
    NetworkType: 'IPV4',
    BackupTarget: 'region',
  };
}
