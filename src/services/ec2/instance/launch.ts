import { AwsError } from '#/lib/aws-error.ts';
import type { Context } from '#/services/contract.ts';
import {
  defaultSubnetMissing,
  defaultVpcMissing,
  imageIdMalformed,
  imageNotFound,
} from '#/services/ec2/compute-errors.ts';
import {
  groupNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
} from '#/services/ec2/errors.ts';
import { findZone } from '#/services/ec2/availability-zone/zones.ts';
import { findImage } from '#/services/ec2/image/catalog.ts';
import { instanceSizes, type InstanceSize } from '#/services/ec2/instance-type/catalog.ts';
import { requireFreeInterface, type InstanceInterfaceWish } from '#/services/ec2/instance/interfaces.ts';
import { resolveProfile } from '#/services/ec2/instance/profile.ts';
import type { InstanceSpec, RootVolume } from '#/services/ec2/instance/resource.ts';
import { requireKeyPair } from '#/services/ec2/key-pair/operations.ts';
import { requireLaunchTemplate, requireVersion } from '#/services/ec2/launch-template/lookup.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { requireSubnet } from '#/services/ec2/subnet/require.ts';
import { subnetType, type Subnet } from '#/services/ec2/subnet/resource.ts';
import { mergeTags, tagsOfSpecifications } from '#/services/ec2/tags.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import type { Tags } from '#/store/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

type RunInput = InputOf<Ec2Api, 'RunInstances'>;
type InterfaceInput = NonNullable<RunInput['NetworkInterfaces']>[number];

/** What RunInstances will make of each instance: everything resolved and checked, nothing written. */
export interface LaunchPlan {
  readonly subnet: Subnet;
  readonly spec: Pick<
    InstanceSpec,
    | 'imageId'
    | 'instanceType'
    | 'keyName'
    | 'userData'
    | 'iamInstanceProfileArn'
    | 'iamInstanceProfileId'
    | 'metadataOptions'
    | 'monitoring'
    | 'ebsOptimized'
    | 'disableApiTermination'
    | 'disableApiStop'
    | 'instanceInitiatedShutdownBehavior'
    | 'cpuCredits'
  >;
  readonly rootVolume: Omit<RootVolume, 'id'>;
  readonly interfaces: readonly InstanceInterfaceWish[];
  readonly tags: Tags;
}

/** Types of resources that RunInstances may tag. */
const taggedTypes = [
  'instance',
  'volume',
  'network-interface',
  'spot-instances-request',
  'elastic-gpu',
] as const;

/** Resolves a request: the template's values under the request's own, ids to what they name, defaults for the rest. */
export function planLaunch(given: RunInput, context: Context, imageAliases: readonly string[]): LaunchPlan {
  const { input, tags: templateTags } = withTemplate(given, context);
  const size = requireSize(input.InstanceType ?? 'm1.small');
  const imageId = requireImageId(input.ImageId, context, imageAliases);
  const subnet = chooseSubnet(input, context);
  if (input.KeyName !== undefined) requireKeyPair(context.store, input.KeyName);
  return {
    subnet,
    spec: {
      imageId,
      instanceType: size.name,
      keyName: input.KeyName,
      userData: input.UserData,
      ...resolveProfile(input.IamInstanceProfile, context),
      metadataOptions: {
        httpTokens: input.MetadataOptions?.HttpTokens ?? 'required',
        httpPutResponseHopLimit: input.MetadataOptions?.HttpPutResponseHopLimit ?? 2,
        httpEndpoint: input.MetadataOptions?.HttpEndpoint ?? 'enabled',
        instanceMetadataTags: input.MetadataOptions?.InstanceMetadataTags ?? 'disabled',
      },
      monitoring: input.Monitoring?.Enabled ?? false,
      ebsOptimized: input.EbsOptimized ?? false,
      disableApiTermination: input.DisableApiTermination ?? false,
      disableApiStop: input.DisableApiStop ?? false,
      instanceInitiatedShutdownBehavior: input.InstanceInitiatedShutdownBehavior ?? 'stop',
      cpuCredits: size.isBurstable ? creditsOf(input, size) : undefined,
    },
    rootVolume: rootVolumeOf(input),
    interfaces: planInterfaces(input, subnet, context),
    tags: mergeTags(tagsOfSpecifications(input.TagSpecifications, 'instance', taggedTypes), templateTags),
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html */
function withTemplate(given: RunInput, { store }: Context): { input: RunInput; tags: Tags } {
  if (!given.LaunchTemplate) return { input: given, tags: {} };
  const { LaunchTemplateId, LaunchTemplateName, Version } = given.LaunchTemplate;
  const template = requireLaunchTemplate(store, LaunchTemplateId, LaunchTemplateName);
  const version = requireVersion(template, Version);
  // Each member of a template has RunInstances' own shape; what is not known there is not read here.
  const data = version.data as Partial<RunInput>;
  const groups = given.SecurityGroupIds ?? given.SecurityGroups;
  return {
    input: {
      ...data,
      ...(groups ? { SecurityGroupIds: [], SecurityGroups: [] } : {}),
      ...given,
      TagSpecifications: joinTags(data.TagSpecifications, given.TagSpecifications),
      ...interfacesUnderSubnet(data.NetworkInterfaces, given),
    },
    tags: {
      'aws:ec2launchtemplate:id': template.id,
      'aws:ec2launchtemplate:version': String(version.number),
    },
  };
}

/** The request's subnet goes to the template's first interface, as for groups that launch into several subnets. */
function interfacesUnderSubnet(
  templates: InterfaceInput[] | undefined,
  given: RunInput,
): Pick<RunInput, 'NetworkInterfaces'> {
  if (given.NetworkInterfaces || !templates || given.SubnetId === undefined) return {};
  const { SubnetId } = given;
  return { NetworkInterfaces: templates.map((wish) => ({ ...wish, SubnetId })) };
}

function joinTags(
  below: RunInput['TagSpecifications'] | undefined,
  above: RunInput['TagSpecifications'] | undefined,
): NonNullable<RunInput['TagSpecifications']> {
  return taggedTypes.flatMap((ResourceType) => {
    const joined = new Map(
      [...(below ?? []), ...(above ?? [])]
        .filter((specification) => specification.ResourceType === ResourceType)
        .flatMap((specification) => specification.Tags ?? [])
        .map((tag) => [tag.Key, tag]),
    );
    return joined.size === 0 ? [] : [{ ResourceType, Tags: [...joined.values()] }];
  });
}

function requireSize(name: string): InstanceSize {
  const size = instanceSizes.get(name);
  if (!size) throw invalidParameterValue(`Invalid value '${name}' for InstanceType.`);
  return size;
}

function requireImageId(
  given: string | undefined,
  { call, region }: Context,
  aliases: readonly string[],
): string {
  if (given === undefined) throw missingParameter('ImageId');
  const prefix = 'resolve:ssm:';
  const imageId = given.startsWith(prefix) ? imageParameter(given.slice(prefix.length)) : given;
  if (!/^ami-[0-9a-f]{8,17}$/.test(imageId)) throw imageIdMalformed(imageId);
  if (!findImage(region, imageId, aliases)) throw imageNotFound(imageId);
  return imageId;

  function imageParameter(name: string): string {
    try {
      return call.ssm.GetParameter({ Name: name }).Parameter?.Value ?? '';
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ParameterNotFound')
        throw invalidParameterValue(`The parameter ${name} does not exist or cannot be read.`);
      throw error;
    }
  }
}

function creditsOf(input: RunInput, size: InstanceSize): 'standard' | 'unlimited' {
  const asked = input.CreditSpecification?.CpuCredits;
  if (asked === 'standard' || asked === 'unlimited') return asked;
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode.html
  return size.name.startsWith('t2.') ? 'standard' : 'unlimited';
}

function rootVolumeOf(input: RunInput): Omit<RootVolume, 'id'> {
  const root = input.BlockDeviceMappings?.find(({ DeviceName }) =>
    ['/dev/xvda', '/dev/sda1'].includes(DeviceName ?? ''),
  );
  return {
    sizeGib: root?.Ebs?.VolumeSize ?? 8,
    volumeType: root?.Ebs?.VolumeType ?? 'gp3',
    deleteOnTermination: root?.Ebs?.DeleteOnTermination ?? true,
    encrypted: root?.Ebs?.Encrypted ?? false,
    tags: tagsOfSpecifications(input.TagSpecifications, 'volume', taggedTypes),
  };
}

function chooseSubnet(input: RunInput, { store, region }: Context): Subnet {
  if (input.NetworkInterfaces && input.SubnetId !== undefined && !input.LaunchTemplate)
    throw invalidParameterCombination(
      'Network interfaces and an instance-level subnet ID may not be specified on the same request',
    );
  const primary = input.NetworkInterfaces?.find(({ DeviceIndex }) => (DeviceIndex ?? 0) === 0);
  if (primary?.NetworkInterfaceId !== undefined)
    return requireSubnet(store, requireFreeInterface(store, primary.NetworkInterfaceId).spec.subnetId);
  const subnetId = primary?.SubnetId ?? input.SubnetId;
  if (subnetId !== undefined) return requireSubnet(store, subnetId);
  const vpc = store.list(vpcType).find(({ spec }) => spec.isDefault);
  if (!vpc) throw defaultVpcMissing();
  const zone = input.Placement?.AvailabilityZone;
  if (zone !== undefined && !findZone(region, zone))
    throw invalidParameterValue(`Invalid availability zone: [${zone}]`);
  const subnet = store
    .listBy(subnetType, 'vpcId', vpc.id)
    .filter(({ spec }) => spec.isDefaultForAz && (zone === undefined || spec.availabilityZone === zone))
    .toSorted((a, b) => (a.spec.availabilityZone < b.spec.availabilityZone ? -1 : 1))[0];
  if (!subnet) throw defaultSubnetMissing(vpc.id);
  return subnet;
}

function planInterfaces(input: RunInput, subnet: Subnet, context: Context): readonly InstanceInterfaceWish[] {
  const tags = tagsOfSpecifications(input.TagSpecifications, 'network-interface', taggedTypes);
  if (!input.NetworkInterfaces || input.NetworkInterfaces.length === 0) {
    return [
      {
        networkInterfaceId: undefined,
        subnetId: subnet.id,
        securityGroupIds: resolveGroups(input, subnet, context),
        description: '',
        privateIpAddresses: input.PrivateIpAddress === undefined ? [] : [input.PrivateIpAddress],
        addressCount: 1,
        hasPublicAddress: subnet.spec.mapPublicIpOnLaunch,
        deleteOnTermination: true,
        deviceIndex: 0,
        tags,
      },
    ];
  }
  return input.NetworkInterfaces.map((wish, index) => ({
    networkInterfaceId: wish.NetworkInterfaceId,
    subnetId: wish.SubnetId ?? subnet.id,
    securityGroupIds: wish.Groups ?? resolveGroups(input, subnet, context),
    description: wish.Description ?? '',
    privateIpAddresses: chosenAddresses(wish),
    addressCount: 1 + (wish.SecondaryPrivateIpAddressCount ?? 0),
    hasPublicAddress:
      (wish.AssociatePublicIpAddress ?? subnet.spec.mapPublicIpOnLaunch) && (wish.DeviceIndex ?? index) === 0,
    deleteOnTermination: wish.DeleteOnTermination ?? wish.NetworkInterfaceId === undefined,
    deviceIndex: wish.DeviceIndex ?? index,
    tags,
  })).toSorted((a, b) => a.deviceIndex - b.deviceIndex);
}

function chosenAddresses(wish: InterfaceInput): string[] {
  const listed = (wish.PrivateIpAddresses ?? []).toSorted(
    (a, b) => Number(b.Primary ?? false) - Number(a.Primary ?? false),
  );
  return [
    ...(wish.PrivateIpAddress === undefined ? [] : [wish.PrivateIpAddress]),
    ...listed.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
  ];
}

function resolveGroups(input: RunInput, subnet: Subnet, { store }: Context): readonly string[] {
  const byName = (input.SecurityGroups ?? []).map((name) => {
    const found = store
      .listBy(securityGroupType, 'groupName', name)
      .find(({ spec }) => spec.vpcId === subnet.spec.vpcId);
    if (!found) throw groupNotFound(name);
    return found.id;
  });
  return [...(input.SecurityGroupIds ?? []), ...byName];
}
