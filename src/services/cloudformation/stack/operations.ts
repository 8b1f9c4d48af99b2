import type { CloudformationApi } from '#/wire/api/cloudformation.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { declaredExports } from '#/services/cloudformation/engine/template.ts';
import { hasChanges } from '#/services/cloudformation/change-set/has-changes.ts';
import { noUpdates, stackAlreadyExists, validationError } from '#/services/cloudformation/errors.ts';
import {
  readTemplate,
  noTemplate,
  requireTemplate,
  type ReadObject,
} from '#/services/cloudformation/source.ts';
import {
  beginOperation,
  createStack,
  liveResources,
  newStackId,
  requireSameTypes,
  requireUnusedExports,
} from '#/services/cloudformation/stack/begin.ts';
import { placeOf, type EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';
import { isInProgress, shownTarget, type Stack } from '#/services/cloudformation/stack/resource.ts';
import {
  findStack,
  requireStack,
  requireStackName,
  requireTarget,
  requireUpdatable,
  toOnFailure,
} from '#/services/cloudformation/stack/target.ts';

/** Operations that start something on a stack. */
export function stackOperations(engine: EngineDependencies, readObject: ReadObject) {
  return {
    async CreateStack(input, context) {
      const { StackName: stackName } = input;
      requireStackName(stackName);
      const body = await requireTemplate(input, readObject);
      return context.store.transaction(() => {
        if (findStack(context, stackName)) throw stackAlreadyExists(stackName);
        const id = newStackId(context, stackName);
        const place = { ...context, stackName, stackId: id, notificationArns: input.NotificationARNs ?? [] };
        const { target, deployment } = requireTarget(input, body, undefined, place, context);
        const spec = {
          stackName,
          target,
          description: deployment.template.description,
          capabilities: input.Capabilities ?? [],
          roleArn: input.RoleARN,
          notificationArns: input.NotificationARNs ?? [],
          terminationProtection: input.EnableTerminationProtection ?? false,
          timeoutInMinutes: input.TimeoutInMinutes,
          onFailure: toOnFailure(input),
          retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
          retainResources: [],
          changeSetId: undefined,
          clientRequestToken: input.ClientRequestToken,
        };
        const stack = beginOperation(context, createStack(context, id, spec), 'CREATE_IN_PROGRESS', {});
        return { StackId: stack.id, OperationId: stack.spec.operationId };
      });
    },

    async UpdateStack(input, context) {
      const { StackName: name } = input;
      const given = await readTemplate(input, readObject);
      return context.store.transaction(() => {
        const stack = findStack(context, name);
        if (!stack) throw validationError(`Stack [${name}] does not exist`);
        requireUpdatable(stack);
        const current = shownTarget(stack);
        const body = given ?? (input.UsePreviousTemplate ? current.template : undefined);
        if (body === undefined) throw noTemplate();
        const place = placeOf(engine, stack);
        const { target, deployment } = requireTarget(input, body, current, place, context);
        requireSameTypes(liveResources(context, stack.id), deployment);
        if (!hasChanges(engine, stack, target, deployment)) throw noUpdates();
        requireUnusedExports(context, stack, declaredExports(body));
        const begun = beginOperation(context, stack, 'UPDATE_IN_PROGRESS', {
          target,
          description: deployment.template.description,
          capabilities: input.Capabilities ?? [],
          onFailure: toOnFailure(input),
          changeSetId: undefined,
          clientRequestToken: input.ClientRequestToken,
          ...(input.RoleARN === undefined ? {} : { roleArn: input.RoleARN }),
          ...(input.NotificationARNs === undefined ? {} : { notificationArns: input.NotificationARNs }),
        });
        return { StackId: begun.id, OperationId: begun.spec.operationId };
      });
    },

    DeleteStack(input, context) {
      const stack = findStack(context, input.StackName ?? '');
      // Deleting what is not there, or goes already, is a success.
      if (!stack || stack.status.state === 'DELETE_COMPLETE' || stack.status.state === 'DELETE_IN_PROGRESS')
        return {};
      requireDeletable(
        context,
        stack,
        input.RetainResources ?? [],
        input.DeletionMode === 'FORCE_DELETE_STACK',
      );
      beginOperation(context, stack, 'DELETE_IN_PROGRESS', {
        retainResources: input.RetainResources ?? [],
        clientRequestToken: input.ClientRequestToken,
      });
      return {};
    },

    UpdateTerminationProtection(input, context) {
      const stack = requireStack(context, input.StackName ?? '');
      context.store.setSpec(stack, {
        ...stack.spec,
        terminationProtection: input.EnableTerminationProtection ?? false,
      });
      return { StackId: stack.id };
    },
  } satisfies Handlers<CloudformationApi>;
}

function requireDeletable(
  context: Context,
  stack: Stack,
  retain: readonly string[],
  isForced: boolean,
): void {
  const { spec, status } = stack;
  if (spec.terminationProtection) {
    throw validationError(
      `Stack [${spec.stackName}] cannot be deleted while TerminationProtection is enabled`,
    );
  }
  if (retain.length > 0 && !isForced && status.state !== 'DELETE_FAILED') {
    throw validationError(
      `Invalid operation on stack [${stack.id}]. To delete a stack with retained resources, the stack must be in DELETE_FAILED state`,
    );
  }
  // A create may be given up for a deletion; an update must come to its end first.
  if (isInProgress(status.state) && status.state.startsWith('UPDATE')) {
    throw validationError(`Stack [${spec.stackName}] cannot be deleted while in status ${status.state}`);
  }
  requireUnusedExports(context, stack, new Set());
}
