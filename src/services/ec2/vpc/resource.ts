import { resourceType, type Resource } from '#/store/resource.ts';

export type Vpc = Resource<'AWS::EC2::VPC', VpcSpec, VpcStatus>;

export interface VpcSpec {
  /** Primary first. */
  readonly cidrBlocks: readonly { readonly associationId: string; readonly cidrBlock: string }[];
  readonly isDefault: boolean;
  readonly instanceTenancy: 'default' | 'dedicated' | 'host';
  readonly dhcpOptionsId: string;
  readonly enableDnsSupport: boolean;
  readonly enableDnsHostnames: boolean;
  readonly enableNetworkAddressUsageMetrics: boolean;
}

export interface VpcStatus {
  readonly state: 'pending' | 'available';
  /** The networks that the kernel has; those that were added since are still being associated. */
  readonly appliedCidrBlocks: readonly string[];
}

export const vpcType = resourceType<Vpc>('AWS::EC2::VPC');
