import { uuid } from '#/lib/random.ts';
import type { CloudformationApi } from '#/wire/api/cloudformation.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { declaredExports } from '#/services/cloudformation/engine/template.ts';
import { hasChanges, plannedChanges } from '#/services/cloudformation/change-set/has-changes.ts';
import { toOutput, toSummary } from '#/services/cloudformation/change-set/output.ts';
import { changeSetType, type ChangeSet } from '#/services/cloudformation/change-set/resource.ts';
import {
  changeSetAlreadyExists,
  changeSetNotFound,
  invalidChangeSetStatus,
  stackNotFound,
  validationError,
} from '#/services/cloudformation/errors.ts';
import { pageOf } from '#/services/cloudformation/page.ts';
import { noTemplate, readTemplate, type ReadObject } from '#/services/cloudformation/source.ts';
import {
  beginOperation,
  createStack,
  liveResources,
  newStackId,
  requireSameTypes,
  requireUnusedExports,
} from '#/services/cloudformation/stack/begin.ts';
import { recordStackEvent } from '#/services/cloudformation/stack/events.ts';
import type { EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';
import { shownTarget, stackType, type Stack } from '#/services/cloudformation/stack/resource.ts';
import {
  findStack,
  requireStack,
  requireStackName,
  requireTarget,
  requireUpdatable,
  toOnFailure,
} from '#/services/cloudformation/stack/target.ts';

const changeSetsPerPage = 100;

/** Operations on change sets. A change set is complete when CreateChangeSet answers: nothing has to be waited for. */
export function changeSetOperations(engine: EngineDependencies, readObject: ReadObject) {
  return {
    async CreateChangeSet(input, context) {
      const given = await readTemplate(input, readObject);
      return context.store.transaction(() => createChangeSet(engine, input, given, context));
    },

    DescribeChangeSet(input, context) {
      const changeSet = requireChangeSet(context, input.ChangeSetName ?? '', input.StackName);
      return toOutput(changeSet, input.IncludePropertyValues ?? false, input.NextToken);
    },

    ExecuteChangeSet(input, context) {
      const changeSet = requireChangeSet(context, input.ChangeSetName ?? '', input.StackName);
      executeChangeSet(changeSet, input, context);
      return {};
    },

    DeleteChangeSet(input, context) {
      const changeSet = findChangeSet(context, input.ChangeSetName ?? '', input.StackName);
      if (changeSet) context.store.remove(changeSet);
      return {};
    },

    ListChangeSets(input, context) {
      const stack = requireStack(context, input.StackName ?? '');
      const all = context.store.listBy(changeSetType, 'stackId', stack.id).filter(isPending);
      const { items, nextToken } = pageOf(all, input.NextToken, changeSetsPerPage);
      return {
        Summaries: items.map(toSummary),
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      };
    },
  } satisfies Handlers<CloudformationApi>;
}

function createChangeSet(
  engine: EngineDependencies,
  input: CloudformationApi['CreateChangeSet']['input'],
  given: string | undefined,
  context: Context,
): { Id: string; StackId: string } {
  const { StackName: stackName, ChangeSetName: name, ChangeSetType: type = 'UPDATE' } = input;
  const existing = findStack(context, stackName);
  const named = existing && findChangeSet(context, name, existing.id);
  if (named && input.ClientToken !== undefined && named.spec.clientToken === input.ClientToken)
    return { Id: named.id, StackId: named.spec.stackId };
  if (type === 'IMPORT')
    throw validationError('Change sets of type IMPORT are not implemented by this region');
  const isNew = type === 'CREATE';
  requireFitting(existing, isNew, stackName, name);
  if (named && isPending(named)) throw changeSetAlreadyExists(named.id);
  const current = existing && !isNew ? shownTarget(existing) : undefined;
  const body = given ?? (input.UsePreviousTemplate ? current?.template : undefined);
  if (body === undefined) throw noTemplate();
  const stackId = existing?.id ?? newStackId(context, stackName);
  const notificationArns = input.NotificationARNs ?? existing?.spec.notificationArns ?? [];
  const place = {
    region: context.region,
    account: context.account,
    stackName: existing?.spec.stackName ?? stackName,
    stackId,
    notificationArns,
  };
  const { target, deployment } = requireTarget(input, body, current, place, context);
  const stack =
    existing ??
    createStack(context, stackId, {
      stackName,
      target,
      description: deployment.template.description,
      capabilities: input.Capabilities ?? [],
      roleArn: input.RoleARN,
      notificationArns,
      terminationProtection: false,
      timeoutInMinutes: undefined,
      onFailure: 'ROLLBACK',
      retainExceptOnCreate: false,
      retainResources: [],
      changeSetId: undefined,
      clientRequestToken: undefined,
    });
  if (!existing) recordStackEvent(context, stack, 'REVIEW_IN_PROGRESS', 'User Initiated');
  requireSameTypes(liveResources(context, stack.id), deployment);
  const changes = plannedChanges(engine, stack, deployment);
  const isChange = isNew || hasChanges(engine, stack, target, deployment, changes);
  const id = `arn:aws:cloudformation:${context.region}:${context.account}:changeSet/${name}/${uuid(context.random)}`;
  context.store.create(changeSetType, {
    id,
    spec: {
      name,
      stackId,
      stackName: stack.spec.stackName,
      type: isNew ? 'CREATE' : 'UPDATE',
      description: input.Description,
      target,
      capabilities: input.Capabilities ?? [],
      roleArn: input.RoleARN ?? stack.spec.roleArn,
      notificationArns,
      onStackFailure:
        input.OnStackFailure === undefined
          ? undefined
          : toOnFailure({ OnStackFailure: input.OnStackFailure }),
      includeNestedStacks: input.IncludeNestedStacks ?? false,
      importExistingResources: input.ImportExistingResources ?? false,
      deploymentMode: input.DeploymentConfig?.Mode,
      clientToken: input.ClientToken,
      changes,
    },
    status: isChange
      ? { state: 'CREATE_COMPLETE', reason: undefined, executionState: 'AVAILABLE' }
      : {
          state: 'FAILED',
          reason:
            "The submitted information didn't contain changes. Submit different information to create a change set.",
          executionState: 'UNAVAILABLE',
        },
  });
  return { Id: id, StackId: stackId };
}

function requireFitting(existing: Stack | undefined, isNew: boolean, stackName: string, name: string): void {
  if (isNew) {
    if (!existing) requireStackName(stackName);
    else if (existing.status.state !== 'REVIEW_IN_PROGRESS') {
      throw validationError(
        `Stack [${stackName}] already exists and cannot be created again with the changeSet [${name}].`,
      );
    }
    return;
  }
  if (!existing) throw validationError(`Stack [${stackName}] does not exist`);
  requireUpdatable(existing);
}

function executeChangeSet(
  changeSet: ChangeSet,
  input: CloudformationApi['ExecuteChangeSet']['input'],
  context: Context,
): void {
  const { store } = context;
  const { spec, status } = changeSet;
  if (status.executionState !== 'AVAILABLE') {
    throw invalidChangeSetStatus(
      `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${status.state}]`,
    );
  }
  const stack = store.get(stackType, spec.stackId);
  if (!stack) throw stackNotFound(spec.stackId);
  const isCreate = stack.status.state === 'REVIEW_IN_PROGRESS';
  if (!isCreate) requireUpdatable(stack);
  if (!isCreate) requireUnusedExports(context, stack, declaredExports(spec.target.template));
  beginOperation(context, stack, isCreate ? 'CREATE_IN_PROGRESS' : 'UPDATE_IN_PROGRESS', {
    target: spec.target,
    capabilities: spec.capabilities,
    roleArn: spec.roleArn,
    notificationArns: spec.notificationArns,
    onFailure: input.DisableRollback ? 'DO_NOTHING' : (spec.onStackFailure ?? 'ROLLBACK'),
    retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
    changeSetId: changeSet.id,
    clientRequestToken: input.ClientRequestToken,
  });
  store.setStatus(changeSet, { ...status, executionState: 'EXECUTE_COMPLETE' });
  // What the others were made against is no longer so.
  for (const other of store.listBy(changeSetType, 'stackId', stack.id)) {
    if (other.id !== changeSet.id) store.remove(other);
  }
}

function findChangeSet(
  context: Pick<Context, 'store'>,
  name: string,
  stackName: string | undefined,
): ChangeSet | undefined {
  if (name.startsWith('arn:')) return context.store.get(changeSetType, name);
  const stack = stackName === undefined ? undefined : findStack(context, stackName);
  if (!stack) return undefined;
  const named = context.store
    .listBy(changeSetType, 'stackId', stack.id)
    .filter(({ spec }) => spec.name === name);
  return named.find(isPending) ?? named.at(-1);
}

/** An executed change set can still be described, but it is no longer listed and its name is free again. */
function isPending({ status }: ChangeSet): boolean {
  return status.executionState !== 'EXECUTE_COMPLETE';
}

function requireChangeSet(
  context: Pick<Context, 'store'>,
  name: string,
  stackName: string | undefined,
): ChangeSet {
  if (!name.startsWith('arn:') && stackName === undefined) {
    throw validationError('StackName must be specified if ChangeSetName is not specified as an ARN.');
  }
  const changeSet = findChangeSet(context, name, stackName);
  if (!changeSet) throw changeSetNotFound(name);
  return changeSet;
}
