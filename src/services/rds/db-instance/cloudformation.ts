import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import {
  isGone,
  numberOf,
  pick,
  stabilityOf,
  tagsOf,
  textOf,
  textsOf,
  unlessGone,
} from '#/services/rds/cloudformation.ts';
import { changedOnly } from '#/services/rds/db-cluster/cloudformation.ts';

const changeable = [
  'AutoMinorVersionUpgrade',
  'BackupRetentionPeriod',
  'DBInstanceClass',
  'DBParameterGroupName',
  'DeletionProtection',
  'EngineVersion',
  'MasterUserPassword',
  'MonitoringInterval',
  'MultiAZ',
  'PreferredBackupWindow',
  'PreferredMaintenanceWindow',
  'PromotionTier',
  'PubliclyAccessible',
  'StorageType',
] as const;

const fixed = [
  'AvailabilityZone',
  'DBClusterIdentifier',
  'DBName',
  'DBSubnetGroupName',
  'ManageMasterUserPassword',
  'MasterUsername',
  'StorageEncrypted',
] as const;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbinstance.html */
export const dbInstanceProvider: ResourceProvider = {
  type: 'AWS::RDS::DBInstance',
  create(properties, context) {
    const port = numberOf(properties, 'Port');
    const { DBInstance } = context.call.rds.CreateDBInstance({
      ...pick(properties, [...changeable, ...fixed]),
      ...shared(properties),
      ...(port === undefined ? {} : { Port: port }),
      DBInstanceIdentifier:
        textOf(properties, 'DBInstanceIdentifier') ?? context.physicalName(63).toLowerCase(),
      DBInstanceClass: textOf(properties, 'DBInstanceClass') ?? '',
      Engine: textOf(properties, 'Engine') ?? engineOfCluster(properties, context),
      Tags: tagsOf(properties, context),
    });
    return DBInstance?.DBInstanceIdentifier ?? '';
  },
  stability: (id, context) => stabilityOf(describe(id, context)?.DBInstanceStatus),
  update(id, properties, previous, { call }) {
    const changed = changedOnly(properties, previous);
    call.rds.ModifyDBInstance({
      ...pick(changed, changeable),
      ...shared(changed),
      DBInstanceIdentifier: id,
      ApplyImmediately: true,
    });
    return id;
  },
  delete(id, { call }) {
    unlessGone(() => call.rds.DeleteDBInstance({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));
  },
  gone: (id, context) => isGone(() => describe(id, context)),
  attributes(id, context) {
    const instance = describe(id, context);
    return {
      DBInstanceArn: instance?.DBInstanceArn,
      DbiResourceId: instance?.DbiResourceId,
      'Endpoint.Address': instance?.Endpoint?.Address,
      'Endpoint.Port': String(instance?.Endpoint?.Port),
      'MasterUserSecret.SecretArn': instance?.MasterUserSecret?.SecretArn,
    };
  },
};

/** Members that the template spells differently from the operation. */
function shared(properties: Properties) {
  const AllocatedStorage = numberOf(properties, 'AllocatedStorage');
  const VpcSecurityGroupIds = textsOf(properties, 'VPCSecurityGroups');
  return {
    ...(AllocatedStorage === undefined ? {} : { AllocatedStorage }),
    ...(VpcSecurityGroupIds === undefined ? {} : { VpcSecurityGroupIds }),
  };
}

function engineOfCluster(properties: Properties, { call }: ProviderContext): string {
  const id = textOf(properties, 'DBClusterIdentifier');
  if (id === undefined) return '';
  return call.rds.DescribeDBClusters({ DBClusterIdentifier: id }).DBClusters?.[0]?.Engine ?? '';
}

function describe(id: string, { call }: ProviderContext) {
  return call.rds.DescribeDBInstances({ DBInstanceIdentifier: id }).DBInstances?.[0];
}
