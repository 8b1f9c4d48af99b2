import type * as aws from '@aws-sdk/client-ec2';
import { resourceId } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { associateEip, disassociateEip, instanceIdOf } from '#/services/ec2/eip/associate.ts';
import { takePublicAddress } from '#/services/ec2/eip/public-pool.ts';
import { eipType, type Eip } from '#/services/ec2/eip/resource.ts';
import {
  addressInUse,
  addressNotFound,
  allocationNotFound,
  associationNotFound,
  gatewayMissing,
  instanceNotFound,
  invalidParameterValue,
  missingParameter,
  notYours,
  resourceAlreadyAssociated,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { requireInterface } from '#/services/ec2/network-interface/require.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const eipOperations = {
  AllocateAddress(input, context) {
    const { store, random, region } = context;
    if (input.Address !== undefined) throw notYours();
    const eip = store.create(eipType, {
      id: resourceId('eipalloc', random),
      spec: { publicIp: takePublicAddress(context), association: undefined },
      status: { mappedVpcId: undefined },
      tags: tagsOfSpecifications(input.TagSpecifications, 'elastic-ip'),
    });
    return {
      AllocationId: eip.id,
      PublicIp: eip.spec.publicIp,
      Domain: 'vpc',
      PublicIpv4Pool: 'amazon',
      NetworkBorderGroup: region,
    };
  },

  AssociateAddress(input, context) {
    const { store } = context;
    const eip = requireEip(store, input);
    const networkInterface = requireTarget(store, input);
    const { vpcId, privateIpAddresses } = networkInterface.spec;
    const privateIpAddress = input.PrivateIpAddress ?? privateIpAddresses[0] ?? '';
    if (!privateIpAddresses.includes(privateIpAddress))
      throw invalidParameterValue(
        `You must specify a private IP address that is assigned to ${networkInterface.id}`,
      );
    if (store.listBy(internetGatewayType, 'vpcId', vpcId).length === 0) throw gatewayMissing(vpcId);
    const current = eip.spec.association;
    requireOwnInterface(store, networkInterface.id);
    requireOwnInterface(store, current?.networkInterfaceId);
    if (current?.networkInterfaceId === networkInterface.id && current.privateIpAddress === privateIpAddress)
      return { AssociationId: current.associationId };
    if (current && !input.AllowReassociation)
      throw resourceAlreadyAssociated(
        `resource ${eip.id} is already associated with associate-id ${current.associationId}`,
      );
    return { AssociationId: associateEip(context, eip, networkInterface, privateIpAddress) };
  },

  DescribeAddresses(input, context) {
    const { store } = context;
    const named = (input.PublicIps ?? []).map((PublicIp) => requireEip(store, { PublicIp }).id);
    const chosen = chooseByIds(
      store.list(eipType),
      [...(input.AllocationIds ?? []), ...named],
      allocationNotFound,
    );
    const { items } = describeResources(chosen, input, addressFields(context));
    return { Addresses: items.map((eip) => toAddressOutput(eip, context)) };
  },

  DescribeAddressesAttribute(input, { store }) {
    const chosen = chooseByIds(store.list(eipType), input.AllocationIds, allocationNotFound);
    // Reverse names cannot be set, so no address has one.
    return {
      Addresses: chosen.map(({ id, spec }) => ({ AllocationId: id, PublicIp: spec.publicIp })),
    };
  },

  DisassociateAddress({ AssociationId, PublicIp }, { store }) {
    if (AssociationId === undefined && PublicIp === undefined) throw missingParameter('associationId');
    const eip =
      AssociationId === undefined
        ? requireEip(store, PublicIp === undefined ? {} : { PublicIp })
        : requireAssociated(store, AssociationId);
    requireOwnInterface(store, eip.spec.association?.networkInterfaceId);
    disassociateEip(store, eip);
    return {};
  },

  ReleaseAddress(input, { store }) {
    const eip = requireEip(store, input);
    if (eip.spec.association) throw addressInUse(eip.spec.publicIp);
    // A network that still maps the address lets go of it first; its VPC's controller forgets it then.
    if (eip.status.mappedVpcId === undefined) store.remove(eip);
    else store.markDeleted(eip);
    return {};
  },
} satisfies Handlers<Ec2Api>;

/** The address as EC2 answers it. */
export function toAddressOutput(
  eip: Eip,
  { store, region, account }: Pick<Context, 'store' | 'region' | 'account'>,
): aws.Address {
  const { association, publicIp } = eip.spec;
  const instanceId = instanceIdOf(store, eip);
  return {
    AllocationId: eip.id,
    PublicIp: publicIp,
    Domain: 'vpc',
    PublicIpv4Pool: 'amazon',
    NetworkBorderGroup: region,
    ...(association
      ? {
          AssociationId: association.associationId,
          NetworkInterfaceId: association.networkInterfaceId,
          NetworkInterfaceOwnerId: account,
          PrivateIpAddress: association.privateIpAddress,
        }
      : {}),
    ...(instanceId === undefined ? {} : { InstanceId: instanceId }),
    Tags: toTagList(eip.tags),
  };
}

/** The address by allocation id or by itself. */
export function requireEip(
  store: Store,
  { AllocationId, PublicIp }: { readonly AllocationId?: string; readonly PublicIp?: string },
): Eip {
  if (AllocationId !== undefined) {
    const eip = store.get(eipType, AllocationId);
    if (!eip) throw allocationNotFound(AllocationId);
    return eip;
  }
  if (PublicIp === undefined) throw missingParameter('allocationId');
  const [eip] = store.listBy(eipType, 'publicIp', PublicIp);
  if (!eip) throw addressNotFound(PublicIp);
  return eip;
}

function requireAssociated(store: Store, associationId: string): Eip {
  const [eip] = store.listBy(eipType, 'associationId', associationId);
  if (!eip) throw associationNotFound(associationId);
  return eip;
}

/**
 * Refuses what would take the address from an interface that a service holds, as a NAT gateway does, which could
 * never work again. https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
 */
function requireOwnInterface(store: Store, networkInterfaceId: string | undefined): void {
  const found = networkInterfaceId && store.get(networkInterfaceType, networkInterfaceId);
  if (found && found.spec.requester !== undefined) throw notYours();
}

function requireTarget(
  store: Store,
  { NetworkInterfaceId, InstanceId }: { readonly NetworkInterfaceId?: string; readonly InstanceId?: string },
): NetworkInterface {
  if (NetworkInterfaceId !== undefined) return requireInterface(store, NetworkInterfaceId);
  if (InstanceId === undefined) throw missingParameter('instanceId or networkInterfaceId');
  const found = store
    .listBy(networkInterfaceType, 'instanceId', InstanceId)
    .find(({ spec }) => spec.attachment?.deviceIndex === 0);
  if (!found) throw instanceNotFound(InstanceId);
  return found;
}

function addressFields({ store, account, region }: Context): FilterFields<Eip> {
  return {
    'allocation-id': ({ id }) => id,
    'association-id': ({ spec }) => spec.association?.associationId,
    domain: () => 'vpc',
    'instance-id': (eip) => instanceIdOf(store, eip),
    'network-border-group': () => region,
    'network-interface-id': ({ spec }) => spec.association?.networkInterfaceId,
    'network-interface-owner-id': ({ spec }) => (spec.association ? account : undefined),
    'private-ip-address': ({ spec }) => spec.association?.privateIpAddress,
    'public-ip': ({ spec }) => spec.publicIp,
  };
}
