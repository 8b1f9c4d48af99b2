import type { Handlers } from '#/services/contract.ts';
import type { IamApi } from '#/wire/api/iam.ts';
import {
  deleteConflict,
  instanceProfileAlreadyExists,
  limitExceeded,
  roleNotFound,
} from '#/services/iam/errors.ts';
import {
  instanceProfileType,
  requireInstanceProfile,
  toInstanceProfileOutput,
} from '#/services/iam/instance-profile/resource.ts';
import { fromTagList, iamArn, iamId, page } from '#/services/iam/names.ts';
import { requireRole } from '#/services/iam/role/resource.ts';

export const instanceProfileOperations = {
  CreateInstanceProfile({ InstanceProfileName, Path = '/', Tags }, { store, random, account }) {
    if (store.get(instanceProfileType, InstanceProfileName))
      throw instanceProfileAlreadyExists(InstanceProfileName);
    const profile = store.create(instanceProfileType, {
      id: InstanceProfileName,
      tags: fromTagList(Tags),
      status: null,
      spec: {
        instanceProfileId: iamId('AIPA', random),
        path: Path,
        arn: iamArn(account, 'instance-profile', Path, InstanceProfileName),
        roleNames: [],
      },
    });
    return { InstanceProfile: toInstanceProfileOutput(store, profile) };
  },

  GetInstanceProfile({ InstanceProfileName }, { store }) {
    return {
      InstanceProfile: toInstanceProfileOutput(store, requireInstanceProfile(store, InstanceProfileName)),
    };
  },

  ListInstanceProfiles({ PathPrefix = '/', ...paging }, { store }) {
    const profiles = store.list(instanceProfileType).filter(({ spec }) => spec.path.startsWith(PathPrefix));
    const { items, ...rest } = page(profiles, paging);
    return { InstanceProfiles: items.map((profile) => toInstanceProfileOutput(store, profile)), ...rest };
  },

  DeleteInstanceProfile({ InstanceProfileName }, { store }) {
    const profile = requireInstanceProfile(store, InstanceProfileName);
    if (profile.spec.roleNames.length > 0) {
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    }
    store.remove(profile);
    return {};
  },

  AddRoleToInstanceProfile({ InstanceProfileName, RoleName }, { store }) {
    const profile = requireInstanceProfile(store, InstanceProfileName);
    requireRole(store, RoleName);
    if (profile.spec.roleNames.length > 0) {
      throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
    }
    store.setSpec(profile, { ...profile.spec, roleNames: [RoleName] });
    return {};
  },

  RemoveRoleFromInstanceProfile({ InstanceProfileName, RoleName }, { store }) {
    const profile = requireInstanceProfile(store, InstanceProfileName);
    if (!profile.spec.roleNames.includes(RoleName)) throw roleNotFound(RoleName);
    store.setSpec(profile, { ...profile.spec, roleNames: [] });
    return {};
  },

  TagInstanceProfile({ InstanceProfileName, Tags }, { store }) {
    const profile = requireInstanceProfile(store, InstanceProfileName);
    store.setTags(profile, { ...profile.tags, ...fromTagList(Tags) });
    return {};
  },
} satisfies Handlers<IamApi>;
