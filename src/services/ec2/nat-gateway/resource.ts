import { resourceType, type Resource } from '#/store/resource.ts';

/** A public NAT gateway. Deleted ones stay visible for an hour, so they are not marked deleted before. */
export type NatGateway = Resource<'AWS::EC2::NatGateway', NatGatewaySpec, NatGatewayStatus>;

export interface NatGatewaySpec {
  readonly wish: 'available' | 'deleted';
  readonly vpcId: string;
  readonly subnetId: string;
  readonly allocationId: string;
  /** `eipassoc-…`; undefined when it failed to be created. */
  readonly associationId: string | undefined;
  readonly publicIp: string;
  /** Its own network interface, requester-managed; undefined when it failed to be created. */
  readonly networkInterfaceId: string | undefined;
  readonly privateIp: string | undefined;
  /** Why it could not be made, in AWS's words. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  readonly clientToken: string | undefined;
}

export interface NatGatewayStatus {
  readonly state: 'pending' | 'available' | 'deleting' | 'deleted' | 'failed';
  /** Milliseconds since the epoch; undefined while it lives. */
  readonly endedAt: number | undefined;
}

export const natGatewayType = resourceType<NatGateway>('AWS::EC2::NatGateway', {
  vpcId: (gateway) => [gateway.spec.vpcId],
  subnetId: (gateway) => [gateway.spec.subnetId],
  allocationId: (gateway) => [gateway.spec.allocationId],
  networkInterfaceId: ({ spec }) => (spec.networkInterfaceId === undefined ? [] : [spec.networkInterfaceId]),
  clientToken: ({ spec }) => (spec.clientToken === undefined ? [] : [spec.clientToken]),
});
