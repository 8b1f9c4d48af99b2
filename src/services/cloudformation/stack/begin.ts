import { uuid } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { recordStackEvent } from '#/services/cloudformation/stack/events.ts';
import {
  isGone,
  stackResourceType,
  stackType,
  type Stack,
  type StackResource,
  type StackSpec,
  type StackState,
} from '#/services/cloudformation/stack/resource.ts';

/**
 * The operations begin what the controller then carries on. They write the first status themselves, because
 * a client that asks right after its request must see that the operation is under way.
 */
export function beginOperation(
  context: Context,
  stack: Stack,
  state: StackState,
  wish: Partial<StackSpec>,
  reason = 'User Initiated',
): Stack {
  const { store, clock, random, principal } = context;
  const now = clock.now();
  const spec = {
    ...stack.spec,
    ...wish,
    operationId: uuid(random),
    principalArn: principal.arn,
  };
  const written = store.setSpec(stack, spec) ?? stack;
  const begun =
    store.setStatus(written, {
      ...written.status,
      state,
      reason,
      operationStartedAt: now,
      updatedAt:
        state === 'DELETE_IN_PROGRESS' || (state === 'CREATE_IN_PROGRESS' && wish.changeSetId === undefined)
          ? written.status.updatedAt
          : now,
    }) ?? written;
  recordStackEvent(context, begun, state, reason);
  return begun;
}

export type NewStack = Omit<StackSpec, 'operationId' | 'principalArn'>;

/** The ARN that a new stack of that name gets. */
export function newStackId({ region, account, random }: Context, stackName: string): string {
  return `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/${uuid(random)}`;
}

/** Writes a new stack that has not begun anything. */
export function createStack(context: Context, id: string, spec: NewStack): Stack {
  return context.store.create(stackType, {
    id,
    spec: { ...spec, operationId: uuid(context.random), principalArn: context.principal.arn },
    status: {
      state: 'REVIEW_IN_PROGRESS',
      reason: 'User Initiated',
      deployed: undefined,
      outputs: [],
      imports: [],
      operationStartedAt: context.clock.now(),
      updatedAt: undefined,
      deletedAt: undefined,
    },
  });
}

/** The resources that the stack has: not those it had, nor what replacements left. */
export function liveResources(
  { store }: Pick<Context, 'store'>,
  stackId: string,
): Map<string, StackResource> {
  return new Map(
    store
      .listBy(stackResourceType, 'stackId', stackId)
      .filter(
        ({ spec, status }) => !spec.leftover && status.physicalId !== undefined && !isGone(status.state),
      )
      .map((record) => [record.spec.logicalId, record]),
  );
}

/** A logical id keeps its type. */
export function requireSameTypes(live: ReadonlyMap<string, StackResource>, wanted: Deployment): void {
  const changed = [...wanted.nodes]
    .filter(([id, { declaration }]) => {
      const type = live.get(id)?.spec.type;
      return type !== undefined && type !== declaration.type;
    })
    .map(([id]) => id);
  if (changed.length === 0) return;
  throw validationError(
    'Update of resource type is not permitted. The new template modifies resource type of the following resources: ' +
      `[${changed.join(', ')}]`,
  );
}

/** An export that another stack imports stays. */
export function requireUnusedExports(
  { store }: Pick<Context, 'store'>,
  stack: Stack,
  keeps: ReadonlySet<string>,
): void {
  for (const { exportName } of stack.status.outputs) {
    if (exportName === undefined || keeps.has(exportName)) continue;
    const user = store
      .list(stackType)
      .find(
        ({ id, status }) =>
          id !== stack.id && status.state !== 'DELETE_COMPLETE' && status.imports.includes(exportName),
      );
    if (user) {
      throw validationError(
        `Export ${exportName} cannot be deleted as it is in use by ${user.spec.stackName}`,
      );
    }
  }
}
