import { AwsError } from '#/lib/aws-error.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import {
  type EngineDependencies,
  providerContext,
  requireProvider,
} from '#/services/cloudformation/stack/lookup.ts';
import { reasonOf } from '#/services/cloudformation/stack/reason.ts';
import { settle, shown } from '#/services/cloudformation/stack/record.ts';
import type { Stack, StackResource } from '#/services/cloudformation/stack/resource.ts';

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
