import { resourceType, type Resource } from '#/store/resource.ts';

export type NetworkInterface = Resource<
  'AWS::EC2::NetworkInterface',
  NetworkInterfaceSpec,
  NetworkInterfaceStatus
>;

export interface NetworkInterfaceSpec {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly description: string;
  readonly macAddress: string;
  /** Primary first. */
  readonly privateIpAddresses: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly sourceDestCheck: boolean;
  readonly interfaceType: 'interface' | 'nat_gateway';
  /** The AWS service that made it for itself (`amazon-elb`, `amazon-rds`, `amazon-aws`); undefined for a user's own. */
  readonly requester: string | undefined;
  /** A public address that goes with the interface (not an Elastic IP address); undefined for none. */
  readonly publicIpAddress: string | undefined;
  readonly attachment: NetworkInterfaceAttachment | undefined;
}

export interface NetworkInterfaceAttachment {
  /** `eni-attach-…`, `ela-attach-…` */
  readonly attachmentId: string;
  /** Undefined when a service holds it. */
  readonly instanceId: string | undefined;
  readonly deviceIndex: number;
  readonly deleteOnTermination: boolean;
  /** Milliseconds since the epoch. */
  readonly attachedAt: number;
}

export interface NetworkInterfaceStatus {
  /** Whether its namespace and link are in the kernel: what runs in it may start. Written by the VPC's controller. */
  readonly isLinked: boolean;
  /** The public addresses that the kernel sends here now, whatever was wished since: not to be given to others yet. */
  readonly mappedAddresses?: readonly string[];
}

export const networkInterfaceType = resourceType<NetworkInterface>('AWS::EC2::NetworkInterface', {
  vpcId: (networkInterface) => [networkInterface.spec.vpcId],
  subnetId: (networkInterface) => [networkInterface.spec.subnetId],
  securityGroupId: (networkInterface) => networkInterface.spec.securityGroupIds,
  instanceId: ({ spec }) => (spec.attachment?.instanceId === undefined ? [] : [spec.attachment.instanceId]),
});
