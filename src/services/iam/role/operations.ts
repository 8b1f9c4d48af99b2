import type { Role as RoleOutput } from '@aws-sdk/client-iam';
import type { Handlers } from '#/services/contract.ts';
import type { IamApi } from '#/wire/api/iam.ts';
import {
  alreadyExists,
  attachmentNotFound,
  deleteConflict,
  rolePolicyNotFound,
} from '#/services/iam/errors.ts';
import { instanceProfilesOf, toInstanceProfileOutput } from '#/services/iam/instance-profile/resource.ts';
import {
  encodeDocument,
  fromTagList,
  iamArn,
  iamId,
  page,
  requirePolicyDocument,
  toTagList,
} from '#/services/iam/names.ts';
import { requireIdentityPolicy } from '#/services/iam/policy/grammar.ts';
import { requireAttachable } from '#/services/iam/policy/resource.ts';
import { requireRole, roleType, type Role } from '#/services/iam/role/resource.ts';

export function toRoleOutput(role: Role): RoleOutput {
  const { spec } = role;
  return {
    RoleName: role.id,
    RoleId: spec.roleId,
    Path: spec.path,
    Arn: spec.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(spec.assumeRolePolicyDocument),
    MaxSessionDuration: spec.maxSessionDuration,
    Description: spec.description,
    Tags: Object.keys(role.tags).length > 0 ? toTagList(role.tags) : undefined,
    PermissionsBoundary:
      spec.permissionsBoundary === undefined
        ? undefined
        : {
            PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
            PermissionsBoundaryArn: spec.permissionsBoundary,
          },
  };
}

export const roleOperations = {
  CreateRole(input, { store, random, account }) {
    if (store.get(roleType, input.RoleName)) throw alreadyExists('Role', input.RoleName);
    const path = input.Path ?? '/';
    const role = store.create(roleType, {
      id: input.RoleName,
      tags: fromTagList(input.Tags),
      status: null,
      spec: {
        roleId: iamId('AROA', random),
        path,
        arn: iamArn(account, 'role', path, input.RoleName),
        description: input.Description,
        assumeRolePolicyDocument: requirePolicyDocument(input.AssumeRolePolicyDocument),
        maxSessionDuration: input.MaxSessionDuration ?? 3_600,
        permissionsBoundary: input.PermissionsBoundary,
        policies: {},
        attachedPolicyArns: [],
      },
    });
    return { Role: toRoleOutput(role) };
  },

  GetRole({ RoleName }, { store }) {
    return { Role: toRoleOutput(requireRole(store, RoleName)) };
  },

  ListRoles({ PathPrefix = '/', ...paging }, { store }) {
    const roles = store.list(roleType).filter((role) => role.spec.path.startsWith(PathPrefix));
    const { items, ...rest } = page(
      roles.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      paging,
    );
    return { Roles: items.map(toRoleOutput), ...rest };
  },

  UpdateRole({ RoleName, Description, MaxSessionDuration }, { store }) {
    const role = requireRole(store, RoleName);
    store.setSpec(role, {
      ...role.spec,
      description: Description ?? role.spec.description,
      maxSessionDuration: MaxSessionDuration ?? role.spec.maxSessionDuration,
    });
    return {};
  },

  UpdateAssumeRolePolicy({ RoleName, PolicyDocument }, { store }) {
    const role = requireRole(store, RoleName);
    store.setSpec(role, { ...role.spec, assumeRolePolicyDocument: requirePolicyDocument(PolicyDocument) });
    return {};
  },

  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html: everything attached must go first.
  DeleteRole({ RoleName }, { store }) {
    const role = requireRole(store, RoleName);
    if (instanceProfilesOf(store, RoleName).length > 0) {
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    }
    if (role.spec.attachedPolicyArns.length > 0) {
      throw deleteConflict('Cannot delete entity, must detach all policies first.');
    }
    if (Object.keys(role.spec.policies).length > 0) {
      throw deleteConflict('Cannot delete entity, must delete policies first.');
    }
    store.remove(role);
    return {};
  },

  PutRolePolicy({ RoleName, PolicyName, PolicyDocument }, { store }) {
    const role = requireRole(store, RoleName);
    const policies = { ...role.spec.policies, [PolicyName]: requireIdentityPolicy(PolicyDocument, 'inline') };
    store.setSpec(role, { ...role.spec, policies });
    return {};
  },

  GetRolePolicy({ RoleName, PolicyName }, { store }) {
    const { policies } = requireRole(store, RoleName).spec;
    const document = Object.hasOwn(policies, PolicyName) ? policies[PolicyName] : undefined;
    if (document === undefined) throw rolePolicyNotFound(PolicyName);
    return { RoleName, PolicyName, PolicyDocument: encodeDocument(document) };
  },

  DeleteRolePolicy({ RoleName, PolicyName }, { store }) {
    const role = requireRole(store, RoleName);
    if (!Object.hasOwn(role.spec.policies, PolicyName)) throw rolePolicyNotFound(PolicyName);
    const policies = Object.fromEntries(
      Object.entries(role.spec.policies).filter(([name]) => name !== PolicyName),
    );
    store.setSpec(role, { ...role.spec, policies });
    return {};
  },

  ListRolePolicies({ RoleName, ...paging }, { store }) {
    const { items, ...rest } = page(
      Object.keys(requireRole(store, RoleName).spec.policies).toSorted(),
      paging,
    );
    return { PolicyNames: items, ...rest };
  },

  AttachRolePolicy({ RoleName, PolicyArn }, { store }) {
    const role = requireRole(store, RoleName);
    requireAttachable(store, PolicyArn);
    if (role.spec.attachedPolicyArns.includes(PolicyArn)) return {};
    store.setSpec(role, { ...role.spec, attachedPolicyArns: [...role.spec.attachedPolicyArns, PolicyArn] });
    return {};
  },

  DetachRolePolicy({ RoleName, PolicyArn }, { store }) {
    const role = requireRole(store, RoleName);
    if (!role.spec.attachedPolicyArns.includes(PolicyArn)) throw attachmentNotFound(PolicyArn);
    const attachedPolicyArns = role.spec.attachedPolicyArns.filter((arn) => arn !== PolicyArn);
    store.setSpec(role, { ...role.spec, attachedPolicyArns });
    return {};
  },

  ListAttachedRolePolicies({ RoleName, ...paging }, { store }) {
    const { items, ...rest } = page(requireRole(store, RoleName).spec.attachedPolicyArns, paging);
    return {
      AttachedPolicies: items.map((arn) => ({
        PolicyArn: arn,
        PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
      })),
      ...rest,
    };
  },

  ListInstanceProfilesForRole({ RoleName, ...paging }, { store }) {
    requireRole(store, RoleName);
    const { items, ...rest } = page(instanceProfilesOf(store, RoleName), paging);
    return { InstanceProfiles: items.map((profile) => toInstanceProfileOutput(store, profile)), ...rest };
  },

  TagRole({ RoleName, Tags }, { store }) {
    const role = requireRole(store, RoleName);
    store.setTags(role, { ...role.tags, ...fromTagList(Tags) });
    return {};
  },

  UntagRole({ RoleName, TagKeys }, { store }) {
    const role = requireRole(store, RoleName);
    store.setTags(
      role,
      Object.fromEntries(Object.entries(role.tags).filter(([key]) => !TagKeys.includes(key))),
    );
    return {};
  },

  ListRoleTags({ RoleName, ...paging }, { store }) {
    const { items, ...rest } = page(toTagList(requireRole(store, RoleName).tags), paging);
    return { Tags: items, ...rest };
  },
} satisfies Handlers<IamApi>;
