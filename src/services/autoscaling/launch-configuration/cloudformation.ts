import { AwsError } from '#/lib/aws-error.ts';
import type { ResourceProvider } from '#/services/contract.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

/** `AWS::AutoScaling::LaunchConfiguration`: every change is another one. */
export const launchConfigurationProvider: ResourceProvider = {
  type: 'AWS::AutoScaling::LaunchConfiguration',
  create(properties, context) {
    // The template was checked against the resource's schema.
    const p = properties as Partial<
      Omit<InputOf<AutoscalingApi, 'CreateLaunchConfiguration'>, 'InstanceMonitoring'>
    > & { readonly InstanceMonitoring?: boolean | string };
    const LaunchConfigurationName = p.LaunchConfigurationName ?? context.physicalName(255);
    const { InstanceMonitoring: isMonitored, ...rest } = p;
    context.call.autoscaling.CreateLaunchConfiguration({
      ...rest,
      LaunchConfigurationName,
      InstanceMonitoring: { Enabled: isMonitored !== false && isMonitored !== 'false' },
    });
    return LaunchConfigurationName;
  },
  stability: () => ({ state: 'stable' }),
  delete(name, { call }) {
    try {
      call.autoscaling.DeleteLaunchConfiguration({ LaunchConfigurationName: name });
    } catch (error) {
      if (!(error instanceof AwsError && error.code === 'ValidationError')) throw error; // gone already
    }
  },
  attributes: () => ({}),
};
