import type * as aws from '@aws-sdk/client-ec2';
import type { Context } from '#/services/contract.ts';
import { zoneId } from '#/services/ec2/availability-zone/zones.ts';
import { privateDnsName, publicDnsName } from '#/services/ec2/host-names.ts';
import { instanceSizes } from '#/services/ec2/instance-type/catalog.ts';
import { interfacesOf, publicAddressOf } from '#/services/ec2/instance/interfaces.ts';
import type { Instance, InstanceStateName } from '#/services/ec2/instance/resource.ts';
import type { NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { toTagList } from '#/services/ec2/tags.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';

type Region = Pick<Context, 'store' | 'region' | 'account'>;

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
const stateCodes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** A state as the API shows it. */
export function toState(Name: InstanceStateName): { Name: InstanceStateName; Code: number } {
  return { Name, Code: stateCodes[Name] };
}

/** An instance as DescribeInstances and RunInstances show it. */
export function toInstanceOutput(region: Region, instance: Instance): aws.Instance {
  const { id, spec, status, tags } = instance;
  return {
    InstanceId: id,
    ImageId: spec.imageId,
    // Checked against the sizes, which have AWS's names, when it was launched.
    InstanceType: spec.instanceType as aws._InstanceType,
    State: toState(status.state),
    StateTransitionReason: transitionReason(instance),
    ...(status.stateReason === undefined
      ? {}
      : { StateReason: { Code: status.stateReason.code, Message: status.stateReason.message } }),
    ...(spec.keyName === undefined ? {} : { KeyName: spec.keyName }),
    ...(spec.clientToken === undefined ? {} : { ClientToken: spec.clientToken }),
    ...(spec.iamInstanceProfileArn === undefined
      ? {}
      : {
          IamInstanceProfile: { Arn: spec.iamInstanceProfileArn, Id: spec.iamInstanceProfileId },
        }),
    AmiLaunchIndex: spec.launchIndex,
    LaunchTime: new Date(spec.launchedAt),
    Placement: {
      AvailabilityZone: spec.availabilityZone,
      AvailabilityZoneId: zoneId(region.region, spec.availabilityZone),
      GroupName: '',
      Tenancy: 'default',
    },
    Monitoring: { State: spec.monitoring ? 'enabled' : 'disabled' },
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EnaSupport: true,
    EbsOptimized: spec.ebsOptimized,
    RootDeviceName: '/dev/xvda',
    RootDeviceType: 'ebs',
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    UsageOperationUpdateTime: new Date(spec.launchedAt),
    BootMode: 'uefi-preferred',
    CurrentInstanceBootMode: 'uefi',
    ProductCodes: [],
    CapacityReservationSpecification: { CapacityReservationPreference: 'open' },
    HibernationOptions: { Configured: false },
    EnclaveOptions: { Enabled: false },
    MaintenanceOptions: { AutoRecovery: 'default', RebootMigration: 'default' },
    PrivateDnsNameOptions: {
      HostnameType: 'ip-name',
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    MetadataOptions: {
      State: 'applied',
      HttpTokens: spec.metadataOptions.httpTokens,
      HttpPutResponseHopLimit: spec.metadataOptions.httpPutResponseHopLimit,
      HttpEndpoint: spec.metadataOptions.httpEndpoint,
      HttpProtocolIpv6: 'disabled',
      InstanceMetadataTags: spec.metadataOptions.instanceMetadataTags,
    },
    ...cpuOptions(spec.instanceType),
    Tags: toTagList(tags),
    ...networkOutput(region, instance),
  };
}

function cpuOptions(name: string): Pick<aws.Instance, 'CpuOptions'> {
  const size = instanceSizes.get(name);
  if (!size) return {};
  return { CpuOptions: { CoreCount: size.vcpus / size.threadsPerCore, ThreadsPerCore: size.threadsPerCore } };
}

/** What a terminated instance has no more: addresses, interfaces, disks. */
function networkOutput(region: Region, instance: Instance): Partial<aws.Instance> {
  const { store } = region;
  const { spec, status } = instance;
  const interfaces = interfacesOf(store, instance);
  const [primary] = interfaces;
  if (status.state === 'terminated' || !primary)
    return {
      PrivateDnsName: '',
      PublicDnsName: '',
      SecurityGroups: [],
      NetworkInterfaces: [],
      BlockDeviceMappings: [],
    };
  const address = primary.spec.privateIpAddresses[0] ?? '';
  const publicAddress = publicAddressOf(store, primary);
  return {
    VpcId: spec.vpcId,
    SubnetId: spec.subnetId,
    PrivateIpAddress: address,
    PrivateDnsName: privateDnsName(address, region.region),
    PublicDnsName: publicName(region, primary, publicAddress),
    ...(publicAddress === undefined ? {} : { PublicIpAddress: publicAddress }),
    SourceDestCheck: primary.spec.sourceDestCheck,
    SecurityGroups: toGroups(region, primary),
    NetworkInterfaces: interfaces.map((networkInterface) => toInterfaceOutput(region, networkInterface)),
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          VolumeId: spec.rootVolume.id,
          Status: 'attached',
          AttachTime: new Date(spec.launchedAt),
          DeleteOnTermination: spec.rootVolume.deleteOnTermination,
        },
      },
    ],
  };
}

function toInterfaceOutput(region: Region, networkInterface: NetworkInterface): aws.InstanceNetworkInterface {
  const { spec, id } = networkInterface;
  const association = toAssociation(region, networkInterface, spec.privateIpAddresses[0]);
  return {
    NetworkInterfaceId: id,
    Description: spec.description,
    InterfaceType: 'interface',
    MacAddress: spec.macAddress,
    OwnerId: region.account,
    PrivateIpAddress: spec.privateIpAddresses[0],
    PrivateDnsName: privateDnsName(spec.privateIpAddresses[0] ?? '', region.region),
    SourceDestCheck: spec.sourceDestCheck,
    Status: 'in-use',
    SubnetId: spec.subnetId,
    VpcId: spec.vpcId,
    Groups: toGroups(region, networkInterface),
    Ipv6Addresses: [],
    ...(association ? { Association: association } : {}),
    ...(spec.attachment
      ? {
          Attachment: {
            AttachmentId: spec.attachment.attachmentId,
            AttachTime: new Date(spec.attachment.attachedAt),
            DeleteOnTermination: spec.attachment.deleteOnTermination,
            DeviceIndex: spec.attachment.deviceIndex,
            NetworkCardIndex: 0,
            Status: 'attached',
          },
        }
      : {}),
    PrivateIpAddresses: spec.privateIpAddresses.map((address, index) => {
      const own = toAssociation(region, networkInterface, address);
      return {
        Primary: index === 0,
        PrivateIpAddress: address,
        PrivateDnsName: privateDnsName(address, region.region),
        ...(own ? { Association: own } : {}),
      };
    }),
  };
}

function toAssociation(
  region: Region,
  networkInterface: NetworkInterface,
  address: string | undefined,
): aws.InstanceNetworkInterfaceAssociation | undefined {
  const publicAddress = publicAddressOf(region.store, networkInterface, address);
  if (publicAddress === undefined) return undefined;
  return {
    IpOwnerId: networkInterface.spec.publicIpAddress === publicAddress ? 'amazon' : region.account,
    PublicIp: publicAddress,
    PublicDnsName: publicName(region, networkInterface, publicAddress),
  };
}

function publicName(region: Region, { spec }: NetworkInterface, address: string | undefined): string {
  const hasNames = region.store.getAny(vpcType, spec.vpcId)?.spec.enableDnsHostnames;
  return address === undefined || !hasNames ? '' : publicDnsName(address, region.region);
}

function toGroups({ store }: Region, { spec }: NetworkInterface): aws.GroupIdentifier[] {
  return spec.securityGroupIds.map((id) => ({
    GroupId: id,
    GroupName: store.getAny(securityGroupType, id)?.spec.groupName ?? '',
  }));
}

/** `User initiated (2026-01-31 12:00:00 GMT)`, as AWS words it. */
function transitionReason({ status }: Instance): string {
  if (!status.stateReason) return '';
  const at = `${new Date(status.stateChangedAt).toISOString().slice(0, 19).replace('T', ' ')} GMT`;
  if (status.stateReason.code === 'Client.UserInitiatedShutdown') return `User initiated (${at})`;
  if (status.stateReason.code === 'Client.InstanceInitiatedShutdown') return `Instance initiated (${at})`;
  return status.stateReason.code;
}
