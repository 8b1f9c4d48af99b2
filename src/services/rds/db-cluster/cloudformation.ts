import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { isGone, pick, stabilityOf, tagsOf, textOf, unlessGone } from '#/services/rds/cloudformation.ts';

const changeable = [
  'BackupRetentionPeriod',
  'CopyTagsToSnapshot',
  'DBClusterParameterGroupName',
  'DeletionProtection',
  'EngineVersion',
  'MasterUserPassword',
  'PreferredBackupWindow',
  'PreferredMaintenanceWindow',
  'VpcSecurityGroupIds',
] as const;

const fixed = [
  'AvailabilityZones',
  'DatabaseName',
  'DBSubnetGroupName',
  'ManageMasterUserPassword',
  'MasterUsername',
  'Port',
  'StorageEncrypted',
] as const;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbcluster.html */
export const dbClusterProvider: ResourceProvider = {
  type: 'AWS::RDS::DBCluster',
  create(properties, context) {
    const { DBCluster } = context.call.rds.CreateDBCluster({
      ...pick(properties, [...changeable, ...fixed]),
      DBClusterIdentifier:
        textOf(properties, 'DBClusterIdentifier') ?? context.physicalName(63).toLowerCase(),
      Engine: textOf(properties, 'Engine') ?? '',
      Tags: tagsOf(properties, context),
    });
    return DBCluster?.DBClusterIdentifier ?? '';
  },
  stability: (id, context) => stabilityOf(describe(id, context)?.Status),
  update(id, properties, previous, { call }) {
    call.rds.ModifyDBCluster({
      ...pick(changedOnly(properties, previous), changeable),
      DBClusterIdentifier: id,
      ApplyImmediately: true,
    });
    return id;
  },
  delete(id, { call }) {
    unlessGone(() => call.rds.DeleteDBCluster({ DBClusterIdentifier: id, SkipFinalSnapshot: true }));
  },
  gone: (id, context) => isGone(() => describe(id, context)),
  attributes(id, context) {
    const cluster = describe(id, context);
    return {
      DBClusterArn: cluster?.DBClusterArn,
      DBClusterResourceId: cluster?.DbClusterResourceId,
      'Endpoint.Address': cluster?.Endpoint,
      'Endpoint.Port': String(cluster?.Port),
      'ReadEndpoint.Address': cluster?.ReaderEndpoint,
      'MasterUserSecret.SecretArn': cluster?.MasterUserSecret?.SecretArn,
    };
  },
};

/** The properties that differ from those of the last deployment; a password that stays is not set anew. */
export function changedOnly(properties: Properties, previous: Properties): Properties {
  const changed = Object.entries(properties).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(previous[name]),
  );
  return Object.fromEntries(changed);
}

function describe(id: string, { call }: ProviderContext) {
  return call.rds.DescribeDBClusters({ DBClusterIdentifier: id }).DBClusters?.[0];
}
