import type * as aws from '@aws-sdk/client-ec2';
import type { Handlers } from '#/services/contract.ts';
import { imageIdMalformed, imageNotFound } from '#/services/ec2/compute-errors.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { findImage, publicImages, type PublicImage } from '#/services/ec2/image/catalog.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** Amazon's account for its Linux images. */
const amazonAccount = '137112412989';

/** The API of images: the public ones that the region's machines can boot. */
export function imageOperations(imageAliases: readonly string[]): Pick<Handlers<Ec2Api>, 'DescribeImages'> {
  return {
    DescribeImages(input, { region }) {
      const ofOwner = (input.Owners ?? ['amazon']).some((owner) => ['amazon', amazonAccount].includes(owner));
      const isPublic = input.ExecutableUsers === undefined || input.ExecutableUsers.includes('all');
      const asked = input.ImageIds
        ? input.ImageIds.map((id) => requireImage(region, id, imageAliases))
        : publicImages(region);
      const found = filterItems(ofOwner && isPublic ? asked : [], input.Filters, {
        architecture: () => 'x86_64',
        'creation-date': (image) => image.creationDate,
        description: (image) => image.description,
        'ena-support': () => true,
        hypervisor: () => 'xen',
        'image-id': (image) => image.amiId,
        'image-type': () => 'machine',
        'is-public': () => true,
        name: (image) => image.name,
        'owner-alias': () => 'amazon',
        'owner-id': () => amazonAccount,
        platform: () => undefined,
        'root-device-name': (image) => image.rootDeviceName,
        'root-device-type': () => 'ebs',
        state: () => 'available',
        'virtualization-type': () => 'hvm',
        'block-device-mapping.volume-type': () => 'gp3',
      });
      const { items, nextToken } = paginate(found, input);
      return { Images: items.map(toOutput), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
    },
  };
}

function requireImage(region: string, id: string, aliases: readonly string[]): PublicImage {
  if (!/^ami-[0-9a-f]{8,17}$/.test(id)) throw imageIdMalformed(id);
  const found = findImage(region, id, aliases);
  if (!found) throw imageNotFound(id);
  return { ...found, amiId: id };
}

function toOutput(image: PublicImage): aws.Image {
  return {
    ImageId: image.amiId,
    Name: image.name,
    Description: image.description,
    ImageLocation: `amazon/${image.name}`,
    ImageOwnerAlias: 'amazon',
    OwnerId: amazonAccount,
    Public: true,
    State: 'available',
    ImageType: 'machine',
    Architecture: 'x86_64',
    CreationDate: image.creationDate,
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    EnaSupport: true,
    SriovNetSupport: 'simple',
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    BootMode: 'uefi-preferred',
    ImdsSupport: 'v2.0',
    RootDeviceName: image.rootDeviceName,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDeviceName,
        Ebs: {
          DeleteOnTermination: true,
          VolumeSize: 8,
          VolumeType: 'gp3',
          Iops: 3000,
          Throughput: 125,
          Encrypted: false,
        },
      },
    ],
  };
}
