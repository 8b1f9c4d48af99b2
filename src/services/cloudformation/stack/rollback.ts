import type { Handlers } from '#/services/contract.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { beginOperation } from '#/services/cloudformation/stack/begin.ts';
import { backOf } from '#/services/cloudformation/stack/decide.ts';
import { findResource } from '#/services/cloudformation/stack/lookup.ts';
import { stackResourceType } from '#/services/cloudformation/stack/resource.ts';
import { requireStack } from '#/services/cloudformation/stack/target.ts';
import type { CloudformationApi } from '#/wire/api/cloudformation.ts';

/** Operations that take back what failed and was left as it was. */
export const rollbackOperations = {
  RollbackStack(input, context) {
    const stack = requireStack(context, input.StackName);
    const isFirst = stack.status.deployed === undefined;
    if (stack.status.state !== 'CREATE_FAILED' && stack.status.state !== 'UPDATE_FAILED') {
      throw validationError(
        `Stack:${stack.id} is in ${stack.status.state} state and can not be rolled back.`,
      );
    }
    const begun = beginOperation(
      context,
      stack,
      isFirst ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS',
      {
        retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
        clientRequestToken: input.ClientRequestToken,
      },
    );
    return { StackId: begun.id, OperationId: begun.spec.operationId };
  },

  ContinueUpdateRollback(input, context) {
    const stack = requireStack(context, input.StackName);
    if (stack.status.state !== 'UPDATE_ROLLBACK_FAILED') {
      throw validationError(
        `Stack:${stack.id} is in ${stack.status.state} state and can not continue update rollback.`,
      );
    }
    const begun = beginOperation(context, stack, 'UPDATE_ROLLBACK_IN_PROGRESS', {
      clientRequestToken: input.ClientRequestToken,
    });
    for (const logicalId of input.ResourcesToSkip ?? []) {
      const record = findResource(context, stack.id, logicalId);
      if (record?.status.state !== 'UPDATE_FAILED') {
        throw validationError(
          `Stack [${stack.spec.stackName}] cannot skip resource [${logicalId}]: it is not in UPDATE_FAILED state`,
        );
      }
      // Taken as gone back, whatever it is: the template and the world may differ from here on.
      context.store.setStatus(record, {
        ...record.status,
        state: 'UPDATE_COMPLETE',
        operationId: backOf(begun.spec.operationId),
        before: undefined,
      });
    }
    // Attempts of the failed rollback are attempts of a former operation now, so each is made again.
    for (const record of context.store.listBy(stackResourceType, 'stackId', stack.id)) {
      if (record.status.before && record.status.state === 'UPDATE_FAILED') {
        context.store.setStatus(record, { ...record.status, operationId: '' });
      }
    }
    return {};
  },
} satisfies Handlers<CloudformationApi>;
