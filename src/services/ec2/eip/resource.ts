import { resourceType, type Resource } from '#/store/resource.ts';

/** An Elastic IP address; its id is the allocation id, `eipalloc-…`. */
export type Eip = Resource<'AWS::EC2::EIP', EipSpec, EipStatus>;

export interface EipSpec {
  readonly publicIp: string;
  readonly association: EipAssociation | undefined;
}

export interface EipAssociation {
  /** `eipassoc-…` */
  readonly associationId: string;
  readonly networkInterfaceId: string;
  /** The interface's VPC. */
  readonly vpcId: string;
  readonly privateIpAddress: string;
}

export interface EipStatus {
  /**
   * The VPC whose network maps the address now. Another may map it only when this one has let go: until then a
   * packet would have two ways.
   */
  readonly mappedVpcId: string | undefined;
}

export const eipType = resourceType<Eip>('AWS::EC2::EIP', {
  publicIp: (eip) => [eip.spec.publicIp],
  vpcId: ({ spec, status }) =>
    [...new Set([spec.association?.vpcId, status.mappedVpcId])].filter((id) => id !== undefined),
  networkInterfaceId: ({ spec }) => (spec.association ? [spec.association.networkInterfaceId] : []),
  associationId: ({ spec }) => (spec.association ? [spec.association.associationId] : []),
});
