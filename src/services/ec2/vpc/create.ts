import { cidrSize, parseCidr, renderAddress, type Cidr } from '#/lib/cidr.ts';
import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { zonesOf } from '#/services/ec2/availability-zone/zones.ts';
import { ensureDefaultDhcpOptions } from '#/services/ec2/dhcp-options/default.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { allowAllEntries } from '#/services/ec2/network-acl/rules.ts';
import { networkAclType } from '#/services/ec2/network-acl/resource.ts';
import { routeTableType } from '#/services/ec2/route-table/resource.ts';
import { allowAllEgress } from '#/services/ec2/security-group/rules.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { createSubnet } from '#/services/ec2/subnet/create.ts';
import { vpcType, type Vpc } from '#/services/ec2/vpc/resource.ts';
import type { Tags } from '#/store/resource.ts';

/** What making a VPC needs of the region. */
export type VpcMaker = Pick<Context, 'store' | 'random' | 'region'>;

export interface VpcWish {
  readonly cidrBlock: string;
  readonly isDefault?: boolean;
  readonly instanceTenancy?: 'default' | 'dedicated' | 'host';
  readonly tags?: Tags;
}

/** Makes a VPC with what every VPC has from the start: a security group, a network ACL and a main route table. */
export function createVpc(maker: VpcMaker, wish: VpcWish): Vpc {
  const { store, random } = maker;
  const vpc = store.create(vpcType, {
    id: resourceId('vpc', random),
    spec: {
      cidrBlocks: [{ associationId: resourceId('vpc-cidr-assoc', random), cidrBlock: wish.cidrBlock }],
      isDefault: wish.isDefault ?? false,
      instanceTenancy: wish.instanceTenancy ?? 'default',
      dhcpOptionsId: ensureDefaultDhcpOptions(maker).id,
      enableDnsSupport: true,
      enableDnsHostnames: wish.isDefault ?? false,
      enableNetworkAddressUsageMetrics: false,
    },
    status: { state: 'pending', appliedCidrBlocks: [] },
    tags: wish.tags ?? {},
  });
  createDefaultGroup(maker, vpc.id);
  store.create(networkAclType, {
    id: resourceId('acl', random),
    spec: { vpcId: vpc.id, isDefault: true, entries: allowAllEntries, associations: [] },
    status: {},
  });
  store.create(routeTableType, {
    id: resourceId('rtb', random),
    spec: {
      vpcId: vpc.id,
      associations: [{ associationId: resourceId('rtbassoc', random), subnetId: undefined }],
      routes: [],
    },
    status: {},
  });
  return vpc;
}

/**
 * The region's default VPC, made when there is none: 172.31.0.0/16, an Internet gateway, a public subnet in each zone.
 * https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
 */
export function ensureDefaultVpc(maker: VpcMaker): Vpc {
  const { store, random, region } = maker;
  const found = store.list(vpcType).find((vpc) => vpc.spec.isDefault);
  if (found) return found;
  const vpc = createVpc(maker, { cidrBlock: defaultVpcCidr, isDefault: true });
  const gateway = store.create(internetGatewayType, {
    id: resourceId('igw', random),
    spec: { vpcId: vpc.id },
    status: {},
  });
  for (const table of store.listBy(routeTableType, 'vpcId', vpc.id)) {
    store.setSpec(table, {
      ...table.spec,
      routes: [{ destination: '0.0.0.0/0', target: { type: 'gateway', gatewayId: gateway.id } }],
    });
  }
  for (const [index, zone] of zonesOf(region).entries()) {
    createSubnet(maker, {
      vpcId: vpc.id,
      cidrBlock: defaultSubnetCidr(index),
      availabilityZone: zone.name,
      mapPublicIpOnLaunch: true,
      isDefaultForAz: true,
    });
  }
  return vpc;
}

const defaultVpcCidr = '172.31.0.0/16';

/** The network of the nth default subnet: a /20 of the default VPC's. */
export function defaultSubnetCidr(index: number): string {
  const vpcCidr: Cidr = parseCidr(defaultVpcCidr) ?? { base: 0, prefixLength: 0 };
  return `${renderAddress(vpcCidr.base + index * cidrSize({ base: 0, prefixLength: 20 }))}/20`;
}

/** The group that interfaces get which name none: its members may talk to each other and to everyone outside. */
function createDefaultGroup({ store, random }: VpcMaker, vpcId: string): void {
  const id = resourceId('sg', random);
  store.create(securityGroupType, {
    id,
    spec: {
      vpcId,
      groupName: 'default',
      description: 'default VPC security group',
      rules: [
        {
          id: resourceId('sgr', random),
          isEgress: false,
          ipProtocol: '-1',
          fromPort: -1,
          toPort: -1,
          peer: { referencedGroupId: id },
          description: undefined,
          tags: {},
        },
        allowAllEgress(random),
      ],
    },
    status: { isApplied: false },
  });
}
