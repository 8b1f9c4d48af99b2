import { resourceType, type Resource } from '#/store/resource.ts';

export type Subnet = Resource<'AWS::EC2::Subnet', SubnetSpec, SubnetStatus>;

export interface SubnetSpec {
  readonly vpcId: string;
  readonly cidrBlock: string;
  /** `eu-west-3a` */
  readonly availabilityZone: string;
  readonly mapPublicIpOnLaunch: boolean;
  readonly isDefaultForAz: boolean;
  /** How instances launched here are named; AWS's defaults when absent. */
  readonly privateDnsNameOptionsOnLaunch?: {
    readonly hostnameType: 'ip-name' | 'resource-name';
    readonly enableResourceNameDnsARecord: boolean;
  };
}

export interface SubnetStatus {
  readonly state: 'pending' | 'available';
}

export const subnetType = resourceType<Subnet>('AWS::EC2::Subnet', {
  vpcId: (subnet) => [subnet.spec.vpcId],
});
