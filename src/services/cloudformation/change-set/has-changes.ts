import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { sameValue } from '#/services/cloudformation/engine/value.ts';
import { deploy } from '#/services/cloudformation/engine/deployment.ts';
import { parseTemplate } from '#/services/cloudformation/engine/template.ts';
import { predictChanges } from '#/services/cloudformation/change-set/predict.ts';
import type { PlannedChange } from '#/services/cloudformation/change-set/resource.ts';
import { liveResources } from '#/services/cloudformation/stack/begin.ts';
import { lookupOf, placeOf, type EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';
import { shownTarget, type Stack, type Target } from '#/services/cloudformation/stack/resource.ts';

/** What a new wish would do to the stack's resources. */
export function plannedChanges(
  engine: EngineDependencies,
  stack: Stack,
  wanted: Deployment,
): PlannedChange[] {
  return predictChanges({
    wanted,
    current: currentOf(engine, stack),
    live: liveResources(engine, stack.id),
    lookup: lookupOf(engine, stack),
  });
}

/** Whether a new wish differs from what the stack is, in its resources, outputs or tags. */
export function hasChanges(
  engine: EngineDependencies,
  stack: Stack,
  target: Target,
  wanted: Deployment,
  changes = plannedChanges(engine, stack, wanted),
): boolean {
  if (changes.length > 0 || !sameValue(target.tags, shownTarget(stack).tags)) return true;
  const current = currentOf(engine, stack);
  return !current || !sameValue([...wanted.outputs], [...current.outputs]);
}

function currentOf(engine: EngineDependencies, stack: Stack): Deployment | undefined {
  if (stack.status.state === 'REVIEW_IN_PROGRESS') return undefined;
  const { template, parameters } = shownTarget(stack);
  return deploy(parseTemplate(template), parameters, placeOf(engine, stack));
}
