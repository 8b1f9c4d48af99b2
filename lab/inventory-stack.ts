import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Application } from './application.ts';
import { Database } from './database.ts';
import { Network } from './network.ts';

/** The reference system of the architecture course: network, database, application. */
export class InventoryStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const network = new Network(this, 'Network');
    const database = new Database(this, 'Database', { network });
    const application = new Application(this, 'Application', { network, database });
    new CfnOutput(this, 'Url', { value: `http://${application.loadBalancer.loadBalancerDnsName}/` });
    new CfnOutput(this, 'WriterEndpoint', { value: database.cluster.clusterEndpoint.hostname });
    new CfnOutput(this, 'ReaderEndpoint', { value: database.cluster.clusterReadEndpoint.hostname });
  }
}
