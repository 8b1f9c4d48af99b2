import { RemovalPolicy } from 'aws-cdk-lib';
import { InstanceClass, InstanceSize, InstanceType } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraMysqlEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { tiers, type Network } from './network.ts';

export interface DatabaseProps {
  readonly network: Network;
}

/** Aurora MySQL: a writer, and a reader in the other zone that takes over when the writer fails. */
export class Database extends Construct {
  readonly cluster: DatabaseCluster;
  readonly databaseName = 'inventory';

  constructor(scope: Construct, id: string, { network }: DatabaseProps) {
    super(scope, id);
    const instanceType = InstanceType.of(InstanceClass.T3, InstanceSize.MEDIUM);
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      clusterIdentifier: 'inventory-cluster',
      engine: DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_08_0 }),
      defaultDatabaseName: this.databaseName,
      credentials: Credentials.fromGeneratedSecret('dbadmin'),
      vpc: network.vpc,
      vpcSubnets: tiers.database,
      securityGroups: [network.databaseGroup],
      writer: ClusterInstance.provisioned('Writer', { instanceType }),
      readers: [ClusterInstance.provisioned('Reader', { instanceType, promotionTier: 1 })],
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
