import { resourceType, type Resource } from '#/store/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

export type LaunchTemplate = Resource<
  'AWS::EC2::LaunchTemplate',
  LaunchTemplateSpec,
  Readonly<Record<string, never>>
>;

/** What a version says, in the words of RunInstances. */
export type LaunchTemplateData = InputOf<Ec2Api, 'CreateLaunchTemplate'>['LaunchTemplateData'];

export interface LaunchTemplateSpec {
  readonly name: string;
  readonly defaultVersion: number;
  /** The highest number ever given; numbers are not used again. */
  readonly latestVersion: number;
  /** Oldest first. */
  readonly versions: readonly LaunchTemplateVersion[];
  readonly createdBy: string;
  readonly clientToken: string | undefined;
}

export interface LaunchTemplateVersion {
  readonly number: number;
  readonly description: string | undefined;
  readonly data: LaunchTemplateData;
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export const launchTemplateType = resourceType<LaunchTemplate>('AWS::EC2::LaunchTemplate', {
  name: ({ spec }) => [spec.name],
  clientToken: ({ spec }) => (spec.clientToken === undefined ? [] : [spec.clientToken]),
});
