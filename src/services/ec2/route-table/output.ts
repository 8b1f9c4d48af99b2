import type * as aws from '@aws-sdk/client-ec2';
import { unreachable } from '#/lib/assert.ts';
import type { Context } from '#/services/contract.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { resolveTarget } from '#/services/ec2/route-table/decide.ts';
import type { Route, RouteTable, RouteTableAssociation } from '#/services/ec2/route-table/resource.ts';
import { toTagList } from '#/services/ec2/tags.ts';
import { readParts, wantedParts, type VpcParts } from '#/services/ec2/vpc/parts.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';

type Reader = Pick<Context, 'store' | 'account'>;

/** The route table as EC2 answers it. */
export function toTableOutput(table: RouteTable, { store, account }: Reader): aws.RouteTable {
  const vpc = store.get(vpcType, table.spec.vpcId);
  const parts = wantedParts(readParts(store, table.spec.vpcId));
  return {
    RouteTableId: table.id,
    VpcId: table.spec.vpcId,
    OwnerId: account,
    Associations: table.spec.associations.map((association) => toAssociationOutput(association, table.id)),
    PropagatingVgws: [],
    Routes: [
      ...(vpc?.spec.cidrBlocks ?? []).map(({ cidrBlock }) => ({
        DestinationCidrBlock: cidrBlock,
        GatewayId: 'local',
        Origin: 'CreateRouteTable' as const,
        State: 'active' as const,
      })),
      ...table.spec.routes.map((route) => toRouteOutput(route, parts, { store, account })),
    ],
    Tags: toTagList(table.tags),
  };
}

function toAssociationOutput(
  { associationId, subnetId }: RouteTableAssociation,
  routeTableId: string,
): aws.RouteTableAssociation {
  return {
    RouteTableAssociationId: associationId,
    RouteTableId: routeTableId,
    Main: subnetId === undefined,
    ...(subnetId === undefined ? {} : { SubnetId: subnetId }),
    AssociationState: { State: 'associated' },
  };
}

function toRouteOutput({ destination, target }: Route, parts: VpcParts, reader: Reader): aws.Route {
  return {
    ...(destination.includes(':')
      ? { DestinationIpv6CidrBlock: destination }
      : { DestinationCidrBlock: destination }),
    ...toTargetOutput(target, parts, reader),
    Origin: 'CreateRoute',
    State: resolveTarget(target, parts).type === 'blackhole' ? 'blackhole' : 'active',
  };
}

function toTargetOutput(target: Route['target'], parts: VpcParts, { store, account }: Reader): aws.Route {
  switch (target.type) {
    case 'gateway':
      return { GatewayId: target.gatewayId };
    case 'nat-gateway':
      return { NatGatewayId: target.natGatewayId };
    case 'network-interface': {
      const instanceId = store.get(networkInterfaceType, target.networkInterfaceId)?.spec.attachment
        ?.instanceId;
      return {
        NetworkInterfaceId: target.networkInterfaceId,
        ...(instanceId === undefined ? {} : { InstanceId: instanceId, InstanceOwnerId: account }),
      };
    }
    case 'instance': {
      const resolved = resolveTarget(target, parts);
      return {
        InstanceId: target.instanceId,
        InstanceOwnerId: account,
        ...(resolved.type === 'link' ? { NetworkInterfaceId: resolved.linkId } : {}),
      };
    }
    default:
      return unreachable(target);
  }
}
