import { AwsError } from '#/lib/aws-error.ts';
import { unreachable } from '#/lib/assert.ts';
import { uuid } from '#/lib/random.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { diffProperties } from '#/services/cloudformation/engine/diff.ts';
import { resolveDynamic } from '#/services/cloudformation/engine/dynamic.ts';
import { evaluate } from '#/services/cloudformation/engine/intrinsics.ts';
import { checkProperties } from '#/services/cloudformation/engine/properties.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { isObject, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { backOf, removalOf, type Step } from '#/services/cloudformation/stack/decide.ts';
import { recordResourceEvent, type ResourceEvent } from '#/services/cloudformation/stack/events.ts';
import {
  findResource,
  lookupOf,
  providerContext,
  requireProvider,
  type EngineDependencies,
} from '#/services/cloudformation/stack/lookup.ts';
import {
  stackResourceType,
  type Incarnation,
  type Stack,
  type StackResource,
  type StackResourceStatus,
} from '#/services/cloudformation/stack/resource.ts';

/** Deleting is tried again this long while others still use the resource. */
const deletionPatienceMs = 300_000;
const stillInUse =
  /DependencyViolation|DeleteConflict|InUse|InvalidDB\w*State|IncorrectState|ScalingActivityInProgress/;

/** A step about one resource. Everything it writes is one transaction, its failure another. */
export type ResourceStep = Exclude<Step, { do: 'become' }>;

/** Does one step; answers whether anything moved. */
export function performStep(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  step: ResourceStep,
): boolean {
  switch (step.do) {
    case 'apply':
      return applyResource(engine, stack, deployment, step.logicalId);
    case 'check':
      return withRecord(engine, step.id, (record) => checkResource(engine, stack, deployment, record));
    case 'cancel':
      return withRecord(engine, step.id, (record) => cancelResource(engine, stack, deployment, record));
    case 'restore':
      return withRecord(engine, step.id, (record) => restoreResource(engine, stack, deployment, record));
    case 'delete':
      return withRecord(engine, step.id, (record) => deleteResource(engine, stack, record));
    case 'check-gone':
      return withRecord(engine, step.id, (record) => checkGone(engine, stack, record));
    default:
      return unreachable(step);
  }
}

function withRecord(
  engine: EngineDependencies,
  id: string,
  work: (record: StackResource) => boolean,
): boolean {
  const record = engine.store.get(stackResourceType, id);
  return record ? work(record) : false;
}

function applyResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  logicalId: string,
): boolean {
  const existing = findResource(engine, stack.id, logicalId);
  const isNew =
    !existing || existing.status.state === 'DELETE_COMPLETE' || existing.status.physicalId === undefined;
  try {
    engine.store.transaction(() => {
      const wanted = incarnationOf(engine, stack, deployment, logicalId);
      if (isNew) createResource(engine, stack, deployment, wanted, logicalId);
      else changeResource(engine, stack, deployment, wanted, existing);
    });
  } catch (error) {
    recordFailure(engine, stack, deployment, logicalId, isNew ? 'CREATE' : 'UPDATE', error);
    if (!(error instanceof AwsError)) throw error;
  }
  return true;
}

/** What the template says the resource is, with all but dynamic references resolved. */
function incarnationOf(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  logicalId: string,
): Incarnation {
  const node = deployment.nodes.get(logicalId);
  const schema = findSchema(node?.declaration.type ?? '');
  if (!node || !schema) throw validationError(`Resource ${logicalId} is not in the template`);
  const { declaration, dependencies } = node;
  requireProvider(engine, declaration.type);
  const evaluated = evaluate(declaration.properties, deployment.scope(lookupOf(engine, stack)));
  const { properties, problems } = checkProperties(isObject(evaluated) ? evaluated : {}, schema);
  if (problems.length > 0) {
    throw validationError(
      `Properties validation failed for resource ${logicalId} with message:\n${problems.join('\n')}`,
    );
  }
  return {
    physicalId: undefined,
    properties,
    dependencies,
    deletionPolicy: declaration.deletionPolicy ?? 'Delete',
    updateReplacePolicy: declaration.updateReplacePolicy ?? 'Delete',
  };
}

function createResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  wanted: Incarnation,
  logicalId: string,
): void {
  const { type } = requireDeclaration(deployment, logicalId);
  const context = providerContext(engine, stack, logicalId);
  const properties = shown(wanted.properties, deployment);
  recordResourceEvent(engine, stack, { logicalId, type }, { state: 'CREATE_IN_PROGRESS', properties });
  const physicalId = requireProvider(engine, type).create(
    resolveDynamic(wanted.properties, engine.call),
    context,
  );
  recordResourceEvent(
    engine,
    stack,
    { logicalId, type },
    { state: 'CREATE_IN_PROGRESS', reason: 'Resource creation Initiated', physicalId, properties },
  );
  writeResource(
    engine,
    stack,
    { logicalId, type },
    {
      ...wanted,
      physicalId,
      state: 'CREATE_IN_PROGRESS',
      reason: 'Resource creation Initiated',
      accepted: true,
      operationId: stack.spec.operationId,
      change: 'create',
      before: undefined,
      changedAt: engine.clock.now(),
    },
  );
}

function changeResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  wanted: Incarnation,
  existing: StackResource,
): void {
  const { logicalId } = existing.spec;
  const { type } = requireDeclaration(deployment, logicalId);
  const provider = requireProvider(engine, type);
  const change = changeOf(provider, existing, wanted, type);
  const before = incarnation(existing.status);
  const next = {
    ...wanted,
    operationId: stack.spec.operationId,
    before,
    accepted: true,
    changedAt: engine.clock.now(),
  };
  if (change === 'none') {
    // Policies and dependencies are the engine's own business: taken over without an event.
    writeResource(
      engine,
      stack,
      { logicalId, type },
      {
        ...existing.status,
        ...next,
        physicalId: before.physicalId,
        state: existing.status.state === 'UPDATE_COMPLETE' ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE',
        change,
        changedAt: existing.status.changedAt,
      },
    );
    return;
  }
  const context = providerContext(engine, stack, logicalId);
  const properties = shown(wanted.properties, deployment);
  const event = (reason: string | undefined, physicalId: string | undefined): void =>
    recordResourceEvent(
      engine,
      stack,
      { logicalId, type },
      {
        state: 'UPDATE_IN_PROGRESS',
        physicalId,
        properties,
        ...(reason === undefined ? {} : { reason }),
      },
    );
  const resolved = resolveDynamic(wanted.properties, engine.call);
  let physicalId: string;
  if (change === 'update') {
    event(undefined, before.physicalId);
    physicalId = updateInPlace(engine, provider, before, resolved, context);
  } else {
    event(
      'Requested update requires the creation of a new physical resource; hence creating one.',
      before.physicalId,
    );
    if (findSchema(type)?.deleteFirst && before.physicalId !== undefined)
      provider.delete(before.physicalId, context);
    physicalId = provider.create(resolved, context);
    event('Resource creation Initiated', physicalId);
  }
  writeResource(
    engine,
    stack,
    { logicalId, type },
    {
      ...next,
      physicalId,
      state: 'UPDATE_IN_PROGRESS',
      reason: undefined,
      change,
    },
  );
}

/** In place, by a new one, or not at all: the schema says, and where it leaves it open, what the provider can. */
export function changeOf(
  provider: ResourceProvider,
  existing: StackResource,
  wanted: Pick<Incarnation, 'properties'>,
  type: string,
): 'none' | 'update' | 'replace' {
  const schema = findSchema(type);
  if (!schema) return 'replace';
  const changes = diffProperties(existing.status.properties, wanted.properties, schema);
  if (changes.length === 0) return 'none';
  if (changes.some(({ recreation }) => recreation === 'Always')) return 'replace';
  if (provider.update || changes.every(({ recreation }) => recreation === 'Never')) return 'update';
  return 'replace';
}

function updateInPlace(
  engine: EngineDependencies,
  provider: ResourceProvider,
  before: Incarnation,
  properties: Properties,
  context: ProviderContext,
): string {
  if (!provider.update || before.physicalId === undefined) {
    throw validationError(`Resource type ${provider.type} cannot be updated in place by this region`);
  }
  return provider.update(
    before.physicalId,
    properties,
    resolveDynamic(before.properties, engine.call),
    context,
  );
}

function checkResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  record: StackResource,
): boolean {
  const { logicalId, type } = record.spec;
  const verb = record.status.state === 'CREATE_IN_PROGRESS' ? 'CREATE' : 'UPDATE';
  const { physicalId } = record.status;
  if (physicalId === undefined) return false;
  try {
    return engine.store.transaction(() => {
      const stability = requireProvider(engine, type).stability(
        physicalId,
        providerContext(engine, stack, logicalId),
      );
      if (stability.state === 'in-progress') return false;
      const properties = shown(record.status.properties, deployment);
      if (stability.state === 'failed') {
        settle(engine, stack, record, {
          state: `${verb}_FAILED`,
          reason: stability.reason,
          physicalId,
          properties,
        });
      } else {
        settle(engine, stack, record, { state: `${verb}_COMPLETE`, physicalId, properties });
      }
      return true;
    });
  } catch (error) {
    settle(engine, stack, record, { state: `${verb}_FAILED`, reason: reasonOf(engine, error), physicalId });
    if (!(error instanceof AwsError)) throw error;
    return true;
  }
}

function cancelResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  record: StackResource,
): boolean {
  const isCreate = record.status.state === 'CREATE_IN_PROGRESS';
  settle(engine, stack, record, {
    state: isCreate ? 'CREATE_FAILED' : 'UPDATE_FAILED',
    reason: isCreate ? 'Resource creation cancelled' : 'Resource update cancelled',
    physicalId: record.status.physicalId,
    properties: shown(record.status.properties, deployment),
  });
  return true;
}

/** Back to what it was before the operation: the former properties, or the former resource where it was replaced. */
function restoreResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  record: StackResource,
): boolean {
  const { logicalId, type } = record.spec;
  const { before, change } = record.status;
  if (!before) return false;
  try {
    engine.store.transaction(() => {
      const context = providerContext(engine, stack, logicalId);
      const provider = requireProvider(engine, type);
      const event = { state: 'UPDATE_IN_PROGRESS' as const, physicalId: before.physicalId };
      recordResourceEvent(
        engine,
        stack,
        { logicalId, type },
        { ...event, properties: shown(before.properties, deployment) },
      );
      let { physicalId } = before;
      // A change that failed before it was made left nothing to undo.
      const wasMade = record.status.accepted;
      if (change === 'update' && wasMade) {
        physicalId = updateInPlace(
          engine,
          provider,
          incarnation(record.status),
          resolveDynamic(before.properties, engine.call),
          context,
        );
      } else if (change === 'replace' && wasMade) {
        if (findSchema(type)?.deleteFirst && record.status.physicalId !== undefined) {
          provider.delete(record.status.physicalId, context);
          physicalId = provider.create(resolveDynamic(before.properties, engine.call), context);
        } else {
          leaveBehind(engine, record, incarnation(record.status));
        }
      }
      writeResource(
        engine,
        stack,
        { logicalId, type },
        {
          ...before,
          physicalId,
          state: 'UPDATE_IN_PROGRESS',
          reason: undefined,
          accepted: true,
          operationId: backOf(stack.spec.operationId),
          change,
          before: undefined,
          changedAt: engine.clock.now(),
        },
      );
    });
  } catch (error) {
    const latest = engine.store.get(stackResourceType, record.id) ?? record;
    const back = engine.store.setStatus(latest, {
      ...latest.status,
      operationId: backOf(stack.spec.operationId),
    });
    settle(engine, stack, back ?? latest, {
      state: 'UPDATE_FAILED',
      reason: reasonOf(engine, error),
      physicalId: record.status.physicalId,
    });
    if (!(error instanceof AwsError)) throw error;
  }
  return true;
}

/** Keeps a replaced resource in mind until the clean-up deletes it. */
export function leaveBehind(engine: EngineDependencies, record: StackResource, was: Incarnation): void {
  if (was.physicalId === undefined) return;
  engine.store.create(stackResourceType, {
    id: `${record.spec.stackId}/${record.spec.logicalId}/${was.physicalId}`,
    spec: { ...record.spec, leftover: true },
    status: {
      ...was,
      // Whether what a replacement leaves is kept is a matter of its own policy.
      deletionPolicy: was.updateReplacePolicy,
      state: 'UPDATE_COMPLETE',
      reason: undefined,
      accepted: true,
      operationId: '',
      change: 'none',
      before: undefined,
      changedAt: engine.clock.now(),
    },
  });
}

function deleteResource(engine: EngineDependencies, stack: Stack, record: StackResource): boolean {
  const { logicalId, type, leftover } = record.spec;
  const { physicalId, deletionPolicy } = record.status;
  const operationId = removalOf({ state: stack.status.state, operationId: stack.spec.operationId });
  if (physicalId === undefined) {
    settle(engine, stack, record, { state: 'DELETE_COMPLETE' });
    return true;
  }
  const isCreateRollback = stack.status.state === 'ROLLBACK_IN_PROGRESS';
  const retained =
    deletionPolicy === 'Retain' ||
    (deletionPolicy === 'RetainExceptOnCreate' && !isCreateRollback) ||
    (stack.status.state === 'DELETE_IN_PROGRESS' && stack.spec.retainResources.includes(logicalId));
  if (retained && !(isCreateRollback && stack.spec.retainExceptOnCreate)) {
    settle(engine, stack, record, { state: 'DELETE_SKIPPED', physicalId });
    return true;
  }
  engine.store.transaction(() => {
    recordResourceEvent(engine, stack, { logicalId, type }, { state: 'DELETE_IN_PROGRESS', physicalId });
    engine.store.setStatus(record, {
      ...record.status,
      operationId,
      state: 'DELETE_IN_PROGRESS',
      reason: undefined,
      accepted: false,
      changedAt: engine.clock.now(),
    });
  });
  const latest = engine.store.get(stackResourceType, record.id);
  if (latest) tryDelete(engine, stack, latest, leftover);
  return true;
}

/** Asks again for what is still in use, and finishes what is gone. Deleting what is gone already succeeds. */
function checkGone(engine: EngineDependencies, stack: Stack, record: StackResource): boolean {
  return tryDelete(engine, stack, record, record.spec.leftover);
}

function tryDelete(
  engine: EngineDependencies,
  stack: Stack,
  record: StackResource,
  leftover: boolean,
): boolean {
  const { logicalId, type } = record.spec;
  const { physicalId } = record.status;
  if (physicalId === undefined) return false;
  try {
    return engine.store.transaction(() => {
      const context = providerContext(engine, stack, logicalId);
      const provider = requireProvider(engine, type);
      if (!record.status.accepted) {
        provider.delete(physicalId, context);
        engine.store.setStatus(record, { ...record.status, accepted: true });
      }
      if (provider.gone && !provider.gone(physicalId, context)) return false;
      settle(engine, stack, record, { state: 'DELETE_COMPLETE', physicalId });
      if (leftover) engine.store.remove(record);
      return true;
    });
  } catch (error) {
    const isPatient = engine.clock.now() - record.status.changedAt < deletionPatienceMs;
    if (error instanceof AwsError && isPatient && stillInUse.test(error.code)) return false;
    settle(engine, stack, record, { state: 'DELETE_FAILED', reason: reasonOf(engine, error), physicalId });
    if (!(error instanceof AwsError)) throw error;
    return true;
  }
}

/** Writes a resource's new state and the event that tells of it. */
function settle(engine: EngineDependencies, stack: Stack, record: StackResource, event: ResourceEvent): void {
  engine.store.transaction(() => {
    recordResourceEvent(engine, stack, record.spec, event);
    const latest = engine.store.get(stackResourceType, record.id) ?? record;
    const isRemoval = event.state.startsWith('DELETE');
    engine.store.setStatus(latest, {
      ...latest.status,
      ...(isRemoval
        ? { operationId: removalOf({ state: stack.status.state, operationId: stack.spec.operationId }) }
        : {}),
      state: event.state,
      reason: event.reason,
      changedAt: engine.clock.now(),
    });
  });
}

/** The provider refused: its transaction is undone, so the attempt is told in one of its own. */
function recordFailure(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  logicalId: string,
  verb: 'CREATE' | 'UPDATE',
  error: unknown,
): void {
  const { type } = requireDeclaration(deployment, logicalId);
  const reason = reasonOf(engine, error);
  engine.store.transaction(() => {
    const existing = findResource(engine, stack.id, logicalId);
    const physicalId = verb === 'UPDATE' ? existing?.status.physicalId : undefined;
    recordResourceEvent(engine, stack, { logicalId, type }, { state: `${verb}_IN_PROGRESS`, physicalId });
    recordResourceEvent(engine, stack, { logicalId, type }, { state: `${verb}_FAILED`, reason, physicalId });
    const nothing = {
      physicalId: undefined,
      properties: {},
      deletionPolicy: 'Delete',
      updateReplacePolicy: 'Delete',
    };
    const dependencies = deployment.nodes.get(logicalId)?.dependencies ?? [];
    const was = verb === 'UPDATE' && existing ? incarnation(existing.status) : { ...nothing, dependencies };
    writeResource(
      engine,
      stack,
      { logicalId, type },
      {
        ...was,
        state: `${verb}_FAILED`,
        reason,
        accepted: false,
        operationId: stack.spec.operationId,
        change: verb === 'UPDATE' ? 'update' : 'create',
        before: verb === 'UPDATE' ? was : undefined,
        changedAt: engine.clock.now(),
      },
    );
  });
}

function writeResource(
  engine: EngineDependencies,
  stack: Stack,
  { logicalId, type }: { logicalId: string; type: string },
  status: StackResourceStatus,
): void {
  const spec = { stackId: stack.id, logicalId, type, leftover: false };
  const existing = findResource(engine, stack.id, logicalId);
  if (!existing) {
    engine.store.create(stackResourceType, { id: `${stack.id}/${logicalId}`, spec, status });
    return;
  }
  // A logical id that was free again may come back with another type.
  const latest = existing.spec.type === type ? existing : engine.store.setSpec(existing, spec);
  if (latest) engine.store.setStatus(latest, status);
}

function incarnation({
  physicalId,
  properties,
  dependencies,
  deletionPolicy,
  updateReplacePolicy,
}: StackResourceStatus): Incarnation {
  return { physicalId, properties, dependencies, deletionPolicy, updateReplacePolicy };
}

function requireDeclaration(deployment: Deployment, logicalId: string): { readonly type: string } {
  const node = deployment.nodes.get(logicalId);
  if (!node) throw validationError(`Resource ${logicalId} is not in the template`);
  return node.declaration;
}

/** The properties as events show them: without the values of NoEcho parameters. */
function shown(properties: JsonObject, { secrets }: Deployment): string {
  return secrets.reduce(
    (text, secret) => text.replaceAll(JSON.stringify(secret).slice(1, -1), '****'),
    JSON.stringify(properties),
  );
}

/** An error as the status reason that CloudFormation makes of it. */
function reasonOf({ random }: EngineDependencies, error: unknown): string {
  if (!(error instanceof AwsError)) return 'Internal Failure';
  if (
    error.code === 'ValidationError' &&
    /^(Properties validation|Resource type|Template|No export)/.test(error.message)
  ) {
    return error.message;
  }
  const code =
    handlerErrorCodes.find(([pattern]) => pattern.test(error.code))?.[1] ?? 'GeneralServiceException';
  return (
    `Resource handler returned message: "${error.message} (Status Code: ${error.status ?? 400}; ` +
    `Error Code: ${error.code})" (RequestToken: ${uuid(random)}, HandlerErrorCode: ${code})`
  );
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
const handlerErrorCodes: readonly (readonly [RegExp, string])[] = [
  [/NotFound|NoSuch/, 'NotFound'],
  [/Already|Duplicate|Conflict$/, 'AlreadyExists'],
  [/LimitExceeded|Quota/, 'ServiceLimitExceeded'],
  [/AccessDenied|Unauthorized/, 'AccessDenied'],
  [/Invalid|Validation|Malformed|MissingParameter/, 'InvalidRequest'],
];
