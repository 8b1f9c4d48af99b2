import type * as aws from '@aws-sdk/client-ec2';
import { AwsError } from '#/lib/aws-error.ts';
import { resourceId } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { associateEip, disassociateInterface } from '#/services/ec2/eip/associate.ts';
import { requireEip } from '#/services/ec2/eip/operations.ts';
import type { Eip } from '#/services/ec2/eip/resource.ts';
import {
  natGatewayNotFound,
  resourceAlreadyAssociated,
  unsupportedOperation,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources } from '#/services/ec2/filters.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { natGatewayType, type NatGateway, type NatGatewaySpec } from '#/services/ec2/nat-gateway/resource.ts';
import { createManagedInterface, deleteManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { requireSubnet } from '#/services/ec2/subnet/require.ts';
import type { Subnet } from '#/services/ec2/subnet/resource.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

export const natGatewayOperations = {
  CreateNatGateway(input, context) {
    const { store, random } = context;
    const [earlier] =
      input.ClientToken === undefined ? [] : store.listBy(natGatewayType, 'clientToken', input.ClientToken);
    if (earlier) return { ClientToken: input.ClientToken, NatGateway: toNatGatewayOutput(earlier) };
    if (input.ConnectivityType === 'private')
      throw unsupportedOperation('Private NAT gateways are not supported.');
    if (input.SubnetId === undefined) throw missing('SubnetId');
    const subnet = requireSubnet(store, input.SubnetId);
    if (input.AllocationId === undefined) throw missing('AllocationId');
    const eip = requireEip(store, { AllocationId: input.AllocationId });
    if (eip.spec.association)
      throw resourceAlreadyAssociated(`Elastic IP address [${eip.id}] is already associated`);
    const id = resourceId('nat', random);
    const gateway = store.create(natGatewayType, {
      id,
      spec: {
        wish: 'available',
        vpcId: subnet.spec.vpcId,
        subnetId: subnet.id,
        allocationId: eip.id,
        publicIp: eip.spec.publicIp,
        clientToken: input.ClientToken,
        ...connect(context, id, subnet, eip, input.PrivateIpAddress),
      },
      status: { state: 'pending', endedAt: undefined },
      tags: tagsOfSpecifications(input.TagSpecifications, 'natgateway'),
    });
    return {
      ...(input.ClientToken === undefined ? {} : { ClientToken: input.ClientToken }),
      NatGateway: toNatGatewayOutput(gateway),
    };
  },

  DeleteNatGateway({ NatGatewayId }, context) {
    const { store } = context;
    const gateway = store.get(natGatewayType, NatGatewayId);
    if (!gateway) throw natGatewayNotFound(NatGatewayId);
    const { networkInterfaceId } = gateway.spec;
    if (gateway.spec.wish === 'available') store.setSpec(gateway, { ...gateway.spec, wish: 'deleted' });
    if (networkInterfaceId !== undefined) {
      disassociateInterface(store, networkInterfaceId);
      deleteManagedInterface(context, networkInterfaceId);
    }
    return { NatGatewayId: gateway.id };
  },

  DescribeNatGateways(input, { store }) {
    const gateways = chooseByIds(store.list(natGatewayType), input.NatGatewayIds, natGatewayNotFound);
    const { Filter: filters, ...page } = input;
    const { items, nextToken } = describeResources(
      gateways,
      { ...page, ...(filters ? { Filters: filters } : {}) },
      {
        'connectivity-type': () => 'public',
        'nat-gateway-id': ({ id }) => id,
        state: toState,
        'subnet-id': ({ spec }) => spec.subnetId,
        'vpc-id': ({ spec }) => spec.vpcId,
      },
    );
    return { NatGateways: items.map(toNatGatewayOutput), NextToken: nextToken };
  },
} satisfies Handlers<Ec2Api>;

/** Gives a new gateway its interface and its address, or the reason why it cannot work. */
function connect(
  context: Context,
  natGatewayId: string,
  subnet: Subnet,
  eip: Eip,
  privateIpAddress: string | undefined,
): Pick<NatGatewaySpec, 'associationId' | 'networkInterfaceId' | 'privateIp' | 'failure'> {
  const { vpcId } = subnet.spec;
  if (context.store.listBy(internetGatewayType, 'vpcId', vpcId).length === 0)
    return {
      associationId: undefined,
      networkInterfaceId: undefined,
      privateIp: undefined,
      failure: {
        code: 'Gateway.NotAttached',
        message: `Network ${vpcId} has no Internet gateway attached`,
      },
    };
  const own = createManagedInterface(context, {
    subnetId: subnet.id,
    securityGroupIds: [],
    description: `Interface for NAT Gateway ${natGatewayId}`,
    requester: 'amazon-aws',
    hasPublicAddress: false,
    interfaceType: 'nat_gateway',
    sourceDestCheck: false,
    ...(privateIpAddress === undefined ? {} : { privateIpAddress }),
  });
  const privateIp = own.spec.privateIpAddresses[0] ?? '';
  return {
    associationId: associateEip(context, eip, own, privateIp),
    networkInterfaceId: own.id,
    privateIp,
    failure: undefined,
  };
}

/** Its state as EC2 answers it: a wish to be gone shows at once. */
function toState({ spec, status }: NatGateway): aws.NatGatewayState {
  return spec.wish === 'deleted' && status.endedAt === undefined ? 'deleting' : status.state;
}

/** The NAT gateway as EC2 answers it. */
export function toNatGatewayOutput(gateway: NatGateway): aws.NatGateway {
  const { spec, status } = gateway;
  return {
    NatGatewayId: gateway.id,
    VpcId: spec.vpcId,
    SubnetId: spec.subnetId,
    State: toState(gateway),
    ConnectivityType: 'public',
    CreateTime: new Date(gateway.createdAt),
    ...(status.endedAt === undefined ? {} : { DeleteTime: new Date(status.endedAt) }),
    ...(spec.failure ? { FailureCode: spec.failure.code, FailureMessage: spec.failure.message } : {}),
    NatGatewayAddresses: [
      {
        AllocationId: spec.allocationId,
        IsPrimary: true,
        Status: spec.failure ? 'failed' : 'succeeded',
        ...(spec.networkInterfaceId === undefined
          ? {}
          : {
              AssociationId: spec.associationId,
              NetworkInterfaceId: spec.networkInterfaceId,
              PrivateIp: spec.privateIp,
              PublicIp: spec.publicIp,
            }),
      },
    ],
    Tags: toTagList(gateway.tags),
  };
}

function missing(parameter: string): AwsError {
  return new AwsError(
    'MissingParameter',
    `The request must include the ${parameter} parameter. Add the required parameter and retry the request.`,
  );
}
