import { resourceType, type Resource } from '#/store/resource.ts';

export type RouteTable = Resource<'AWS::EC2::RouteTable', RouteTableSpec, Record<string, never>>;

export interface RouteTableSpec {
  readonly vpcId: string;
  readonly associations: readonly RouteTableAssociation[];
  /** Those that were created; the VPC's own local routes are implied. */
  readonly routes: readonly Route[];
}

export interface RouteTableAssociation {
  /** `rtbassoc-…` */
  readonly associationId: string;
  /** Undefined for the main association: subnets without one of their own follow it. */
  readonly subnetId: string | undefined;
}

export interface Route {
  /** `0.0.0.0/0`, or an IPv6 network. */
  readonly destination: string;
  readonly target: RouteTarget;
}

export type RouteTarget =
  | { readonly type: 'gateway'; readonly gatewayId: string }
  | { readonly type: 'nat-gateway'; readonly natGatewayId: string }
  | { readonly type: 'network-interface'; readonly networkInterfaceId: string }
  | { readonly type: 'instance'; readonly instanceId: string };

export const routeTableType = resourceType<RouteTable>('AWS::EC2::RouteTable', {
  vpcId: (table) => [table.spec.vpcId],
  subnetId: (table) => table.spec.associations.flatMap(({ subnetId }) => subnetId ?? []),
  associationId: (table) => table.spec.associations.map(({ associationId }) => associationId),
});

/** Whether subnets without an association of their own follow this table. */
export function isMainTable(table: RouteTable): boolean {
  return table.spec.associations.some(({ subnetId }) => subnetId === undefined);
}
