import { resourceType, type Resource } from '#/store/resource.ts';
import type { ServersStatus } from '#/services/rds/servers/resource.ts';

/** Its id is its identifier, in lower case. */
export type DbInstance = Resource<'AWS::RDS::DBInstance', DbInstanceSpec, DbInstanceStatus>;

export interface DbInstanceSpec {
  /** `db-…`, upper case: the mark of its volumes. */
  readonly resourceId: string;
  readonly engine: 'aurora-mysql' | 'mysql' | 'mariadb';
  readonly engineVersion: string;
  readonly instanceClass: string;
  /** The cluster it is a member of; undefined when it stands alone. */
  readonly clusterId: string | undefined;
  readonly promotionTier: number;
  readonly networkInterfaceId: string;
  readonly address: string;
  readonly availabilityZone: string;
  readonly subnetGroupName: string;
  readonly securityGroupIds: readonly string[];
  readonly parameterGroupName: string;
  readonly publiclyAccessible: boolean;
  readonly autoMinorVersionUpgrade: boolean;
  readonly preferredMaintenanceWindow: string;
  readonly monitoringInterval: number;
  readonly deletionProtection: boolean;
  readonly isStopped: boolean;
  /** How many restarts were asked for. */
  readonly restarts: number;
  /** What only an instance that stands alone has of its own. */
  readonly alone: StandAlone | undefined;
}

export interface StandAlone {
  readonly databaseName: string | undefined;
  readonly masterUsername: string;
  /** Never shown. */
  readonly masterUserPassword: string;
  /** Grows with each new password. */
  readonly passwordGeneration: number;
  readonly port: number;
  readonly allocatedStorageGib: number;
  readonly storageType: string;
  readonly storageEncrypted: boolean;
  readonly multiAz: boolean;
  readonly backupRetentionPeriod: number;
  readonly preferredBackupWindow: string;
}

export interface DbInstanceStatus {
  readonly state: 'creating' | 'available' | 'rebooting' | 'stopping' | 'stopped' | 'starting';
  /** Whether its server has answered since it was made. */
  readonly hasAnswered: boolean;
  /** An instance that stands alone is its own set of servers. */
  readonly servers: ServersStatus;
}

export const dbInstanceType = resourceType<DbInstance>('AWS::RDS::DBInstance', {
  clusterId: ({ spec }) => (spec.clusterId === undefined ? [] : [spec.clusterId]),
  subnetGroupName: ({ spec }) => [spec.subnetGroupName],
  networkInterfaceId: ({ spec }) => [spec.networkInterfaceId],
});
