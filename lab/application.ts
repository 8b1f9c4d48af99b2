import { Duration, Tags } from 'aws-cdk-lib';
import {
  AdditionalHealthCheckType,
  AutoScalingGroup,
  GroupMetrics,
  HealthChecks,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  HttpTokens,
  Instance,
  InstanceClass,
  InstanceSize,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MachineImage,
} from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { InstanceIdTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { buildInventory } from './build-inventory.ts';
import type { Database } from './database.ts';
import { tiers, type Network } from './network.ts';
import { inventoryUserData } from './user-data.ts';

export interface ApplicationProps {
  readonly network: Network;
  readonly database: Database;
}

/** The Inventory application: a load balancer over one stand-alone server and an Auto Scaling group of two. */
export class Application extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;

  constructor(scope: Construct, id: string, { network, database }: ApplicationProps) {
    super(scope, id);
    const { vpc, loadBalancerGroup, applicationGroup } = network;
    const role = new Role(this, 'Role', {
      roleName: 'Inventory-App-Role',
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    const code = new Asset(this, 'Code', { path: buildInventory() });
    code.grantRead(role);
    database.cluster.secret?.grantRead(role);

    const machine = {
      machineImage: MachineImage.latestAmazonLinux2023(),
      instanceType: InstanceType.of(InstanceClass.T3, InstanceSize.MICRO),
      userData: inventoryUserData(code, database),
      role,
      securityGroup: applicationGroup,
    };
    const appServer = new Instance(this, 'AppServer', {
      ...machine,
      instanceName: 'AppServer',
      vpc,
      vpcSubnets: tiers.application,
      httpTokens: HttpTokens.REQUIRED,
    });
    const launchTemplate = new LaunchTemplate(this, 'LaunchTemplate', {
      ...machine,
      launchTemplateName: 'Inventory-LT',
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    });
    const group = new AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: 'Inventory-ASG',
      vpc,
      vpcSubnets: tiers.application,
      launchTemplate,
      minCapacity: 2,
      maxCapacity: 2,
      healthChecks: HealthChecks.withAdditionalChecks({
        additionalTypes: [AdditionalHealthCheckType.ELB],
        gracePeriod: Duration.seconds(90),
      }),
      groupMetrics: [GroupMetrics.all()],
    });
    Tags.of(group).add('Name', 'Inventory-App', { applyToLaunchedInstances: true, priority: 300 });
    // Servers write to the database as soon as they start.
    appServer.node.addDependency(database.cluster);
    group.node.addDependency(database.cluster);

    const targets = new ApplicationTargetGroup(this, 'Targets', {
      targetGroupName: 'Inventory-App',
      vpc,
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      targetType: TargetType.INSTANCE,
      targets: [group, new InstanceIdTarget(appServer.instanceId)],
      healthCheck: {
        path: '/',
        interval: Duration.seconds(10),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      loadBalancerName: 'Inventory-LB',
      vpc,
      internetFacing: true,
      vpcSubnets: tiers.public,
      securityGroup: loadBalancerGroup,
    });
    this.loadBalancer.addListener('Http', { port: 80, open: false, defaultTargetGroups: [targets] });
  }
}
