/** The CDK app of the Inventory system. Nothing in it is local: the same app deploys to AWS. */
import { App, Tags } from 'aws-cdk-lib';
import { InventoryStack } from './inventory-stack.ts';

const app = new App();
const stack = new InventoryStack(app, 'Inventory', {
  description:
    'A highly available web application: two zones, a load balancer, an Auto Scaling group, Aurora MySQL.',
});
Tags.of(stack).add('Project', 'Inventory');
