import { resourceType, type Resource } from '#/store/resource.ts';

export type NetworkAcl = Resource<'AWS::EC2::NetworkAcl', NetworkAclSpec, Record<string, never>>;

export interface NetworkAclSpec {
  readonly vpcId: string;
  readonly isDefault: boolean;
  /** Those that were created; the final deny (32767) is implied. */
  readonly entries: readonly NetworkAclEntry[];
  /** Each subnet of the VPC is in exactly one list. */
  readonly associations: readonly { readonly associationId: string; readonly subnetId: string }[];
}

export interface NetworkAclEntry {
  readonly ruleNumber: number;
  readonly isEgress: boolean;
  /** A protocol number, or `-1` for all. */
  readonly protocol: string;
  readonly ruleAction: 'allow' | 'deny';
  readonly cidrBlock: string | undefined;
  readonly ipv6CidrBlock: string | undefined;
  readonly portRange: { readonly from: number; readonly to: number } | undefined;
  readonly icmp: { readonly type: number; readonly code: number } | undefined;
}

export const networkAclType = resourceType<NetworkAcl>('AWS::EC2::NetworkAcl', {
  vpcId: (acl) => [acl.spec.vpcId],
  subnetId: (acl) => acl.spec.associations.map(({ subnetId }) => subnetId),
  associationId: (acl) => acl.spec.associations.map(({ associationId }) => associationId),
});
