import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';

/** AWS::IAM::Policy: an inline policy put on each of its roles. */
interface InlinePolicyProperties {
  readonly PolicyName: string;
  readonly PolicyDocument: object;
  readonly Roles?: readonly string[];
}

/** AWS::IAM::ManagedPolicy */
interface ManagedPolicyProperties {
  readonly ManagedPolicyName?: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly PolicyDocument: object;
  readonly Roles?: readonly string[];
}

// The engine has validated the properties against the types' schemas.
const inline = (properties: Properties): InlinePolicyProperties =>
  properties as unknown as InlinePolicyProperties;
const managed = (properties: Properties): ManagedPolicyProperties =>
  properties as unknown as ManagedPolicyProperties;

/** The physical id carries the policy's name and its roles, so that deletion knows where it was put. */
export const inlinePolicyProvider: ResourceProvider = {
  type: 'AWS::IAM::Policy',
  create(properties, context) {
    putInline(inline(properties), context);
    return inlineId(inline(properties));
  },
  stability: () => ({ state: 'stable' }),
  update(physicalId, properties, _previous, context) {
    putInline(inline(properties), context);
    const kept = new Set(inlineId(inline(properties)).split('|'));
    const [name = '', ...roles] = physicalId.split('|');
    removeInline(name, kept.has(name) ? roles.filter((role) => !kept.has(role)) : roles, context);
    return inlineId(inline(properties));
  },
  delete(physicalId, context) {
    const [name = '', ...roles] = physicalId.split('|');
    removeInline(name, roles, context);
  },
  attributes: (physicalId) => ({ Id: physicalId }),
};

function inlineId({ PolicyName, Roles = [] }: InlinePolicyProperties): string {
  return [PolicyName, ...Roles].join('|');
}

function putInline(
  { PolicyName, PolicyDocument, Roles = [] }: InlinePolicyProperties,
  { call }: ProviderContext,
): void {
  for (const RoleName of Roles) {
    call.iam.PutRolePolicy({ RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) });
  }
}

function removeInline(PolicyName: string, roles: readonly string[], { call }: ProviderContext): void {
  for (const RoleName of roles) unlessMissing(() => call.iam.DeleteRolePolicy({ RoleName, PolicyName }));
}

export const managedPolicyProvider: ResourceProvider = {
  type: 'AWS::IAM::ManagedPolicy',
  create(properties, context) {
    const wish = managed(properties);
    const { Policy } = context.call.iam.CreatePolicy({
      PolicyName: wish.ManagedPolicyName ?? context.physicalName(128),
      PolicyDocument: JSON.stringify(wish.PolicyDocument),
      ...(wish.Path === undefined ? {} : { Path: wish.Path }),
      ...(wish.Description === undefined ? {} : { Description: wish.Description }),
    });
    const arn = Policy?.Arn ?? '';
    for (const RoleName of wish.Roles ?? []) context.call.iam.AttachRolePolicy({ RoleName, PolicyArn: arn });
    return arn;
  },
  stability: () => ({ state: 'stable' }),
  delete(PolicyArn, { call }) {
    unlessMissing(() => {
      for (const { RoleName = '' } of call.iam.ListEntitiesForPolicy({ PolicyArn }).PolicyRoles ?? []) {
        call.iam.DetachRolePolicy({ RoleName, PolicyArn });
      }
      for (const { VersionId = '', IsDefaultVersion } of call.iam.ListPolicyVersions({ PolicyArn })
        .Versions ?? []) {
        if (!IsDefaultVersion) call.iam.DeletePolicyVersion({ PolicyArn, VersionId });
      }
      call.iam.DeletePolicy({ PolicyArn });
    });
  },
  attributes: (PolicyArn) => ({ PolicyArn }),
};
