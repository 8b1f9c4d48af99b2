import type * as aws from '@aws-sdk/client-ec2';
import { AwsError } from '#/lib/aws-error.ts';
import { resourceId } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import {
  dependencyViolation,
  gatewayNotAttached,
  internetGatewayNotFound,
  invalidParameterValue,
  resourceAlreadyAssociated,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources } from '#/services/ec2/filters.ts';
import { internetGatewayType, type InternetGateway } from '#/services/ec2/internet-gateway/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const internetGatewayOperations = {
  AttachInternetGateway({ InternetGatewayId, VpcId }, { store }) {
    const gateway = requireGateway(store, InternetGatewayId);
    const vpc = requireVpc(store, VpcId);
    if (gateway.spec.vpcId !== undefined)
      throw resourceAlreadyAssociated(
        `resource ${gateway.id} is already attached to network ${gateway.spec.vpcId}`,
      );
    if (store.listBy(internetGatewayType, 'vpcId', vpc.id).length > 0)
      throw invalidParameterValue(`Network ${vpc.id} already has an internet gateway attached`);
    store.setSpec(gateway, { vpcId: vpc.id });
    return {};
  },

  CreateInternetGateway(input, { store, random, account }) {
    const gateway = store.create(internetGatewayType, {
      id: resourceId('igw', random),
      spec: { vpcId: undefined },
      status: {},
      tags: tagsOfSpecifications(input.TagSpecifications, 'internet-gateway'),
    });
    return { InternetGateway: toGatewayOutput(gateway, account) };
  },

  DeleteInternetGateway({ InternetGatewayId }, { store }) {
    const gateway = requireGateway(store, InternetGatewayId);
    if (gateway.spec.vpcId !== undefined) throw dependencyViolation('internetGateway', gateway.id);
    // Detached, it is in no network.
    store.remove(gateway);
    return {};
  },

  DescribeInternetGateways(input, { store, account }) {
    const gateways = chooseByIds(
      store.list(internetGatewayType),
      input.InternetGatewayIds,
      internetGatewayNotFound,
    );
    const { items, nextToken } = describeResources(gateways, input, {
      'attachment.state': ({ spec }) => (spec.vpcId === undefined ? undefined : 'available'),
      'attachment.vpc-id': ({ spec }) => spec.vpcId,
      'internet-gateway-id': ({ id }) => id,
      'owner-id': () => account,
    });
    return {
      InternetGateways: items.map((gateway) => toGatewayOutput(gateway, account)),
      NextToken: nextToken,
    };
  },

  DetachInternetGateway({ InternetGatewayId, VpcId }, { store }) {
    const gateway = requireGateway(store, InternetGatewayId);
    if (gateway.spec.vpcId !== VpcId) throw gatewayNotAttached(gateway.id, VpcId);
    if (hasPublicAddresses(store, VpcId))
      throw new AwsError(
        'DependencyViolation',
        `Network ${VpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      );
    store.setSpec(gateway, { vpcId: undefined });
    return {};
  },
} satisfies Handlers<Ec2Api>;

function requireGateway(store: Store, id: string): InternetGateway {
  const gateway = store.get(internetGatewayType, id);
  if (!gateway) throw internetGatewayNotFound(id);
  return gateway;
}

function hasPublicAddresses(store: Store, vpcId: string): boolean {
  return (
    store.listBy(eipType, 'vpcId', vpcId).some(({ spec }) => spec.association?.vpcId === vpcId) ||
    store.listBy(networkInterfaceType, 'vpcId', vpcId).some(({ spec }) => spec.publicIpAddress !== undefined)
  );
}

function toGatewayOutput({ id, spec, tags }: InternetGateway, account: string): aws.InternetGateway {
  return {
    InternetGatewayId: id,
    OwnerId: account,
    // EC2 answers `available` here although its model only knows `attached`.
    Attachments:
      spec.vpcId === undefined ? [] : [{ State: 'available' as aws.AttachmentStatus, VpcId: spec.vpcId }],
    Tags: toTagList(tags),
  };
}
