import type { Context, Dependencies } from '#/services/contract.ts';
import { missingCapabilities } from '#/services/cloudformation/engine/capabilities.ts';
import { deploy, type Deployment, type Place } from '#/services/cloudformation/engine/deployment.ts';
import { resolveParameters, type ParameterInput } from '#/services/cloudformation/engine/parameters.ts';
import { checkRules } from '#/services/cloudformation/engine/rules.ts';
import { parseTemplate } from '#/services/cloudformation/engine/template.ts';
import {
  insufficientCapabilities,
  stackNotFound,
  validationError,
} from '#/services/cloudformation/errors.ts';
import {
  stackType,
  type OnFailure,
  type Stack,
  type Target,
} from '#/services/cloudformation/stack/resource.ts';
import type { Tags } from '#/store/resource.ts';

/** What CreateStack, UpdateStack and CreateChangeSet have in common. */
export interface TargetInput {
  readonly Parameters?: readonly ParameterInput[];
  readonly Capabilities?: readonly string[];
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];
}

/** Reads and checks everything about a wish that can be known before anything is made. */
export function requireTarget(
  input: TargetInput,
  template: string,
  previous: Target | undefined,
  place: Place,
  { call }: Pick<Context, 'call'>,
): { readonly target: Target; readonly deployment: Deployment } {
  const parsed = parseTemplate(template);
  if (parsed.transforms.length > 0) {
    throw validationError(`Transform ${parsed.transforms.join(', ')} is not implemented by this region`);
  }
  const parameters = resolveParameters(parsed, input.Parameters ?? [], previous?.parameters ?? [], call);
  const tags: Tags = input.Tags
    ? Object.fromEntries(input.Tags.map(({ Key = '', Value = '' }) => [Key, Value]))
    : (previous?.tags ?? {});
  const deployment = deploy(parsed, parameters, place);
  checkRules(parsed.rules, [...deployment.parameters.values()], deployment.scope(onlyParameters));
  const missing = missingCapabilities(parsed, input.Capabilities ?? []);
  if (missing.length > 0) throw insufficientCapabilities(missing);
  return { target: { template, parameters, tags }, deployment };
}

const onlyParameters = {
  ref: (name: string) => {
    throw validationError(`Template error: Rules cannot reference resources: ${name}`);
  },
  attribute: (name: string) => {
    throw validationError(`Template error: Rules cannot reference resources: ${name}`);
  },
  importValue: () => {
    throw validationError('Template error: Rules cannot use Fn::ImportValue');
  },
  zones: () => [],
};

const stackNamePattern = /^[a-zA-Z][-a-zA-Z0-9]*$/;

export function requireStackName(name: string): void {
  if (stackNamePattern.test(name) && name.length <= 128) return;
  throw validationError(
    `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: ` +
      'Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*',
  );
}

/** The stack of that name that is not deleted, or of that ARN in whatever state. */
export function findStack({ store }: Pick<Dependencies, 'store'>, nameOrArn: string): Stack | undefined {
  if (nameOrArn.startsWith('arn:')) return store.get(stackType, nameOrArn);
  return store
    .listBy(stackType, 'stackName', nameOrArn)
    .find(({ status }) => status.state !== 'DELETE_COMPLETE');
}

export function requireStack(context: Pick<Dependencies, 'store'>, nameOrArn: string): Stack {
  const stack = findStack(context, nameOrArn);
  if (!stack) throw stackNotFound(nameOrArn);
  return stack;
}

/** One operation at a time, and none on a stack that can only be deleted. */
export function requireUpdatable({ id, status }: Stack): void {
  const updatable = [
    'CREATE_COMPLETE',
    'UPDATE_COMPLETE',
    'UPDATE_ROLLBACK_COMPLETE',
    'UPDATE_FAILED',
    'CREATE_FAILED',
  ];
  if (updatable.includes(status.state)) return;
  throw validationError(`Stack:${id} is in ${status.state} state and can not be updated.`);
}

/** What to do on failure, from the two ways to say it. */
export function toOnFailure(input: {
  OnFailure?: string;
  OnStackFailure?: string;
  DisableRollback?: boolean;
}): OnFailure {
  const { OnFailure: onFailure = input.OnStackFailure, DisableRollback: disabled } = input;
  if (input.OnFailure !== undefined && disabled !== undefined) {
    throw validationError('You can specify either DisableRollback or OnFailure, but not both.');
  }
  if (disabled) return 'DO_NOTHING';
  return onFailure === 'DELETE' || onFailure === 'DO_NOTHING' ? onFailure : 'ROLLBACK';
}
