import {
  AclCidr,
  AclTraffic,
  Action,
  IpAddresses,
  NetworkAcl,
  Port,
  SecurityGroup,
  SubnetType,
  TrafficDirection,
  Vpc,
  Peer,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/** Subnets by tier. */
export const tiers = {
  public: { subnetGroupName: 'Public' },
  application: { subnetGroupName: 'App' },
  database: { subnetGroupName: 'DB' },
} as const satisfies Record<string, SubnetSelection>;

const vpcCidr = '10.0.0.0/16';
const ephemeralPorts = AclTraffic.tcpPortRange(1024, 65_535);

/** Two zones, three tiers: public, application and database, each guarded by groups and by an access list of its own. */
export class Network extends Construct {
  readonly vpc: Vpc;
  /** From anywhere to the balancer, from there to the application, from there to the database: each by reference. */
  readonly loadBalancerGroup: SecurityGroup;
  readonly applicationGroup: SecurityGroup;
  readonly databaseGroup: SecurityGroup;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(vpcCidr),
      maxAzs: 2,
      natGateways: 1,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'App', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
        { name: 'DB', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });

    this.loadBalancerGroup = this.#group('Inventory-LB', 'Load balancer: web traffic from anywhere');
    this.applicationGroup = this.#group('Inventory-App', 'Application: web traffic from the load balancer');
    this.databaseGroup = this.#group('Inventory-DB', 'Database: MySQL from the application');
    this.loadBalancerGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(80), 'HTTP from anywhere');
    this.loadBalancerGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'HTTPS from anywhere');
    this.applicationGroup.addIngressRule(this.loadBalancerGroup, Port.tcp(80), 'HTTP from the load balancer');
    this.databaseGroup.addIngressRule(this.applicationGroup, Port.tcp(3306), 'MySQL from the application');

    this.#guardApplicationTier();
    this.#guardDatabaseTier();
  }

  #group(name: string, description: string): SecurityGroup {
    return new SecurityGroup(this, name, { vpc: this.vpc, securityGroupName: name, description });
  }

  /** Stateless: requests in from the VPC, answers out; the instances' own requests out, their answers in. */
  #guardApplicationTier(): void {
    const acl = new NetworkAcl(this, 'AppAcl', { vpc: this.vpc, subnetSelection: tiers.application });
    allow(acl, 'HttpIn', 100, TrafficDirection.INGRESS, AclCidr.ipv4(vpcCidr), AclTraffic.tcpPort(80));
    allow(acl, 'AnswersIn', 110, TrafficDirection.INGRESS, AclCidr.anyIpv4(), ephemeralPorts);
    allow(acl, 'AllOut', 100, TrafficDirection.EGRESS, AclCidr.anyIpv4(), AclTraffic.allTraffic());
  }

  /** MySQL from the VPC, and between the cluster's own members; nothing to or from outside. */
  #guardDatabaseTier(): void {
    const acl = new NetworkAcl(this, 'DbAcl', { vpc: this.vpc, subnetSelection: tiers.database });
    allow(acl, 'MySqlIn', 100, TrafficDirection.INGRESS, AclCidr.ipv4(vpcCidr), AclTraffic.tcpPort(3306));
    allow(acl, 'AnswersIn', 110, TrafficDirection.INGRESS, AclCidr.ipv4(vpcCidr), ephemeralPorts);
    allow(acl, 'AnswersOut', 100, TrafficDirection.EGRESS, AclCidr.ipv4(vpcCidr), ephemeralPorts);
    allow(acl, 'MySqlOut', 110, TrafficDirection.EGRESS, AclCidr.ipv4(vpcCidr), AclTraffic.tcpPort(3306));
  }
}

function allow(
  acl: NetworkAcl,
  id: string,
  ruleNumber: number,
  direction: TrafficDirection,
  cidr: AclCidr,
  traffic: AclTraffic,
): void {
  acl.addEntry(id, { ruleNumber, direction, cidr, traffic, ruleAction: Action.ALLOW });
}
