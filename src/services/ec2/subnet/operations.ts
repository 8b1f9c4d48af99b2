import type * as aws from '@aws-sdk/client-ec2';
import { AwsError } from '#/lib/aws-error.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { findZone, zoneId, zonesOf, type Zone } from '#/services/ec2/availability-zone/zones.ts';
import {
  dependencyViolation,
  invalidParameterValue,
  missingParameter,
  subnetNotFound,
  unsupportedOperation,
} from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources, type FilterFields } from '#/services/ec2/filters.ts';
import { removeSubnetFromAcls } from '#/services/ec2/network-acl/associate.ts';
import { countFreeAddresses } from '#/services/ec2/network-interface/addresses.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { removeSubnetFromTables } from '#/services/ec2/route-table/associate.ts';
import { createSubnet } from '#/services/ec2/subnet/create.ts';
import { networksOverlap, requireSubnetCidr } from '#/services/ec2/subnet/decide.ts';
import { requireSubnet } from '#/services/ec2/subnet/require.ts';
import { subnetType, type Subnet } from '#/services/ec2/subnet/resource.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import { defaultSubnetCidr } from '#/services/ec2/vpc/create.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

export const subnetOperations = {
  CreateSubnet(input, context) {
    const { store, region } = context;
    if (input.Ipv6CidrBlock !== undefined || input.Ipv6Native)
      throw unsupportedOperation('This region has no IPv6.');
    const vpc = requireVpc(store, input.VpcId);
    if (input.CidrBlock === undefined) throw missingParameter('cidrBlock');
    const others = store.listBy(subnetType, 'vpcId', vpc.id).map(({ spec }) => spec.cidrBlock);
    const vpcCidrs = vpc.spec.cidrBlocks.map(({ cidrBlock }) => cidrBlock);
    const subnet = createSubnet(
      context,
      {
        vpcId: vpc.id,
        cidrBlock: requireSubnetCidr(input.CidrBlock, vpcCidrs, others),
        availabilityZone: requireZone(region, input.AvailabilityZone ?? input.AvailabilityZoneId).name,
        mapPublicIpOnLaunch: false,
        isDefaultForAz: false,
      },
      tagsOfSpecifications(input.TagSpecifications, 'subnet'),
    );
    return { Subnet: toSubnetOutput(subnet, context) };
  },

  CreateDefaultSubnet(input, context) {
    const { store, region } = context;
    const vpc = store.list(vpcType).find(({ spec }) => spec.isDefault);
    if (!vpc) throw new AwsError('DefaultVpcDoesNotExist', 'There is no default VPC in this region.');
    const zone = requireZone(region, input.AvailabilityZone ?? input.AvailabilityZoneId);
    const subnets = store.listBy(subnetType, 'vpcId', vpc.id);
    if (subnets.some(({ spec }) => spec.isDefaultForAz && spec.availabilityZone === zone.name))
      throw new AwsError(
        'DefaultSubnetAlreadyExistsInAvailabilityZone',
        `'${zone.name}' already has a default subnet.`,
      );
    const cidrBlock = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
      .map(defaultSubnetCidr)
      .find((candidate) => !subnets.some(({ spec }) => networksOverlap(spec.cidrBlock, candidate)));
    if (cidrBlock === undefined)
      throw invalidParameterValue(`${vpc.id} has no room for another default subnet.`);
    const subnet = createSubnet(context, {
      vpcId: vpc.id,
      cidrBlock,
      availabilityZone: zone.name,
      mapPublicIpOnLaunch: true,
      isDefaultForAz: true,
    });
    return { Subnet: toSubnetOutput(subnet, context) };
  },

  DeleteSubnet({ SubnetId }, { store }) {
    const subnet = requireSubnet(store, SubnetId);
    if (store.listBy(networkInterfaceType, 'subnetId', subnet.id).length > 0)
      throw dependencyViolation('subnet', subnet.id);
    removeSubnetFromAcls({ store }, subnet.id);
    removeSubnetFromTables({ store }, subnet.id);
    store.markDeleted(subnet);
    return {};
  },

  DescribeSubnets(input, context) {
    const subnets = chooseByIds(context.store.list(subnetType), input.SubnetIds, subnetNotFound);
    const { items, nextToken } = describeResources(subnets, input, subnetFields(context));
    return { Subnets: items.map((subnet) => toSubnetOutput(subnet, context)), NextToken: nextToken };
  },

  ModifySubnetAttribute(input, { store }) {
    const subnet = requireSubnet(store, input.SubnetId);
    if (input.AssignIpv6AddressOnCreation?.Value || input.EnableDns64?.Value)
      throw unsupportedOperation('This region has no IPv6.');
    store.setSpec(subnet, {
      ...subnet.spec,
      mapPublicIpOnLaunch: input.MapPublicIpOnLaunch?.Value ?? subnet.spec.mapPublicIpOnLaunch,
      privateDnsNameOptionsOnLaunch: {
        hostnameType:
          input.PrivateDnsHostnameTypeOnLaunch ??
          subnet.spec.privateDnsNameOptionsOnLaunch?.hostnameType ??
          'ip-name',
        enableResourceNameDnsARecord:
          input.EnableResourceNameDnsARecordOnLaunch?.Value ??
          subnet.spec.privateDnsNameOptionsOnLaunch?.enableResourceNameDnsARecord ??
          false,
      },
    });
    return {};
  },
} satisfies Handlers<Ec2Api>;

type Reader = Pick<Context, 'store' | 'region' | 'account'>;

/** The subnet as EC2 answers it. */
export function toSubnetOutput(subnet: Subnet, reader: Reader): aws.Subnet {
  const { region, account } = reader;
  const { spec } = subnet;
  return {
    SubnetId: subnet.id,
    SubnetArn: toSubnetArn(subnet.id, reader),
    VpcId: spec.vpcId,
    OwnerId: account,
    State: subnet.status.state,
    CidrBlock: spec.cidrBlock,
    AvailabilityZone: spec.availabilityZone,
    AvailabilityZoneId: zoneId(region, spec.availabilityZone),
    AvailableIpAddressCount: countFreeAddresses(reader, subnet),
    DefaultForAz: spec.isDefaultForAz,
    MapPublicIpOnLaunch: spec.mapPublicIpOnLaunch,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    Ipv6Native: false,
    EnableDns64: false,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: spec.privateDnsNameOptionsOnLaunch?.hostnameType ?? 'ip-name',
      EnableResourceNameDnsARecord: spec.privateDnsNameOptionsOnLaunch?.enableResourceNameDnsARecord ?? false,
      EnableResourceNameDnsAAAARecord: false,
    },
    BlockPublicAccessStates: { InternetGatewayBlockMode: 'off' },
    Tags: toTagList(subnet.tags),
  };
}

function toSubnetArn(id: string, { region, account }: Reader): string {
  return `arn:aws:ec2:${region}:${account}:subnet/${id}`;
}

function subnetFields(reader: Reader): FilterFields<Subnet> {
  return {
    'availability-zone': ({ spec }) => spec.availabilityZone,
    availabilityZone: ({ spec }) => spec.availabilityZone,
    'availability-zone-id': ({ spec }) => zoneId(reader.region, spec.availabilityZone),
    availabilityZoneId: ({ spec }) => zoneId(reader.region, spec.availabilityZone),
    'available-ip-address-count': (subnet) => countFreeAddresses(reader, subnet),
    cidr: ({ spec }) => spec.cidrBlock,
    'cidr-block': ({ spec }) => spec.cidrBlock,
    cidrBlock: ({ spec }) => spec.cidrBlock,
    'default-for-az': ({ spec }) => spec.isDefaultForAz,
    defaultForAz: ({ spec }) => spec.isDefaultForAz,
    'ipv6-cidr-block-association.ipv6-cidr-block': () => undefined,
    'ipv6-native': () => false,
    'map-public-ip-on-launch': ({ spec }) => spec.mapPublicIpOnLaunch,
    'owner-id': () => reader.account,
    state: ({ status }) => status.state,
    'subnet-arn': ({ id }) => toSubnetArn(id, reader),
    'subnet-id': ({ id }) => id,
    'vpc-id': ({ spec }) => spec.vpcId,
  };
}

/** The zone by name or id; the region's first when none is given. */
function requireZone(region: string, nameOrId: string | undefined): Zone {
  const names = zonesOf(region).map(({ name }) => name);
  const found = findZone(region, nameOrId ?? names[0] ?? '');
  if (!found)
    throw invalidParameterValue(
      `Value (${nameOrId}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${names.join(', ')}.`,
    );
  return found;
}
