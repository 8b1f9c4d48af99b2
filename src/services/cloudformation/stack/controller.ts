import type { Controller } from '#/controllers/controller.ts';
import { assert } from '#/lib/assert.ts';
import { decide, type StackView } from '#/services/cloudformation/stack/decide.ts';
import { deployments, type EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';
import {
  isInProgress,
  isRolledBackUpdate,
  stackResourceType,
  stackType,
  type Stack,
} from '#/services/cloudformation/stack/resource.ts';
import { performStep } from '#/services/cloudformation/stack/steps.ts';
import { transition } from '#/services/cloudformation/stack/transitions.ts';

/** How soon resources that were not ready are asked again. */
const pollMs = 200;

/**
 * Brings stacks to what was asked of them. Everything it knows is in the store, and each step is one transaction
 * with its record, so it goes on after a crash wherever it was.
 */
export function stackController(engine: EngineDependencies): Controller<Stack> {
  const deploymentOf = deployments(engine);
  return {
    type: stackType,
    async reconcile(stack) {
      if (!isInProgress(stack.status.state)) return undefined;
      const target = isRolledBackUpdate(stack.status.state) ? stack.status.deployed : stack.spec.target;
      assert(target, 'a stack that goes back was something before');
      const deployment = deploymentOf(stack, target);
      const wanted = new Map([...deployment.nodes].map(([id, { dependencies }]) => [id, dependencies]));
      let moved = false;
      for (const step of decide(viewOf(engine, stack, wanted))) {
        if (step.do === 'become') {
          transition(engine, stack, deployment, step.state, step.reason);
          return undefined; // the stack's own change brings the next look
        }
        moved = performStep(engine, stack, deployment, step) || moved;
      }
      return { requeueAfterMs: moved ? 0 : pollMs };
    },
  };
}

function viewOf({ store, clock }: EngineDependencies, stack: Stack, wanted: StackView['wanted']): StackView {
  const { timeoutInMinutes, onFailure, operationId } = stack.spec;
  const tookMs = clock.now() - stack.status.operationStartedAt;
  return {
    state: stack.status.state,
    operationId,
    onFailure,
    canGoBack: stack.status.deployed !== undefined,
    isLate:
      stack.status.state === 'CREATE_IN_PROGRESS' &&
      timeoutInMinutes !== undefined &&
      tookMs > timeoutInMinutes * 60_000,
    wanted,
    resources: store.listBy(stackResourceType, 'stackId', stack.id).map(({ id, spec, status }) => ({
      id,
      logicalId: spec.logicalId,
      leftover: spec.leftover,
      state: status.state,
      operationId: status.operationId,
      change: status.change,
      hasBefore: status.before !== undefined,
      dependencies: status.dependencies,
    })),
  };
}
