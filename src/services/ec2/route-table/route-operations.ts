import { parseCidr, renderCidr } from '#/lib/cidr.ts';
import type { Handlers } from '#/services/contract.ts';
import {
  gatewayNotAttached,
  instanceNotFound,
  internetGatewayNotFound,
  invalidCidr,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  natGatewayNotFound,
  routeExists,
  routeNotFound,
  unsupportedOperation,
} from '#/services/ec2/errors.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { natGatewayType } from '#/services/ec2/nat-gateway/resource.ts';
import { requireInterface } from '#/services/ec2/network-interface/require.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { requireTable } from '#/services/ec2/route-table/require.ts';
import type { RouteTable, RouteTarget } from '#/services/ec2/route-table/resource.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const routeOperations = {
  CreateRoute(input, { store }) {
    const table = requireTable(store, input.RouteTableId);
    const destination = requireDestination(input);
    requireForeignDestination(store, table, destination);
    const target = requireTarget(store, table, input);
    const current = table.spec.routes.find((route) => route.destination === destination);
    // The same again is no error.
    if (current && !isSameTarget(current.target, target)) throw routeExists(destination);
    if (!current) setRoutes(store, table, [...table.spec.routes, { destination, target }]);
    return { Return: true };
  },

  DeleteRoute(input, { store }) {
    const table = requireTable(store, input.RouteTableId);
    const destination = requireDestination(input);
    if (isLocal(store, table, destination))
      throw invalidParameterValue(`cannot remove local route ${destination} in route table ${table.id}`);
    const rest = table.spec.routes.filter((route) => route.destination !== destination);
    if (rest.length === table.spec.routes.length) throw routeNotFound(destination, table.id);
    setRoutes(store, table, rest);
    return {};
  },

  ReplaceRoute(input, { store }) {
    const table = requireTable(store, input.RouteTableId);
    const destination = requireDestination(input);
    const target = requireTarget(store, table, input);
    if (!table.spec.routes.some((route) => route.destination === destination))
      throw invalidParameterValue(
        `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
      );
    setRoutes(
      store,
      table,
      table.spec.routes.map((route) => (route.destination === destination ? { destination, target } : route)),
    );
    return {};
  },
} satisfies Handlers<Ec2Api>;

interface DestinationInput {
  readonly DestinationCidrBlock?: string;
  readonly DestinationIpv6CidrBlock?: string;
  readonly DestinationPrefixListId?: string;
}

interface TargetInput {
  readonly GatewayId?: string;
  readonly NatGatewayId?: string;
  readonly NetworkInterfaceId?: string;
  readonly InstanceId?: string;
  readonly TransitGatewayId?: string;
  readonly VpcPeeringConnectionId?: string;
  readonly EgressOnlyInternetGatewayId?: string;
  readonly VpcEndpointId?: string;
}

function requireDestination(input: DestinationInput): string {
  if (input.DestinationPrefixListId !== undefined)
    throw unsupportedOperation('Routes to prefix lists are not supported.');
  if (input.DestinationIpv6CidrBlock !== undefined) return input.DestinationIpv6CidrBlock;
  if (input.DestinationCidrBlock === undefined) throw missingParameter('destinationCidrBlock');
  const cidr = parseCidr(input.DestinationCidrBlock);
  if (!cidr) throw invalidCidr('destinationCidrBlock', input.DestinationCidrBlock);
  return renderCidr(cidr);
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html: no route may be as local as the local one. */
function requireForeignDestination(store: Store, table: RouteTable, destination: string): void {
  if (isLocal(store, table, destination)) throw routeExists(destination);
}

function isLocal(store: Store, table: RouteTable, destination: string): boolean {
  const vpc = requireVpc(store, table.spec.vpcId);
  return vpc.spec.cidrBlocks.some(({ cidrBlock }) => cidrBlock === destination);
}

function requireTarget(store: Store, table: RouteTable, input: TargetInput): RouteTarget {
  const { GatewayId, NatGatewayId, NetworkInterfaceId, InstanceId } = input;
  const given = [GatewayId, NatGatewayId, NetworkInterfaceId, InstanceId].filter((id) => id !== undefined);
  if (
    input.TransitGatewayId !== undefined ||
    input.VpcPeeringConnectionId !== undefined ||
    input.EgressOnlyInternetGatewayId !== undefined ||
    input.VpcEndpointId !== undefined
  )
    throw unsupportedOperation('Routes to this type of target are not supported.');
  if (given.length === 0) throw missingParameter('gatewayId, natGatewayId, networkInterfaceId or instanceId');
  if (given.length > 1)
    throw invalidParameterCombination('The request must contain exactly one target of the route');
  if (GatewayId !== undefined) return requireGatewayTarget(store, table, GatewayId);
  if (NatGatewayId !== undefined) {
    const gateway = store.get(natGatewayType, NatGatewayId);
    if (gateway?.spec.wish !== 'available') throw natGatewayNotFound(NatGatewayId);
    requireSameVpc(table, NatGatewayId, gateway.spec.vpcId);
    return { type: 'nat-gateway', natGatewayId: NatGatewayId };
  }
  if (NetworkInterfaceId !== undefined) {
    requireSameVpc(table, NetworkInterfaceId, requireInterface(store, NetworkInterfaceId).spec.vpcId);
    return { type: 'network-interface', networkInterfaceId: NetworkInterfaceId };
  }
  return requireInstanceTarget(store, table, InstanceId ?? '');
}

function requireGatewayTarget(store: Store, table: RouteTable, gatewayId: string): RouteTarget {
  const gateway = store.get(internetGatewayType, gatewayId);
  if (!gateway) throw internetGatewayNotFound(gatewayId);
  if (gateway.spec.vpcId === undefined) throw gatewayNotAttached(gatewayId, table.spec.vpcId);
  requireSameVpc(table, gatewayId, gateway.spec.vpcId);
  return { type: 'gateway', gatewayId };
}

/** An instance stands for its only interface. */
function requireInstanceTarget(store: Store, table: RouteTable, instanceId: string): RouteTarget {
  const interfaces = store.listBy(networkInterfaceType, 'instanceId', instanceId);
  const [first] = interfaces;
  if (!first) throw instanceNotFound(instanceId);
  if (interfaces.length > 1)
    throw new AwsError(
      'InvalidInstanceID',
      `There are multiple interfaces attached to instance '${instanceId}'. Please specify an interface ID for the operation instead.`,
    );
  requireSameVpc(table, instanceId, first.spec.vpcId);
  return { type: 'instance', instanceId };
}

function requireSameVpc(table: RouteTable, targetId: string, vpcId: string): void {
  if (vpcId !== table.spec.vpcId)
    throw invalidParameterValue(
      `route table ${table.id} and target ${targetId} belong to different networks`,
    );
}

function isSameTarget(a: RouteTarget, b: RouteTarget): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function setRoutes(store: Store, table: RouteTable, routes: RouteTable['spec']['routes']): void {
  store.setSpec(table, { ...table.spec, routes });
}
