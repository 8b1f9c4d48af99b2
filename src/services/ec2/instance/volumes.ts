import type * as aws from '@aws-sdk/client-ec2';
import type { Context, Handlers } from '#/services/contract.ts';
import { volumeNotFound } from '#/services/ec2/compute-errors.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { instanceType, type Instance } from '#/services/ec2/instance/resource.ts';
import { toTagList } from '#/services/ec2/tags.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** The API of volumes: each instance's disk is shown as the one volume it has. */
export const volumeOperations = {
  DescribeVolumes(input, context) {
    const all = context.store.list(instanceType).filter(({ status }) => status.state !== 'terminated');
    const byVolume = new Map(all.map((instance) => [instance.spec.rootVolume.id, instance]));
    const asked = input.VolumeIds?.map((id) => {
      const found = byVolume.get(id);
      if (!found) throw volumeNotFound(id);
      return found;
    });
    const found = filterItems(
      asked ?? all,
      input.Filters,
      {
        'attachment.device': () => '/dev/xvda',
        'attachment.instance-id': ({ id }) => id,
        'attachment.status': () => 'attached',
        'attachment.delete-on-termination': ({ spec }) => spec.rootVolume.deleteOnTermination,
        'availability-zone': ({ spec }) => spec.availabilityZone,
        encrypted: ({ spec }) => spec.rootVolume.encrypted,
        size: ({ spec }) => spec.rootVolume.sizeGib,
        status: () => 'in-use',
        'volume-id': ({ spec }) => spec.rootVolume.id,
        'volume-type': ({ spec }) => spec.rootVolume.volumeType,
      },
      ({ spec }) => spec.rootVolume.tags,
    );
    const { items, nextToken } = paginate(found, input);
    return {
      Volumes: items.map((instance) => toVolume(context, instance)),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },
} satisfies Handlers<Ec2Api>;

function toVolume({ region, account }: Context, { id, spec }: Instance): aws.Volume {
  const { rootVolume } = spec;
  return {
    VolumeId: rootVolume.id,
    VolumeArn: `arn:aws:ec2:${region}:${account}:volume/${rootVolume.id}`,
    OwnerId: account,
    Size: rootVolume.sizeGib,
    // Given in RunInstances, where the model has checked it.
    VolumeType: rootVolume.volumeType as aws.VolumeType,
    Encrypted: rootVolume.encrypted,
    AvailabilityZone: spec.availabilityZone,
    State: 'in-use',
    CreateTime: new Date(spec.launchedAt),
    MultiAttachEnabled: false,
    Tags: toTagList(rootVolume.tags),
    Attachments: [
      {
        InstanceId: id,
        VolumeId: rootVolume.id,
        Device: '/dev/xvda',
        State: 'attached',
        AttachTime: new Date(spec.launchedAt),
        DeleteOnTermination: rootVolume.deleteOnTermination,
      },
    ],
  };
}
