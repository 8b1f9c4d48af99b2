import { uuid } from '#/lib/random.ts';
import { autoScalingGroupType } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import {
  launchConfigurationExists,
  launchConfigurationInUse,
  launchConfigurationNotFound,
  validationError,
} from '#/services/autoscaling/errors.ts';
import { launchConfigurationType } from '#/services/autoscaling/launch-configuration/resource.ts';
import { paginate } from '#/services/autoscaling/pages.ts';
import type { Handlers } from '#/services/contract.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

/** The API of launch configurations. */
export const launchConfigurationOperations = {
  CreateLaunchConfiguration(input, { store, random, region, account }) {
    const name = input.LaunchConfigurationName;
    if (store.get(launchConfigurationType, name)) throw launchConfigurationExists(name);
    if (input.ImageId === undefined || (input.InstanceType === undefined && input.InstanceId === undefined))
      throw validationError(
        'Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.',
      );
    const arn = `arn:aws:autoscaling:${region}:${account}:launchConfiguration:${uuid(random)}:launchConfigurationName/${name}`;
    store.create(launchConfigurationType, { id: name, spec: { arn, input }, status: {} });
    return {};
  },

  DescribeLaunchConfigurations(input, { store }) {
    const wanted = input.LaunchConfigurationNames;
    const all = store
      .list(launchConfigurationType)
      .filter(({ id }) => !wanted || wanted.length === 0 || wanted.includes(id));
    const { items, nextToken } = paginate(all, input);
    return {
      LaunchConfigurations: items.map(({ spec, createdAt }) => ({
        ...spec.input,
        LaunchConfigurationARN: spec.arn,
        ImageId: spec.input.ImageId ?? '',
        InstanceType: spec.input.InstanceType ?? '',
        CreatedTime: new Date(createdAt),
        EbsOptimized: spec.input.EbsOptimized ?? false,
        InstanceMonitoring: { Enabled: spec.input.InstanceMonitoring?.Enabled ?? true },
        BlockDeviceMappings: spec.input.BlockDeviceMappings ?? [],
        SecurityGroups: spec.input.SecurityGroups ?? [],
        KeyName: spec.input.KeyName ?? '',
        UserData: spec.input.UserData ?? '',
        KernelId: '',
        RamdiskId: '',
      })),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  DeleteLaunchConfiguration({ LaunchConfigurationName: name }, { store }) {
    const found = store.get(launchConfigurationType, name);
    if (!found) throw launchConfigurationNotFound();
    const user = store
      .list(autoScalingGroupType)
      .find(({ spec }) => spec.launch.from === 'configuration' && spec.launch.name === name);
    if (user) throw launchConfigurationInUse(name, user.id);
    store.remove(found);
    return {};
  },
} satisfies Handlers<AutoscalingApi>;
