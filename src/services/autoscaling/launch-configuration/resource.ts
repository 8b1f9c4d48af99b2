import { resourceType, type Resource } from '#/store/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

/** Its id is its name. It never changes: a group gets another one instead. */
export type LaunchConfiguration = Resource<
  'AWS::AutoScaling::LaunchConfiguration',
  LaunchConfigurationSpec,
  Readonly<Record<string, never>>
>;

export interface LaunchConfigurationSpec {
  readonly arn: string;
  readonly input: InputOf<AutoscalingApi, 'CreateLaunchConfiguration'>;
}

export const launchConfigurationType = resourceType<LaunchConfiguration>(
  'AWS::AutoScaling::LaunchConfiguration',
);
