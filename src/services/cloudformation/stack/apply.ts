import { isGone } from '#/services/cloudformation/stack/resource.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { resolveDynamic } from '#/services/cloudformation/engine/dynamic.ts';
import { evaluate } from '#/services/cloudformation/engine/intrinsics.ts';
import { checkProperties } from '#/services/cloudformation/engine/properties.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { isObject } from '#/services/cloudformation/engine/value.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { changeResource } from '#/services/cloudformation/stack/change.ts';
import { recordResourceEvent } from '#/services/cloudformation/stack/events.ts';
import {
  type EngineDependencies,
  findResource,
  lookupOf,
  providerContext,
  requireProvider,
} from '#/services/cloudformation/stack/lookup.ts';
import { reasonOf } from '#/services/cloudformation/stack/reason.ts';
import { incarnation, shown, writeResource } from '#/services/cloudformation/stack/record.ts';
import type { Incarnation, Stack } from '#/services/cloudformation/stack/resource.ts';

/** Creates, updates or replaces a resource, whichever the template wants; a refusal is written down. */
export function applyResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  logicalId: string,
): boolean {
  const existing = findResource(engine, stack.id, logicalId);
  const isNew = !existing || isGone(existing.status.state) || existing.status.physicalId === undefined;
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
        change: verb === 'CREATE' ? 'create' : existing?.status.before ? existing.status.change : 'update',
        before: verb === 'CREATE' ? undefined : (existing?.status.before ?? was),
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
