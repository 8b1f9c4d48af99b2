import { AwsError } from '#/lib/aws-error.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { evaluate } from '#/services/cloudformation/engine/intrinsics.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { isScalar } from '#/services/cloudformation/engine/value.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { recordStackEvent } from '#/services/cloudformation/stack/events.ts';
import { lookupOf, type EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';
import {
  stackResourceType,
  stackType,
  type OutputValue,
  type Stack,
  type StackState,
  type StackStatus,
} from '#/services/cloudformation/stack/resource.ts';
import { leaveBehind } from '#/services/cloudformation/stack/restore.ts';

/** Brings the stack into its next state, with what comes with it, in one transaction. */
export function transition(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  state: StackState,
  reason?: string,
): void {
  try {
    engine.store.transaction(() =>
      write(engine, stack, state, reason, resultOf(engine, stack, deployment, state)),
    );
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    // The resources are there but the outputs are not: the operation failed after all.
    const failure: StackState =
      state === 'CREATE_COMPLETE' ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS';
    engine.store.transaction(() => write(engine, stack, failure, error.message, {}));
  }
}

function write(
  engine: EngineDependencies,
  stack: Stack,
  state: StackState,
  reason: string | undefined,
  result: Partial<StackStatus>,
): void {
  engine.store.setStatus(stack, { ...stack.status, ...result, state, reason });
  recordStackEvent(engine, stack, state, reason);
}

/** What a state brings besides its name. */
function resultOf(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  state: StackState,
): Partial<StackStatus> {
  if (state === 'CREATE_COMPLETE') {
    return { deployed: stack.spec.target, ...outputsOf(engine, stack, deployment) };
  }
  if (state === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') {
    leaveReplaced(engine, stack);
    return { deployed: stack.spec.target, ...outputsOf(engine, stack, deployment) };
  }
  if (state === 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS') {
    forgetWayBack(engine, stack);
    return outputsOf(engine, stack, deployment);
  }
  if (state === 'DELETE_COMPLETE') return { deletedAt: engine.clock.now(), outputs: [], imports: [] };
  return {};
}

/** What replacements put in the place of others goes from now on, and with it the way back. */
function leaveReplaced(engine: EngineDependencies, stack: Stack): void {
  for (const record of engine.store.listBy(stackResourceType, 'stackId', stack.id)) {
    const { before, change } = record.status;
    if (record.spec.leftover || !before || change !== 'replace') continue;
    // A type that deletes first has nothing left to leave.
    if (!findSchema(record.spec.type)?.deleteFirst) leaveBehind(engine, record, before);
  }
  forgetWayBack(engine, stack);
}

function forgetWayBack(engine: EngineDependencies, stack: Stack): void {
  for (const record of engine.store.listBy(stackResourceType, 'stackId', stack.id)) {
    if (record.status.before) engine.store.setStatus(record, { ...record.status, before: undefined });
  }
}

function outputsOf(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
): Pick<StackStatus, 'outputs' | 'imports'> {
  const imports = new Set<string>();
  const lookup = lookupOf(engine, stack);
  const scope = deployment.scope({
    ...lookup,
    importValue(name) {
      imports.add(name);
      return lookup.importValue(name);
    },
  });
  for (const { declaration } of deployment.nodes.values()) evaluate(declaration.properties, scope);
  const outputs = [...deployment.outputs].map(([key, { value, description, exportName }]): OutputValue => {
    const name = exportName === undefined ? undefined : textOf(evaluate(exportName, scope), key);
    if (name !== undefined) requireFreeExport(engine, stack, name);
    return { key, value: textOf(evaluate(value, scope), key), description, exportName: name };
  });
  return { outputs, imports: [...imports].toSorted() };
}

function textOf(value: unknown, key: string): string {
  if (!isScalar(value)) {
    throw validationError(
      `Template format error: The Value field of output ${key} must evaluate to type String.`,
    );
  }
  return String(value);
}

/** An export's name is one stack's only, in a region and account. */
function requireFreeExport({ store }: EngineDependencies, stack: Stack, name: string): void {
  for (const other of store.list(stackType)) {
    if (other.id === stack.id || other.status.state === 'DELETE_COMPLETE') continue;
    if (!other.status.outputs.some(({ exportName }) => exportName === name)) continue;
    throw validationError(
      `Export with name ${name} is already exported by stack ${other.spec.stackName}. Rollback requested by user.`,
    );
  }
}
