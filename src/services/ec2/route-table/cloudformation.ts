import type { Properties, ResourceProvider } from '#/services/contract.ts';
import {
  given,
  requireText,
  splitPair,
  stable,
  tagsOfStack,
  textOf,
  unlessMissing,
  updatingTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-routetable.html */
export const routeTableProvider = updatingTags({
  type: 'AWS::EC2::RouteTable',
  create(properties, context) {
    const { RouteTable } = context.call.ec2.CreateRouteTable({
      VpcId: requireText(properties, 'VpcId'),
      TagSpecifications: [{ ResourceType: 'route-table', Tags: tagsOfStack(properties, context) }],
    });
    return RouteTable?.RouteTableId ?? '';
  },
  stability: stable,
  delete(routeTableId, { call }) {
    unlessMissing(() => call.ec2.DeleteRouteTable({ RouteTableId: routeTableId }));
  },
  attributes: (routeTableId) => ({ RouteTableId: routeTableId }),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-subnetroutetableassociation.html */
export const subnetRouteTableAssociationProvider: ResourceProvider = {
  type: 'AWS::EC2::SubnetRouteTableAssociation',
  create(properties, { call }) {
    const { AssociationId } = call.ec2.AssociateRouteTable({
      RouteTableId: requireText(properties, 'RouteTableId'),
      SubnetId: requireText(properties, 'SubnetId'),
    });
    return AssociationId ?? '';
  },
  stability: stable,
  delete(associationId, { call }) {
    unlessMissing(() => call.ec2.DisassociateRouteTable({ AssociationId: associationId }));
  },
  attributes: (associationId) => ({ Id: associationId }),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-route.html */
export const routeProvider: ResourceProvider = {
  type: 'AWS::EC2::Route',
  create(properties, { call }) {
    const input = toRouteInput(properties);
    call.ec2.CreateRoute(input);
    return `${input.RouteTableId}|${input.DestinationCidrBlock ?? input.DestinationIpv6CidrBlock ?? ''}`;
  },
  stability: stable,
  update(physicalId, properties, _previous, { call }) {
    call.ec2.ReplaceRoute(toRouteInput(properties));
    return physicalId;
  },
  delete(physicalId, { call }) {
    const [RouteTableId, destination] = splitPair(physicalId);
    unlessMissing(() =>
      call.ec2.DeleteRoute({
        RouteTableId,
        ...(destination.includes(':')
          ? { DestinationIpv6CidrBlock: destination }
          : { DestinationCidrBlock: destination }),
      }),
    );
  },
  attributes: (physicalId) => ({ CidrBlock: splitPair(physicalId)[1] }),
};

function toRouteInput(properties: Properties) {
  return {
    RouteTableId: requireText(properties, 'RouteTableId'),
    ...given({
      DestinationCidrBlock: textOf(properties, 'DestinationCidrBlock'),
      DestinationIpv6CidrBlock: textOf(properties, 'DestinationIpv6CidrBlock'),
      DestinationPrefixListId: textOf(properties, 'DestinationPrefixListId'),
      GatewayId: textOf(properties, 'GatewayId'),
      NatGatewayId: textOf(properties, 'NatGatewayId'),
      NetworkInterfaceId: textOf(properties, 'NetworkInterfaceId'),
      InstanceId: textOf(properties, 'InstanceId'),
      TransitGatewayId: textOf(properties, 'TransitGatewayId'),
      VpcPeeringConnectionId: textOf(properties, 'VpcPeeringConnectionId'),
      EgressOnlyInternetGatewayId: textOf(properties, 'EgressOnlyInternetGatewayId'),
      VpcEndpointId: textOf(properties, 'VpcEndpointId'),
    }),
  };
}
