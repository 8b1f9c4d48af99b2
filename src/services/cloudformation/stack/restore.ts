import { AwsError } from '#/lib/aws-error.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { sameValue } from '#/services/cloudformation/engine/value.ts';
import { resolveDynamic } from '#/services/cloudformation/engine/dynamic.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { updateInPlace } from '#/services/cloudformation/stack/change.ts';
import { backOf } from '#/services/cloudformation/stack/decide.ts';
import { recordResourceEvent } from '#/services/cloudformation/stack/events.ts';
import {
  type EngineDependencies,
  providerContext,
  requireProvider,
} from '#/services/cloudformation/stack/lookup.ts';
import { reasonOf } from '#/services/cloudformation/stack/reason.ts';
import { incarnation, settle, shown, writeResource } from '#/services/cloudformation/stack/record.ts';
import {
  type Incarnation,
  type Stack,
  type StackResource,
  stackResourceType,
} from '#/services/cloudformation/stack/resource.ts';

/** Back to what it was before the operation: the former properties, or the former resource where it was replaced. */
export function restoreResource(
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
      const wasMade =
        physicalId !== record.status.physicalId || !sameValue(before.properties, record.status.properties);
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
