import { unreachable } from '#/lib/assert.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { applyResource } from '#/services/cloudformation/stack/apply.ts';
import { cancelResource, checkResource } from '#/services/cloudformation/stack/check.ts';
import type { Step } from '#/services/cloudformation/stack/decide.ts';
import type { EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';
import { checkGone, deleteResource } from '#/services/cloudformation/stack/remove.ts';
import {
  type Stack,
  type StackResource,
  stackResourceType,
} from '#/services/cloudformation/stack/resource.ts';
import { restoreResource } from '#/services/cloudformation/stack/restore.ts';

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
