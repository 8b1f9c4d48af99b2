import type * as aws from '@aws-sdk/client-ec2';
import { zoneId } from '#/services/ec2/availability-zone/zones.ts';
import type { Context } from '#/services/contract.ts';
import { eipType, type Eip } from '#/services/ec2/eip/resource.ts';
import { privateDnsName, publicDnsName } from '#/services/ec2/host-names.ts';
import type {
  NetworkInterface,
  NetworkInterfaceAttachment,
} from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { toTagList } from '#/services/ec2/tags.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';

type Reader = Pick<Context, 'store' | 'region' | 'account'>;

/** The network interface as EC2 answers it. */
export function toInterfaceOutput(networkInterface: NetworkInterface, reader: Reader): aws.NetworkInterface {
  const { id, spec } = networkInterface;
  const { region, account } = reader;
  const [primaryAddress = ''] = spec.privateIpAddresses;
  const addresses = toPrivateAddresses(networkInterface, reader);
  const attachment = toAttachmentOutput(spec.attachment, spec, account);
  return {
    NetworkInterfaceId: id,
    SubnetId: spec.subnetId,
    VpcId: spec.vpcId,
    AvailabilityZone: spec.availabilityZone,
    AvailabilityZoneId: zoneId(region, spec.availabilityZone),
    Description: spec.description,
    OwnerId: account,
    RequesterId: spec.requester,
    RequesterManaged: spec.requester !== undefined,
    Status: spec.attachment ? 'in-use' : 'available',
    MacAddress: spec.macAddress,
    PrivateIpAddress: primaryAddress,
    PrivateDnsName: privateDnsName(primaryAddress, region),
    PrivateIpAddresses: addresses,
    SourceDestCheck: spec.sourceDestCheck,
    Groups: toGroupIdentifiers(networkInterface, reader),
    // AWS answers `nat_gateway`, whatever its model says.
    InterfaceType: spec.interfaceType as aws.NetworkInterfaceType,
    Ipv6Addresses: [],
    ...(addresses[0]?.Association ? { Association: addresses[0].Association } : {}),
    ...(attachment ? { Attachment: attachment } : {}),
    TagSet: toTagList(networkInterface.tags),
  };
}

/** Its private addresses with the public ones that stand for them. */
export function toPrivateAddresses(
  { id, spec }: NetworkInterface,
  reader: Reader,
): aws.NetworkInterfacePrivateIpAddress[] {
  const eips = reader.store.listBy(eipType, 'networkInterfaceId', id);
  const hasNames = reader.store.get(vpcType, spec.vpcId)?.spec.enableDnsHostnames ?? false;
  return spec.privateIpAddresses.map((address, index) => {
    const eip = eips.find((candidate) => candidate.spec.association?.privateIpAddress === address);
    const association = toAssociation(eip, index === 0 ? spec.publicIpAddress : undefined, hasNames, reader);
    return {
      Primary: index === 0,
      PrivateIpAddress: address,
      PrivateDnsName: privateDnsName(address, reader.region),
      ...(association ? { Association: association } : {}),
    };
  });
}

/** The groups it is a member of, with their names. */
export function toGroupIdentifiers({ spec }: NetworkInterface, { store }: Reader): aws.GroupIdentifier[] {
  return spec.securityGroupIds.map((id) => ({
    GroupId: id,
    GroupName: store.getAny(securityGroupType, id)?.spec.groupName,
  }));
}

function toAssociation(
  eip: Eip | undefined,
  ownAddress: string | undefined,
  hasNames: boolean,
  { region, account }: Reader,
): aws.NetworkInterfaceAssociation | undefined {
  const publicIp = eip?.spec.publicIp ?? ownAddress;
  if (publicIp === undefined) return undefined;
  return {
    PublicIp: publicIp,
    PublicDnsName: hasNames ? publicDnsName(publicIp, region) : '',
    IpOwnerId: eip ? account : 'amazon',
    ...(eip ? { AllocationId: eip.id, AssociationId: eip.spec.association?.associationId } : {}),
  };
}

function toAttachmentOutput(
  attachment: NetworkInterfaceAttachment | undefined,
  { requester }: NetworkInterface['spec'],
  account: string,
): aws.NetworkInterfaceAttachment | undefined {
  if (!attachment) return undefined;
  return {
    AttachmentId: attachment.attachmentId,
    DeviceIndex: attachment.deviceIndex,
    NetworkCardIndex: 0,
    DeleteOnTermination: attachment.deleteOnTermination,
    Status: 'attached',
    AttachTime: new Date(attachment.attachedAt),
    ...(attachment.instanceId === undefined ? {} : { InstanceId: attachment.instanceId }),
    InstanceOwnerId: attachment.instanceId === undefined ? requester : account,
  };
}
