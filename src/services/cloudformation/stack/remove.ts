import { AwsError } from '#/lib/aws-error.ts';
import { removalOf } from '#/services/cloudformation/stack/decide.ts';
import { recordResourceEvent } from '#/services/cloudformation/stack/events.ts';
import {
  type EngineDependencies,
  providerContext,
  requireProvider,
} from '#/services/cloudformation/stack/lookup.ts';
import { reasonOf } from '#/services/cloudformation/stack/reason.ts';
import { settle } from '#/services/cloudformation/stack/record.ts';
import {
  type Stack,
  type StackResource,
  stackResourceType,
} from '#/services/cloudformation/stack/resource.ts';

/** Deletes a resource, or leaves it where its policy says so. */
export function deleteResource(engine: EngineDependencies, stack: Stack, record: StackResource): boolean {
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
    if (leftover) engine.store.remove(record);
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
export function checkGone(engine: EngineDependencies, stack: Stack, record: StackResource): boolean {
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

/** Deleting is tried again this long while others still use the resource. */
const deletionPatienceMs = 300_000;

const stillInUse =
  /DependencyViolation|DeleteConflict|InUse|InvalidDB\w*State|IncorrectState|ScalingActivityInProgress/;
