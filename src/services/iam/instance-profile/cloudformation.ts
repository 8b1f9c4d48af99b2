import type { ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';

/** AWS::IAM::InstanceProfile */
interface InstanceProfileProperties {
  readonly InstanceProfileName?: string;
  readonly Path?: string;
  readonly Roles: readonly string[];
}

export const instanceProfileProvider: ResourceProvider = {
  type: 'AWS::IAM::InstanceProfile',

  create(properties, context) {
    // The engine has validated the properties against the type's schema.
    const wish = properties as unknown as InstanceProfileProperties;
    const InstanceProfileName = wish.InstanceProfileName ?? context.physicalName(128);
    context.call.iam.CreateInstanceProfile({
      InstanceProfileName,
      ...(wish.Path === undefined ? {} : { Path: wish.Path }),
    });
    for (const RoleName of wish.Roles)
      context.call.iam.AddRoleToInstanceProfile({ InstanceProfileName, RoleName });
    return InstanceProfileName;
  },

  stability: () => ({ state: 'stable' }),

  delete(InstanceProfileName, { call }) {
    unlessMissing(() => {
      const { InstanceProfile } = call.iam.GetInstanceProfile({ InstanceProfileName });
      for (const { RoleName = '' } of InstanceProfile?.Roles ?? []) {
        call.iam.RemoveRoleFromInstanceProfile({ InstanceProfileName, RoleName });
      }
      call.iam.DeleteInstanceProfile({ InstanceProfileName });
    });
  },

  attributes(InstanceProfileName, { call }) {
    return { Arn: call.iam.GetInstanceProfile({ InstanceProfileName }).InstanceProfile?.Arn };
  },
};
