import type { Context, Handlers } from '#/services/contract.ts';
import { zoneId } from '#/services/ec2/availability-zone/zones.ts';
import { disassociateInterface } from '#/services/ec2/eip/associate.ts';
import {
  attachmentNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  networkInterfaceInUse,
  networkInterfaceNotFound,
  notYours,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { privateDnsName } from '#/services/ec2/host-names.ts';
import { requireFreeAddress, takeFreeAddresses } from '#/services/ec2/network-interface/addresses.ts';
import { createInterface, groupsOrDefault } from '#/services/ec2/network-interface/create.ts';
import {
  toGroupIdentifiers,
  toInterfaceOutput,
  toPrivateAddresses,
} from '#/services/ec2/network-interface/output.ts';
import { requireInterface } from '#/services/ec2/network-interface/require.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { requireSubnet } from '#/services/ec2/subnet/require.ts';
import { tagsOfSpecifications } from '#/services/ec2/tags.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const networkInterfaceOperations = {
  CreateNetworkInterface(input, context) {
    const { store } = context;
    const members = input.PrivateIpAddresses ?? [];
    const secondary = members.filter(({ Primary }) => !Primary);
    const primary = input.PrivateIpAddress ?? members.find(({ Primary }) => Primary)?.PrivateIpAddress;
    const chosen = [primary, ...secondary.map(({ PrivateIpAddress }) => PrivateIpAddress)].filter(
      (address) => address !== undefined,
    );
    // A secondary address needs a primary one before it.
    const first =
      primary ?? takeFreeAddresses(context, requireSubnet(store, input.SubnetId), 1, chosen)[0] ?? '';
    const created = createInterface(context, {
      subnetId: input.SubnetId,
      securityGroupIds: input.Groups ?? [],
      description: input.Description ?? '',
      privateIpAddresses: primary === undefined ? [first, ...chosen] : chosen,
      addressCount: 1 + secondary.length + (input.SecondaryPrivateIpAddressCount ?? 0),
      tags: tagsOfSpecifications(input.TagSpecifications, 'network-interface'),
    });
    return { NetworkInterface: toInterfaceOutput(created, context) };
  },

  DeleteNetworkInterface({ NetworkInterfaceId }, { store }) {
    const found = requireInterface(store, NetworkInterfaceId);
    if (found.spec.attachment) throw networkInterfaceInUse(found.id);
    disassociateInterface(store, found.id);
    store.markDeleted(found);
    return {};
  },

  DescribeNetworkInterfaces(input, context) {
    const found = chooseByIds(
      context.store.list(networkInterfaceType),
      input.NetworkInterfaceIds,
      networkInterfaceNotFound,
    );
    const { items, nextToken } = describeResources(found, input, interfaceFields(context));
    return {
      NetworkInterfaces: items.map((item) => toInterfaceOutput(item, context)),
      NextToken: nextToken,
    };
  },

  DescribeNetworkInterfaceAttribute({ NetworkInterfaceId, Attribute }, context) {
    const found = requireInterface(context.store, NetworkInterfaceId);
    const output = toInterfaceOutput(found, context);
    return {
      NetworkInterfaceId: found.id,
      ...(Attribute === 'attachment' && output.Attachment ? { Attachment: output.Attachment } : {}),
      ...(Attribute === 'description' ? { Description: { Value: found.spec.description } } : {}),
      ...(Attribute === 'groupSet' ? { Groups: toGroupIdentifiers(found, context) } : {}),
      ...(Attribute === 'sourceDestCheck' ? { SourceDestCheck: { Value: found.spec.sourceDestCheck } } : {}),
    };
  },

  ModifyNetworkInterfaceAttribute(input, context) {
    const { store } = context;
    const found = requireInterface(store, input.NetworkInterfaceId);
    const { spec } = found;
    if (spec.requester !== undefined) throw notYours();
    const { attachment } = spec;
    const change = input.Attachment;
    if (change && attachment?.attachmentId !== change.AttachmentId)
      throw attachmentNotFound(change.AttachmentId ?? '');
    store.setSpec(found, {
      ...spec,
      description: input.Description?.Value ?? spec.description,
      sourceDestCheck: input.SourceDestCheck?.Value ?? spec.sourceDestCheck,
      securityGroupIds: input.Groups
        ? groupsOrDefault(context, spec.vpcId, requireGroups(input.Groups))
        : spec.securityGroupIds,
      attachment: attachment && {
        ...attachment,
        deleteOnTermination: change?.DeleteOnTermination ?? attachment.deleteOnTermination,
      },
    });
    return {};
  },

  ResetNetworkInterfaceAttribute({ NetworkInterfaceId }, { store }) {
    const found = requireInterface(store, NetworkInterfaceId);
    store.setSpec(found, { ...found.spec, sourceDestCheck: true });
    return {};
  },

  AssignPrivateIpAddresses(input, context) {
    const { store } = context;
    const found = requireInterface(store, input.NetworkInterfaceId);
    const subnet = requireSubnet(store, found.spec.subnetId);
    const { PrivateIpAddresses: chosen, SecondaryPrivateIpAddressCount: count } = input;
    if ((chosen === undefined) === (count === undefined))
      throw invalidParameterCombination(
        'Exactly one of privateIpAddresses and secondaryPrivateIpAddressCount must be given',
      );
    const moved = input.AllowReassignment ? takeFromOthers(store, found, chosen ?? []) : [];
    const added = chosen
      ? chosen.map((address) =>
          moved.includes(address) ? address : requireFreeAddress(context, subnet, address),
        )
      : takeFreeAddresses(context, subnet, count ?? 0);
    store.setSpec(found, {
      ...found.spec,
      privateIpAddresses: [...found.spec.privateIpAddresses, ...added],
    });
    return {
      NetworkInterfaceId: found.id,
      AssignedPrivateIpAddresses: added.map((PrivateIpAddress) => ({ PrivateIpAddress })),
      AssignedIpv4Prefixes: [],
    };
  },

  UnassignPrivateIpAddresses({ NetworkInterfaceId, PrivateIpAddresses = [] }, { store }) {
    const found = requireInterface(store, NetworkInterfaceId);
    const [primary, ...secondary] = found.spec.privateIpAddresses;
    if (PrivateIpAddresses.length === 0) throw missingParameter('privateIpAddress');
    for (const address of PrivateIpAddresses) {
      if (address === primary) throw invalidParameterValue('Primary IP address cannot be unassigned');
      if (!secondary.includes(address))
        throw invalidParameterValue(
          `Some of ${PrivateIpAddresses.join(', ')} are not assigned to interface ${found.id}`,
        );
    }
    store.setSpec(found, {
      ...found.spec,
      privateIpAddresses: found.spec.privateIpAddresses.filter(
        (address) => !PrivateIpAddresses.includes(address),
      ),
    });
    return {};
  },
} satisfies Handlers<Ec2Api>;

/** Takes secondary addresses from the interfaces that have them; answers those that were taken. */
function takeFromOthers(store: Store, to: NetworkInterface, addresses: readonly string[]): readonly string[] {
  const moved: string[] = [];
  for (const other of store.listBy(networkInterfaceType, 'subnetId', to.spec.subnetId)) {
    const taken = other.spec.privateIpAddresses
      .slice(1)
      .filter((address) => other.id !== to.id && addresses.includes(address));
    if (taken.length === 0) continue;
    moved.push(...taken);
    store.setSpec(other, {
      ...other.spec,
      privateIpAddresses: other.spec.privateIpAddresses.filter((address) => !taken.includes(address)),
    });
  }
  return moved;
}

function requireGroups(groupIds: readonly string[]): readonly string[] {
  if (groupIds.length === 0) throw missingParameter('groupId');
  return groupIds;
}

function interfaceFields(context: Context): FilterFields<NetworkInterface> {
  const { store, region, account } = context;
  const associationsOf = (item: NetworkInterface) =>
    toPrivateAddresses(item, context).map(({ Association }) => Association);
  return {
    'addresses.association.public-ip': (item) => associationsOf(item).map((found) => found?.PublicIp),
    'addresses.primary': ({ spec }) => spec.privateIpAddresses.map((_, index) => index === 0),
    'addresses.private-ip-address': ({ spec }) => spec.privateIpAddresses,
    'association.allocation-id': (item) => associationsOf(item).map((found) => found?.AllocationId),
    'association.association-id': (item) => associationsOf(item).map((found) => found?.AssociationId),
    'association.ip-owner-id': (item) => associationsOf(item).map((found) => found?.IpOwnerId),
    'association.public-dns-name': (item) => associationsOf(item).map((found) => found?.PublicDnsName),
    'association.public-ip': (item) => associationsOf(item).map((found) => found?.PublicIp),
    'attachment.attachment-id': ({ spec }) => spec.attachment?.attachmentId,
    'attachment.delete-on-termination': ({ spec }) => spec.attachment?.deleteOnTermination,
    'attachment.device-index': ({ spec }) => spec.attachment?.deviceIndex,
    'attachment.instance-id': ({ spec }) => spec.attachment?.instanceId,
    'attachment.instance-owner-id': ({ spec }) => spec.attachment && (spec.requester ?? account),
    'attachment.status': ({ spec }) => (spec.attachment ? 'attached' : 'detached'),
    'availability-zone': ({ spec }) => spec.availabilityZone,
    'availability-zone-id': ({ spec }) => zoneId(region, spec.availabilityZone),
    description: ({ spec }) => spec.description,
    'group-id': ({ spec }) => spec.securityGroupIds,
    'group-name': ({ spec }) =>
      spec.securityGroupIds.map((id) => store.getAny(securityGroupType, id)?.spec.groupName),
    'interface-type': ({ spec }) => spec.interfaceType,
    'ipv6-addresses.ipv6-address': () => undefined,
    'mac-address': ({ spec }) => spec.macAddress,
    'network-interface-id': ({ id }) => id,
    'owner-id': () => account,
    'private-dns-name': ({ spec }) => privateDnsName(spec.privateIpAddresses[0] ?? '', region),
    'private-ip-address': ({ spec }) => spec.privateIpAddresses[0],
    'requester-id': ({ spec }) => spec.requester,
    'requester-managed': ({ spec }) => spec.requester !== undefined,
    'source-dest-check': ({ spec }) => spec.sourceDestCheck,
    status: ({ spec }) => (spec.attachment ? 'in-use' : 'available'),
    'subnet-id': ({ spec }) => spec.subnetId,
    'vpc-id': ({ spec }) => spec.vpcId,
  };
}
