import type { Policy } from '@aws-sdk/client-iam';
import type { Handlers } from '#/services/contract.ts';
import type { Store } from '#/store/store.ts';
import type { IamApi } from '#/wire/api/iam.ts';
import {
  deleteConflict,
  limitExceeded,
  policyAlreadyExists,
  policyVersionNotFound,
} from '#/services/iam/errors.ts';
import { encodeDocument, fromTagList, iamArn, iamId, page, toTagList } from '#/services/iam/names.ts';
import { requireIdentityPolicy } from '#/services/iam/policy/grammar.ts';
import { managedPolicyType, requirePolicy, type ManagedPolicy } from '#/services/iam/policy/resource.ts';
import { roleType } from '#/services/iam/role/resource.ts';

const versionsMax = 5; // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

function toPolicyOutput(store: Store, policy: ManagedPolicy): Policy {
  const { spec } = policy;
  return {
    PolicyName: spec.policyName,
    PolicyId: spec.policyId,
    Arn: policy.id,
    Path: spec.path,
    DefaultVersionId: spec.defaultVersionId,
    AttachmentCount: rolesWith(store, policy.id).length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: spec.description,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(spec.versions.at(-1)?.createdAt ?? policy.createdAt),
    Tags: toTagList(policy.tags),
  };
}

function rolesWith(store: Store, arn: string) {
  return store.list(roleType).filter((role) => role.spec.attachedPolicyArns.includes(arn));
}

export const policyOperations = {
  CreatePolicy(input, { store, random, clock, account }) {
    const path = input.Path ?? '/';
    const arn = iamArn(account, 'policy', path, input.PolicyName);
    if (store.get(managedPolicyType, arn)) throw policyAlreadyExists(input.PolicyName);
    const document = requireIdentityPolicy(input.PolicyDocument, 'managed');
    const policy = store.create(managedPolicyType, {
      id: arn,
      tags: fromTagList(input.Tags),
      status: null,
      spec: {
        policyName: input.PolicyName,
        policyId: iamId('ANPA', random),
        path,
        description: input.Description,
        defaultVersionId: 'v1',
        versions: [{ versionId: 'v1', document, createdAt: clock.now() }],
      },
    });
    return { Policy: toPolicyOutput(store, policy) };
  },

  GetPolicy({ PolicyArn }, { store }) {
    return { Policy: toPolicyOutput(store, requirePolicy(store, PolicyArn)) };
  },

  ListPolicies({ Scope = 'All', PathPrefix = '/', OnlyAttached = false, ...paging }, { store }) {
    const all = Scope === 'AWS' ? [] : store.list(managedPolicyType);
    const policies = all
      .filter(
        ({ id, spec }) =>
          spec.path.startsWith(PathPrefix) && (!OnlyAttached || rolesWith(store, id).length > 0),
      )
      .toSorted((a, b) => (a.spec.policyName < b.spec.policyName ? -1 : 1));
    const { items, ...rest } = page(policies, paging);
    return { Policies: items.map((policy) => toPolicyOutput(store, policy)), ...rest };
  },

  DeletePolicy({ PolicyArn }, { store }) {
    const policy = requirePolicy(store, PolicyArn);
    if (rolesWith(store, PolicyArn).length > 0)
      throw deleteConflict('Cannot delete a policy attached to entities.');
    if (policy.spec.versions.length > 1) {
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      );
    }
    store.remove(policy);
    return {};
  },

  CreatePolicyVersion({ PolicyArn, PolicyDocument, SetAsDefault = false }, { store, clock }) {
    const policy = requirePolicy(store, PolicyArn);
    if (policy.spec.versions.length >= versionsMax) {
      throw limitExceeded(
        'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
      );
    }
    const numbers = policy.spec.versions.map(({ versionId }) => Number(versionId.slice(1)));
    const version = {
      versionId: `v${Math.max(...numbers) + 1}`,
      document: requireIdentityPolicy(PolicyDocument, 'managed'),
      createdAt: clock.now(),
    };
    store.setSpec(policy, {
      ...policy.spec,
      versions: [...policy.spec.versions, version],
      defaultVersionId: SetAsDefault ? version.versionId : policy.spec.defaultVersionId,
    });
    return {
      PolicyVersion: {
        VersionId: version.versionId,
        IsDefaultVersion: SetAsDefault,
        CreateDate: new Date(version.createdAt),
      },
    };
  },

  GetPolicyVersion({ PolicyArn, VersionId }, { store }) {
    const { spec } = requirePolicy(store, PolicyArn);
    const version = spec.versions.find(({ versionId }) => versionId === VersionId);
    if (!version) throw policyVersionNotFound(PolicyArn, VersionId);
    return {
      PolicyVersion: {
        VersionId,
        Document: encodeDocument(version.document),
        IsDefaultVersion: spec.defaultVersionId === VersionId,
        CreateDate: new Date(version.createdAt),
      },
    };
  },

  ListPolicyVersions({ PolicyArn, ...paging }, { store }) {
    const { spec } = requirePolicy(store, PolicyArn);
    const { items, ...rest } = page(spec.versions.toReversed(), paging);
    return {
      Versions: items.map(({ versionId, createdAt }) => ({
        VersionId: versionId,
        IsDefaultVersion: spec.defaultVersionId === versionId,
        CreateDate: new Date(createdAt),
      })),
      ...rest,
    };
  },

  DeletePolicyVersion({ PolicyArn, VersionId }, { store }) {
    const policy = requirePolicy(store, PolicyArn);
    const versions = policy.spec.versions.filter(({ versionId }) => versionId !== VersionId);
    if (versions.length === policy.spec.versions.length) throw policyVersionNotFound(PolicyArn, VersionId);
    if (policy.spec.defaultVersionId === VersionId)
      throw deleteConflict('Cannot delete the default version of a policy.');
    store.setSpec(policy, { ...policy.spec, versions });
    return {};
  },

  SetDefaultPolicyVersion({ PolicyArn, VersionId }, { store }) {
    const policy = requirePolicy(store, PolicyArn);
    if (!policy.spec.versions.some(({ versionId }) => versionId === VersionId)) {
      throw policyVersionNotFound(PolicyArn, VersionId);
    }
    store.setSpec(policy, { ...policy.spec, defaultVersionId: VersionId });
    return {};
  },

  ListEntitiesForPolicy({ PolicyArn, ...paging }, { store }) {
    const roles = rolesWith(store, PolicyArn).map((role) => ({
      RoleName: role.id,
      RoleId: role.spec.roleId,
    }));
    const { items, ...rest } = page(roles, paging);
    return { PolicyRoles: items, PolicyGroups: [], PolicyUsers: [], ...rest };
  },
} satisfies Handlers<IamApi>;
