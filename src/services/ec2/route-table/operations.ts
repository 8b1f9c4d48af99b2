import { resourceId } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import {
  dependencyViolation,
  invalidParameterValue,
  missingParameter,
  resourceAlreadyAssociated,
  routeTableNotFound,
  unsupportedOperation,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { addAssociation, removeAssociation } from '#/services/ec2/route-table/associate.ts';
import { toTableOutput } from '#/services/ec2/route-table/output.ts';
import { requireAssociation, requireTable } from '#/services/ec2/route-table/require.ts';
import { isMainTable, routeTableType, type RouteTable } from '#/services/ec2/route-table/resource.ts';
import { requireSubnet } from '#/services/ec2/subnet/require.ts';
import { tagsOfSpecifications } from '#/services/ec2/tags.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Context } from '#/services/contract.ts';

export const routeTableOperations = {
  AssociateRouteTable({ RouteTableId, SubnetId, GatewayId }, { store, random }) {
    if (GatewayId !== undefined) throw unsupportedOperation('Gateway route tables are not supported.');
    if (SubnetId === undefined) throw missingParameter('subnetId');
    const table = requireTable(store, RouteTableId);
    const subnet = requireSubnet(store, SubnetId);
    if (subnet.spec.vpcId !== table.spec.vpcId)
      throw invalidParameterValue(
        `Route table ${table.id} and subnet ${subnet.id} belong to different networks`,
      );
    const [current] = store.listBy(routeTableType, 'subnetId', subnet.id);
    if (current && current.id !== table.id)
      throw resourceAlreadyAssociated(
        `the specified association for route table ${table.id} conflicts with an existing association`,
      );
    const existing = current?.spec.associations.find((association) => association.subnetId === subnet.id);
    return {
      AssociationId: existing?.associationId ?? addAssociation({ store, random }, table.id, subnet.id),
      AssociationState: { State: 'associated' },
    };
  },

  CreateRouteTable(input, context) {
    const { store, random } = context;
    const vpc = requireVpc(store, input.VpcId);
    const table = store.create(routeTableType, {
      id: resourceId('rtb', random),
      spec: { vpcId: vpc.id, associations: [], routes: [] },
      status: {},
      tags: tagsOfSpecifications(input.TagSpecifications, 'route-table'),
    });
    return { RouteTable: toTableOutput(table, context) };
  },

  DeleteRouteTable({ RouteTableId }, { store }) {
    const table = requireTable(store, RouteTableId);
    if (table.spec.associations.length > 0) throw dependencyViolation('routeTable', table.id);
    store.markDeleted(table);
    return {};
  },

  DescribeRouteTables(input, context) {
    const tables = chooseByIds(context.store.list(routeTableType), input.RouteTableIds, routeTableNotFound);
    const { items, nextToken } = describeResources(tables, input, tableFields(context));
    return { RouteTables: items.map((table) => toTableOutput(table, context)), NextToken: nextToken };
  },

  DisassociateRouteTable({ AssociationId }, { store }) {
    const { table, association } = requireAssociation(store, AssociationId);
    if (association.subnetId === undefined)
      throw invalidParameterValue(`cannot disassociate the main route table association ${AssociationId}`);
    removeAssociation({ store }, table, AssociationId);
    return {};
  },

  ReplaceRouteTableAssociation({ AssociationId, RouteTableId }, { store, random }) {
    const { table: from, association } = requireAssociation(store, AssociationId);
    const to = requireTable(store, RouteTableId);
    if (to.spec.vpcId !== from.spec.vpcId)
      throw invalidParameterValue(`route table ${to.id} and ${from.id} belong to different networks`);
    const associated = { State: 'associated' as const };
    if (to.id === from.id) return { NewAssociationId: AssociationId, AssociationState: associated };
    removeAssociation({ store }, from, AssociationId);
    return {
      NewAssociationId: addAssociation({ store, random }, to.id, association.subnetId),
      AssociationState: associated,
    };
  },
} satisfies Handlers<Ec2Api>;

function tableFields(context: Context): FilterFields<RouteTable> {
  const routesOf = (table: RouteTable) => toTableOutput(table, context).Routes ?? [];
  return {
    'association.gateway-id': () => undefined,
    'association.main': (table) => isMainTable(table),
    'association.route-table-association-id': ({ spec }) =>
      spec.associations.map(({ associationId }) => associationId),
    'association.route-table-id': ({ id, spec }) => (spec.associations.length > 0 ? id : undefined),
    'association.subnet-id': ({ spec }) => spec.associations.map(({ subnetId }) => subnetId),
    'owner-id': () => context.account,
    'route-table-id': ({ id }) => id,
    'route.destination-cidr-block': (table) => routesOf(table).map((route) => route.DestinationCidrBlock),
    'route.destination-ipv6-cidr-block': (table) =>
      routesOf(table).map((route) => route.DestinationIpv6CidrBlock),
    'route.destination-prefix-list-id': () => undefined,
    'route.gateway-id': (table) => routesOf(table).map((route) => route.GatewayId),
    'route.instance-id': (table) => routesOf(table).map((route) => route.InstanceId),
    'route.nat-gateway-id': (table) => routesOf(table).map((route) => route.NatGatewayId),
    'route.origin': (table) => routesOf(table).map((route) => route.Origin),
    'route.state': (table) => routesOf(table).map((route) => route.State),
    'route.transit-gateway-id': () => undefined,
    'route.vpc-peering-connection-id': () => undefined,
    'vpc-id': ({ spec }) => spec.vpcId,
  };
}
