import { assert } from '#/lib/assert.ts';
import { randomText, resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { takePublicAddress } from '#/services/ec2/eip/public-pool.ts';
import { groupNotFound, invalidParameterValue } from '#/services/ec2/errors.ts';
import { requireFreeAddress, takeFreeAddresses } from '#/services/ec2/network-interface/addresses.ts';
import {
  networkInterfaceType,
  type NetworkInterface,
  type NetworkInterfaceAttachment,
} from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { requireSubnet } from '#/services/ec2/subnet/require.ts';
import type { Tags } from '#/store/resource.ts';

/** What making a network interface needs of the region. */
export type InterfaceMaker = Pick<Context, 'store' | 'random' | 'publicPool'>;

export interface NetworkInterfaceWish {
  readonly subnetId: string;
  /** Empty means the VPC's default group. */
  readonly securityGroupIds: readonly string[];
  readonly description: string;
  /** Chosen addresses, primary first; the rest of `addressCount` are picked. */
  readonly privateIpAddresses?: readonly string[];
  /** How many private addresses in all; 1 unless told. */
  readonly addressCount?: number;
  readonly hasPublicAddress?: boolean;
  readonly interfaceType?: 'interface' | 'nat_gateway';
  readonly sourceDestCheck?: boolean;
  readonly requester?: string;
  readonly attachment?: NetworkInterfaceAttachment;
  readonly tags?: Tags;
}

/**
 * Makes a network interface: the one way for users, instances and services. Throws InvalidSubnetID.NotFound,
 * InvalidGroup.NotFound, InsufficientFreeAddressesInSubnet, InvalidIPAddress.InUse, InsufficientAddressCapacity.
 */
export function createInterface(maker: InterfaceMaker, wish: NetworkInterfaceWish): NetworkInterface {
  const subnet = requireSubnet(maker.store, wish.subnetId);
  const { vpcId, availabilityZone } = subnet.spec;
  // A NAT gateway is in no group: only network ACLs stand in its way.
  const securityGroupIds =
    wish.interfaceType === 'nat_gateway' ? [] : groupsOrDefault(maker, vpcId, wish.securityGroupIds);
  const chosen = (wish.privateIpAddresses ?? []).map((address) => requireFreeAddress(maker, subnet, address));
  if (new Set(chosen).size < chosen.length)
    throw invalidParameterValue('Duplicate private IP addresses are specified.');
  const pickedCount = Math.max((wish.addressCount ?? 1) - chosen.length, 0);
  return maker.store.create(networkInterfaceType, {
    id: resourceId('eni', maker.random),
    spec: {
      vpcId,
      subnetId: subnet.id,
      availabilityZone,
      description: wish.description,
      macAddress: takeMacAddress(maker),
      privateIpAddresses: [...chosen, ...takeFreeAddresses(maker, subnet, pickedCount, chosen)],
      securityGroupIds,
      sourceDestCheck: wish.sourceDestCheck ?? true,
      interfaceType: wish.interfaceType ?? 'interface',
      requester: wish.requester,
      publicIpAddress: wish.hasPublicAddress ? takePublicAddress(maker) : undefined,
      attachment: wish.attachment,
    },
    status: { isLinked: false },
    tags: wish.tags ?? {},
  });
}

/** The groups by id, checked; the VPC's default group when none are given. */
export function groupsOrDefault(
  { store }: Pick<Context, 'store'>,
  vpcId: string,
  groupIds: readonly string[],
): readonly string[] {
  for (const id of groupIds) {
    const group = store.get(securityGroupType, id);
    if (!group) throw groupNotFound(id);
    if (group.spec.vpcId !== vpcId)
      throw invalidParameterValue('You have specified two resources that belong to different networks.');
  }
  if (groupIds.length > 0) return [...new Set(groupIds)];
  const group = store
    .listBy(securityGroupType, 'vpcId', vpcId)
    .find(({ spec }) => spec.groupName === 'default');
  assert(group, `${vpcId} has a default security group`);
  return [group.id];
}

/** A locally administered address (`02:` and up), so that it can collide with no maker's. */
function takeMacAddress({ store, random }: InterfaceMaker): string {
  const used = new Set(store.listAny(networkInterfaceType).map(({ spec }) => spec.macAddress));
  for (;;) {
    const bytes = Array.from({ length: 5 }, () => randomText(random, '0123456789abcdef', 2));
    const address = ['0e', ...bytes].join(':');
    if (!used.has(address)) return address;
  }
}
