import type { Template } from '#/services/cloudformation/engine/template.ts';

/** Types that need a capability, and the property that names them where they can be named. */
const iamTypes: ReadonlyMap<string, string | undefined> = new Map([
  ['AWS::IAM::AccessKey', undefined],
  ['AWS::IAM::Group', 'GroupName'],
  ['AWS::IAM::InstanceProfile', 'InstanceProfileName'],
  ['AWS::IAM::ManagedPolicy', 'ManagedPolicyName'],
  ['AWS::IAM::Policy', undefined],
  ['AWS::IAM::Role', 'RoleName'],
  ['AWS::IAM::User', 'UserName'],
]);

export interface NeededCapability {
  readonly capability: 'CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM';
  /** The resource types that need it. */
  readonly types: readonly string[];
}

/** What a template that makes IAM resources needs. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html */
export function neededCapabilityOf({ resources }: Template): NeededCapability | undefined {
  const iam = [...resources.values()].filter(({ type }) => iamTypes.has(type));
  if (iam.length === 0) return undefined;
  const isNamed = iam.some(({ type, properties }) => {
    const property = iamTypes.get(type);
    return property !== undefined && Object.hasOwn(properties, property);
  });
  return {
    capability: isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM',
    types: [...new Set(iam.map(({ type }) => type))],
  };
}

/** What the caller has not acknowledged. */
export function missingCapabilities(template: Template, given: readonly string[]): string[] {
  const needed = neededCapabilityOf(template)?.capability;
  if (needed === undefined || given.includes(needed) || given.includes('CAPABILITY_NAMED_IAM')) return [];
  return [needed];
}
