import { resourceType, type Resource } from '#/store/resource.ts';

export type SecurityGroup = Resource<'AWS::EC2::SecurityGroup', SecurityGroupSpec, SecurityGroupStatus>;

export interface SecurityGroupSpec {
  readonly vpcId: string;
  readonly groupName: string;
  readonly description: string;
  readonly rules: readonly SecurityGroupRule[];
}

/** One rule, one peer: AWS's `sgr-…`. */
export interface SecurityGroupRule {
  readonly id: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `-1`, or a protocol number. */
  readonly ipProtocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer:
    | { readonly cidrIpv4: string }
    | { readonly cidrIpv6: string }
    | { readonly referencedGroupId: string };
  readonly description: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface SecurityGroupStatus {
  readonly isApplied: boolean;
}

export const securityGroupType = resourceType<SecurityGroup>('AWS::EC2::SecurityGroup', {
  vpcId: (group) => [group.spec.vpcId],
  groupName: (group) => [group.spec.groupName],
});
