import { AwsError } from '#/lib/aws-error.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { diffProperties } from '#/services/cloudformation/engine/diff.ts';
import { resolveDynamic } from '#/services/cloudformation/engine/dynamic.ts';
import { evaluate } from '#/services/cloudformation/engine/intrinsics.ts';
import { checkProperties } from '#/services/cloudformation/engine/properties.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { isObject } from '#/services/cloudformation/engine/value.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { recordResourceEvent } from '#/services/cloudformation/stack/events.ts';
import {
  type EngineDependencies,
  findResource,
  lookupOf,
  providerContext,
  requireProvider,
} from '#/services/cloudformation/stack/lookup.ts';
import { reasonOf } from '#/services/cloudformation/stack/reason.ts';
import { incarnation, settle, shown, writeResource } from '#/services/cloudformation/stack/record.ts';
import type { Incarnation, Stack, StackResource } from '#/services/cloudformation/stack/resource.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';

/** Creates, updates or replaces a resource, whichever the template wants; a refusal is written down. */
export function applyResource(
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

/** Changes a resource in place; throws what becomes the reason where its provider cannot. */
export function updateInPlace(
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

/** Asks whether a resource under way has become what it should be. Answers whether it moved. */
export function checkResource(
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

/** Gives up on a resource under way, because another one failed. */
export function cancelResource(
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

function requireDeclaration(deployment: Deployment, logicalId: string): { readonly type: string } {
  const node = deployment.nodes.get(logicalId);
  if (!node) throw validationError(`Resource ${logicalId} is not in the template`);
  return node.declaration;
}
