import type { ResourceStatus } from '@aws-sdk/client-cloudformation';
import type { CloudformationApi } from '#/wire/api/cloudformation.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { stackNotFound, validationError } from '#/services/cloudformation/errors.ts';
import { pageOf } from '#/services/cloudformation/page.ts';
import {
  eventIdOf,
  toEventOutput,
  toOutput,
  toResourceOutput,
  toResourceSummary,
} from '#/services/cloudformation/stack/output.ts';
import {
  stackEventType,
  stackResourceType,
  stackType,
  type Stack,
  type StackEvent,
  type StackResource,
} from '#/services/cloudformation/stack/resource.ts';
import { findStack, requireStack } from '#/services/cloudformation/stack/target.ts';

const itemsPerPage = 100;

/** Operations that only read stacks, their resources and their history. */
export const describeOperations = {
  DescribeStacks(input, context) {
    const { StackName: name } = input;
    const all =
      name === undefined || name === ''
        ? context.store
            .list(stackType)
            .filter(({ status }) => status.state !== 'DELETE_COMPLETE')
            .toReversed()
        : [requireStack(context, name)];
    const { items, nextToken } = pageOf(all, input.NextToken, itemsPerPage);
    return { Stacks: items.map(toOutput), ...tokenOf(nextToken) };
  },

  DescribeStackEvents(input, context) {
    const { StackName: name } = input;
    const stack = findStack(context, name);
    if (!stack) throw validationError(`Stack [${name}] does not exist`);
    const { items, nextToken } = pageOf(eventsOf(context, stack), input.NextToken, itemsPerPage);
    return { StackEvents: items.map(toEventOutput), ...tokenOf(nextToken) };
  },

  DescribeEvents(input, context) {
    const name = input.StackName ?? '';
    const stack = findStack(context, name);
    if (!stack) throw stackNotFound(name);
    const onlyFailed = input.Filters?.FailedEvents ?? false;
    const events = eventsOf(context, stack).filter(
      ({ spec }) =>
        (input.OperationId === undefined || spec.operationId === input.OperationId) &&
        (!onlyFailed || spec.state.endsWith('_FAILED')),
    );
    const { items, nextToken } = pageOf(events, input.NextToken, itemsPerPage);
    return {
      OperationEvents: items.map((event) => ({
        EventId: eventIdOf(event.id),
        StackId: stack.id,
        OperationId: event.spec.operationId,
        EventType: 'STACK_EVENT' as const,
        LogicalResourceId: event.spec.logicalId,
        PhysicalResourceId: event.spec.physicalId,
        ResourceType: event.spec.type,
        Timestamp: new Date(event.spec.at),
        ResourceStatus: event.spec.state as ResourceStatus, // the stack's own events carry its status here
        ...(event.spec.reason === undefined ? {} : { ResourceStatusReason: event.spec.reason }),
        ...(event.spec.properties === undefined ? {} : { ResourceProperties: event.spec.properties }),
      })),
      ...tokenOf(nextToken),
    };
  },

  DescribeStackResource(input, context) {
    const { StackName: name, LogicalResourceId: logicalId } = input;
    const stack = requireStack(context, name);
    const record = resourcesOf(context, stack).find(({ spec }) => spec.logicalId === logicalId);
    if (!record) throw validationError(`Resource ${logicalId} does not exist for stack ${name}`);
    const { Timestamp: changedAt, ...resource } = toResourceOutput(stack, record);
    return { StackResourceDetail: { ...resource, LastUpdatedTimestamp: changedAt } };
  },

  DescribeStackResources(input, context) {
    const { StackName: name, PhysicalResourceId: physicalId, LogicalResourceId: logicalId } = input;
    if (name === undefined && physicalId === undefined) {
      throw validationError('Either StackName or PhysicalResourceId must be specified');
    }
    const stack =
      name === undefined ? stackOfPhysicalId(context, physicalId ?? '') : findStack(context, name);
    if (!stack) throw stackNotFound(name ?? physicalId ?? '');
    const records = resourcesOf(context, stack).filter(
      ({ spec }) => logicalId === undefined || spec.logicalId === logicalId,
    );
    return { StackResources: records.map((record) => toResourceOutput(stack, record)) };
  },

  ListStackResources(input, context) {
    const stack = requireStack(context, input.StackName ?? '');
    const { items, nextToken } = pageOf(resourcesOf(context, stack), input.NextToken, itemsPerPage);
    return { StackResourceSummaries: items.map(toResourceSummary), ...tokenOf(nextToken) };
  },

  ListStacks(input, context) {
    const wanted = new Set<string>(input.StackStatusFilter ?? []);
    const all = context.store
      .list(stackType)
      .filter(({ status }) => wanted.size === 0 || wanted.has(status.state))
      .toReversed();
    const { items, nextToken } = pageOf(all, input.NextToken, itemsPerPage);
    return { StackSummaries: items.map(toSummary), ...tokenOf(nextToken) };
  },

  ListExports(input, context) {
    const all = context.store
      .list(stackType)
      .flatMap((stack) =>
        stack.status.outputs.flatMap(({ exportName, value }) =>
          exportName === undefined ? [] : { ExportingStackId: stack.id, Name: exportName, Value: value },
        ),
      );
    const { items, nextToken } = pageOf(all, input.NextToken, itemsPerPage);
    return { Exports: [...items], ...tokenOf(nextToken) };
  },

  ListImports(input, context) {
    const { ExportName: name } = input;
    const importing = context.store
      .list(stackType)
      .filter(({ status }) => status.imports.includes(name))
      .map(({ spec }) => spec.stackName);
    if (importing.length === 0) throw validationError(`Export '${name}' is not imported by any stack.`);
    const { items, nextToken } = pageOf(importing, input.NextToken, itemsPerPage);
    return { Imports: [...items], ...tokenOf(nextToken) };
  },
} satisfies Handlers<CloudformationApi>;

function tokenOf(nextToken: string | undefined): { NextToken?: string } {
  return nextToken === undefined ? {} : { NextToken: nextToken };
}

/** Newest first. */
function eventsOf({ store }: Pick<Context, 'store'>, { id }: Stack): StackEvent[] {
  return store.listBy(stackEventType, 'stackId', id).toReversed();
}

/** What the stack shows: not what replacements left, and what is gone only after a deletion of the whole. */
function resourcesOf({ store }: Pick<Context, 'store'>, { id, status }: Stack): StackResource[] {
  const showsGone = status.state.startsWith('DELETE') || status.state.startsWith('ROLLBACK');
  return store
    .listBy(stackResourceType, 'stackId', id)
    .filter(
      ({ spec, status: { state } }) =>
        !spec.leftover && (showsGone || (state !== 'DELETE_COMPLETE' && state !== 'DELETE_SKIPPED')),
    )
    .toSorted((a, b) => (a.spec.logicalId < b.spec.logicalId ? -1 : 1));
}

function stackOfPhysicalId(context: Pick<Context, 'store'>, physicalId: string): Stack | undefined {
  const record = context.store
    .list(stackResourceType)
    .find(({ status }) => status.physicalId === physicalId && status.state !== 'DELETE_COMPLETE');
  return record && context.store.get(stackType, record.spec.stackId);
}

function toSummary({ id, spec, status, createdAt }: Stack) {
  return {
    StackId: id,
    StackName: spec.stackName,
    ...(spec.description === undefined ? {} : { TemplateDescription: spec.description }),
    CreationTime: new Date(createdAt),
    ...(status.updatedAt === undefined ? {} : { LastUpdatedTime: new Date(status.updatedAt) }),
    ...(status.deletedAt === undefined ? {} : { DeletionTime: new Date(status.deletedAt) }),
    StackStatus: status.state,
    ...(status.reason === undefined ? {} : { StackStatusReason: status.reason }),
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' as const },
  };
}
