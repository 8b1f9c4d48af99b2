import type { ProviderContext, Properties, ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';
import { withStackTags } from '#/services/stack-tags.ts';

/** Properties of AWS::IAM::Role: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html */
interface RoleProperties {
  readonly RoleName?: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly MaxSessionDuration?: number | string;
  readonly PermissionsBoundary?: string;
  readonly AssumeRolePolicyDocument: object;
  readonly ManagedPolicyArns?: readonly string[];
  readonly Policies?: readonly { readonly PolicyName: string; readonly PolicyDocument: object }[];
  readonly Tags?: readonly { Key: string; Value: string }[];
}

// The engine has validated the properties against the type's schema.
const typed = (properties: Properties): RoleProperties => properties as unknown as RoleProperties;

export const roleProvider: ResourceProvider = {
  type: 'AWS::IAM::Role',

  create(properties, context) {
    const wish = typed(properties);
    const RoleName = wish.RoleName ?? context.physicalName(64);
    context.call.iam.CreateRole({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify(wish.AssumeRolePolicyDocument),
      ...(wish.Path === undefined ? {} : { Path: wish.Path }),
      ...(wish.Description === undefined ? {} : { Description: wish.Description }),
      ...(wish.MaxSessionDuration === undefined
        ? {}
        : { MaxSessionDuration: Number(wish.MaxSessionDuration) }),
      ...(wish.PermissionsBoundary === undefined ? {} : { PermissionsBoundary: wish.PermissionsBoundary }),
      Tags: withStackTags(context, wish.Tags ?? []),
    });
    putPolicies(RoleName, wish, context);
    return RoleName;
  },

  stability: () => ({ state: 'stable' }),

  update(RoleName, properties, previous, context) {
    const wish = typed(properties);
    const { iam } = context.call;
    iam.UpdateAssumeRolePolicy({ RoleName, PolicyDocument: JSON.stringify(wish.AssumeRolePolicyDocument) });
    iam.UpdateRole({
      RoleName,
      ...(wish.Description === undefined ? {} : { Description: wish.Description }),
      ...(wish.MaxSessionDuration === undefined
        ? {}
        : { MaxSessionDuration: Number(wish.MaxSessionDuration) }),
    });
    removePolicies(RoleName, typed(previous), context);
    putPolicies(RoleName, wish, context);
    return RoleName;
  },

  delete(RoleName, context) {
    const { iam } = context.call;
    unlessMissing(() => {
      for (const { PolicyArn = '' } of iam.ListAttachedRolePolicies({ RoleName }).AttachedPolicies ?? []) {
        iam.DetachRolePolicy({ RoleName, PolicyArn });
      }
      for (const PolicyName of iam.ListRolePolicies({ RoleName }).PolicyNames ?? []) {
        iam.DeleteRolePolicy({ RoleName, PolicyName });
      }
      iam.DeleteRole({ RoleName });
    });
  },

  attributes(RoleName, context) {
    const { Role } = context.call.iam.GetRole({ RoleName });
    return { Arn: Role?.Arn, RoleId: Role?.RoleId };
  },
};

function putPolicies(RoleName: string, wish: RoleProperties, { call }: ProviderContext): void {
  for (const PolicyArn of wish.ManagedPolicyArns ?? []) call.iam.AttachRolePolicy({ RoleName, PolicyArn });
  for (const { PolicyName, PolicyDocument } of wish.Policies ?? []) {
    call.iam.PutRolePolicy({ RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) });
  }
}

function removePolicies(RoleName: string, wish: RoleProperties, { call }: ProviderContext): void {
  for (const PolicyArn of wish.ManagedPolicyArns ?? []) {
    unlessMissing(() => call.iam.DetachRolePolicy({ RoleName, PolicyArn }));
  }
  for (const { PolicyName } of wish.Policies ?? []) {
    unlessMissing(() => call.iam.DeleteRolePolicy({ RoleName, PolicyName }));
  }
}
