import { resourceType, type Resource } from '#/store/resource.ts';
import type { ServersStatus } from '#/services/rds/servers/resource.ts';

/** Its id is its identifier, in lower case. */
export type DbCluster = Resource<'AWS::RDS::DBCluster', DbClusterSpec, DbClusterStatus>;

export interface DbClusterSpec {
  /** `cluster-…`, upper case: the mark of its volumes. */
  readonly resourceId: string;
  readonly engine: 'aurora-mysql';
  readonly engineVersion: string;
  readonly databaseName: string | undefined;
  readonly masterUsername: string;
  /** Never shown. */
  readonly masterUserPassword: string;
  /** Grows with each new password. */
  readonly passwordGeneration: number;
  readonly masterUserSecretArn: string | undefined;
  readonly port: number;
  readonly subnetGroupName: string;
  readonly securityGroupIds: readonly string[];
  readonly parameterGroupName: string;
  readonly availabilityZones: readonly string[];
  readonly backupRetentionPeriod: number;
  readonly preferredBackupWindow: string;
  readonly preferredMaintenanceWindow: string;
  readonly storageEncrypted: boolean;
  readonly deletionProtection: boolean;
  readonly copyTagsToSnapshot: boolean;
  readonly isStopped: boolean;
  /** The latest failover asked for; `target` undefined leaves the choice to the cluster. */
  readonly failover: { readonly count: number; readonly target: string | undefined };
}

export interface DbClusterStatus extends ServersStatus {
  readonly state: 'creating' | 'available' | 'failing-over' | 'stopping' | 'stopped' | 'starting';
}

export const dbClusterType = resourceType<DbCluster>('AWS::RDS::DBCluster', {
  subnetGroupName: ({ spec }) => [spec.subnetGroupName],
});
