import { resourceType, type Resource } from '#/store/resource.ts';

export type DhcpOptions = Resource<'AWS::EC2::DHCPOptions', DhcpOptionsSpec, Record<string, never>>;

export interface DhcpOptionsSpec {
  /** The set that every VPC starts with. */
  readonly isDefault: boolean;
  /** `domain-name` to its values, and so on. */
  readonly configurations: readonly { readonly key: string; readonly values: readonly string[] }[];
}

export const dhcpOptionsType = resourceType<DhcpOptions>('AWS::EC2::DHCPOptions');
