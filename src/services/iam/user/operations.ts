import type { User as UserOutput } from '@aws-sdk/client-iam';
import type { Context, Handlers } from '#/services/contract.ts';
import type { IamApi } from '#/wire/api/iam.ts';
import { accessKeyNotFound, alreadyExists, deleteConflict, limitExceeded } from '#/services/iam/errors.ts';
import { fromTagList, iamArn, iamId, page, secretAccessKey, toTagList } from '#/services/iam/names.ts';
import {
  accessKeyType,
  requireUser,
  userType,
  type AccessKey,
  type User,
} from '#/services/iam/user/resource.ts';

const accessKeysMax = 2; // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

function toUserOutput(user: User): UserOutput {
  return {
    UserName: user.id,
    UserId: user.spec.userId,
    Path: user.spec.path,
    Arn: user.spec.arn,
    CreateDate: new Date(user.createdAt),
    Tags: Object.keys(user.tags).length > 0 ? toTagList(user.tags) : undefined,
  };
}

function requireAccessKey({ store }: Context, id: string, userName: string | undefined): AccessKey {
  const key = store.get(accessKeyType, id);
  if (!key || (userName !== undefined && key.spec.userName !== userName)) throw accessKeyNotFound(id);
  return key;
}

/** The user an operation speaks of: the one named, else the caller. */
function userNameOf(name: string | undefined, { principal }: Context): string {
  return name ?? principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
}

export const userOperations = {
  CreateUser({ UserName, Path = '/', Tags }, { store, random, account }) {
    if (store.get(userType, UserName)) throw alreadyExists('User', UserName);
    const user = store.create(userType, {
      id: UserName,
      tags: fromTagList(Tags),
      status: null,
      spec: { userId: iamId('AIDA', random), path: Path, arn: iamArn(account, 'user', Path, UserName) },
    });
    return { User: toUserOutput(user) };
  },

  GetUser({ UserName }, context) {
    if (UserName === undefined && context.principal.arn.endsWith(':root')) {
      const { account, arn } = context.principal;
      return { User: { UserName: '', UserId: account, Arn: arn, Path: '/', CreateDate: new Date(0) } };
    }
    return { User: toUserOutput(requireUser(context.store, userNameOf(UserName, context))) };
  },

  ListUsers({ PathPrefix = '/', ...paging }, { store }) {
    const { items, ...rest } = page(
      store.list(userType).filter(({ spec }) => spec.path.startsWith(PathPrefix)),
      paging,
    );
    return { Users: items.map(toUserOutput), ...rest };
  },

  DeleteUser({ UserName }, { store }) {
    const user = requireUser(store, UserName);
    if (store.listBy(accessKeyType, 'userName', UserName).length > 0) {
      throw deleteConflict('Cannot delete entity, must delete access keys first.');
    }
    store.remove(user);
    return {};
  },

  CreateAccessKey({ UserName }, context) {
    const { store, random } = context;
    const user = requireUser(store, userNameOf(UserName, context));
    if (store.listBy(accessKeyType, 'userName', user.id).length >= accessKeysMax) {
      throw limitExceeded('Cannot exceed quota for AccessKeysPerUser: 2');
    }
    const key = store.create(accessKeyType, {
      id: iamId('AKIA', random),
      status: null,
      spec: { userName: user.id, secretAccessKey: secretAccessKey(random), isActive: true },
    });
    return {
      AccessKey: {
        UserName: user.id,
        AccessKeyId: key.id,
        SecretAccessKey: key.spec.secretAccessKey,
        Status: 'Active',
        CreateDate: new Date(key.createdAt),
      },
    };
  },

  ListAccessKeys({ UserName, ...paging }, context) {
    const user = requireUser(context.store, userNameOf(UserName, context));
    const { items, ...rest } = page(context.store.listBy(accessKeyType, 'userName', user.id), paging);
    return {
      AccessKeyMetadata: items.map((key) => ({
        UserName: user.id,
        AccessKeyId: key.id,
        Status: key.spec.isActive ? 'Active' : 'Inactive',
        CreateDate: new Date(key.createdAt),
      })),
      ...rest,
    };
  },

  UpdateAccessKey({ UserName, AccessKeyId, Status }, context) {
    const key = requireAccessKey(context, AccessKeyId, UserName);
    context.store.setSpec(key, { ...key.spec, isActive: Status === 'Active' });
    return {};
  },

  DeleteAccessKey({ UserName, AccessKeyId }, context) {
    context.store.remove(requireAccessKey(context, AccessKeyId, UserName));
    return {};
  },
} satisfies Handlers<IamApi>;
