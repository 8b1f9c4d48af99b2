import { unreachable } from '#/lib/assert.ts';
import type { Graph } from '#/services/cloudformation/engine/graph.ts';
import {
  isGone,
  type OnFailure,
  type ResourceState,
  type StackState,
} from '#/services/cloudformation/stack/resource.ts';

/** All that matters for what a stack does next. */
export interface StackView {
  readonly state: StackState;
  readonly operationId: string;
  readonly onFailure: OnFailure;
  /** Whether there is something to go back to: the stack was complete once. */
  readonly canGoBack: boolean;
  /** Whether the operation took longer than it may. */
  readonly isLate: boolean;
  /** What there should be: the wanted resources, or after a failed update the former ones. */
  readonly wanted: Graph;
  readonly resources: readonly ResourceView[];
}

export interface ResourceView {
  /** Of the record. */
  readonly id: string;
  readonly logicalId: string;
  readonly leftover: boolean;
  readonly state: ResourceState;
  readonly operationId: string;
  readonly change: 'create' | 'update' | 'replace' | 'none';
  readonly hasBefore: boolean;
  readonly dependencies: readonly string[];
}

export type Step =
  /** Creates, updates or replaces a resource, whichever is needed. */
  | { readonly do: 'apply'; readonly logicalId: string }
  /** Asks whether a resource has become what it should be. */
  | { readonly do: 'check'; readonly id: string }
  | { readonly do: 'cancel'; readonly id: string }
  /** Takes an updated resource back to what it was. */
  | { readonly do: 'restore'; readonly id: string }
  | { readonly do: 'delete'; readonly id: string }
  | { readonly do: 'check-gone'; readonly id: string }
  | { readonly do: 'become'; readonly state: StackState; readonly reason?: string };

/** What to do now. Steps of one answer may be done in any order; an empty answer means there is nothing to do. */
export function decide(view: StackView): Step[] {
  switch (view.state) {
    case 'CREATE_IN_PROGRESS':
    case 'UPDATE_IN_PROGRESS':
      return decideForward(view);
    case 'UPDATE_ROLLBACK_IN_PROGRESS':
      return decideBack(view);
    case 'ROLLBACK_IN_PROGRESS':
    case 'DELETE_IN_PROGRESS':
    case 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS':
    case 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS':
      return decideRemoval(view);
    case 'REVIEW_IN_PROGRESS':
    case 'CREATE_COMPLETE':
    case 'CREATE_FAILED':
    case 'ROLLBACK_COMPLETE':
    case 'ROLLBACK_FAILED':
    case 'DELETE_COMPLETE':
    case 'DELETE_FAILED':
    case 'UPDATE_COMPLETE':
    case 'UPDATE_FAILED':
    case 'UPDATE_ROLLBACK_COMPLETE':
    case 'UPDATE_ROLLBACK_FAILED':
      return [];
    default:
      return unreachable(view.state);
  }
}

/** A resource starts when all it depends on is complete; the first failure cancels whatever is under way. */
function decideForward(view: StackView): Step[] {
  const handled = handledByName(view);
  const running = [...handled.values()].filter(({ state }) => state.endsWith('_IN_PROGRESS'));
  const failed = [...handled.values()].filter(({ state }) => state.endsWith('_FAILED'));
  if (failed.length > 0 || view.isLate) {
    if (running.length > 0) return running.map(({ id }) => ({ do: 'cancel', id }));
    return [afterFailure(view, failed)];
  }
  const isDone = (name: string): boolean => handled.get(name)?.state.endsWith('_COMPLETE') ?? false;
  const names = [...view.wanted.keys()];
  if (names.every(isDone)) {
    return [
      {
        do: 'become',
        state:
          view.state === 'CREATE_IN_PROGRESS' ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      },
    ];
  }
  const ready = names.filter(
    (name) => !handled.has(name) && (view.wanted.get(name) ?? []).every((dependency) => isDone(dependency)),
  );
  return [
    ...running.map(({ id }): Step => ({ do: 'check', id })),
    ...ready.map((logicalId): Step => ({ do: 'apply', logicalId })),
  ];
}

function handledByName({ resources, operationId }: StackView): Map<string, ResourceView> {
  return new Map(
    resources
      .filter((resource) => !resource.leftover && resource.operationId === operationId)
      .map((resource) => [resource.logicalId, resource]),
  );
}

function afterFailure(view: StackView, failed: readonly ResourceView[]): Step {
  const isCreate = view.state === 'CREATE_IN_PROGRESS';
  const failure =
    failed.length > 0
      ? failureOf('create', failed, 'CREATE_FAILED') + failureOf('update', failed, 'UPDATE_FAILED')
      : 'Stack creation time exceeded the specified timeout. ';
  if (!isCreate && !view.canGoBack) return { do: 'become', state: 'UPDATE_FAILED', reason: failure };
  switch (view.onFailure) {
    case 'DO_NOTHING':
      return { do: 'become', state: isCreate ? 'CREATE_FAILED' : 'UPDATE_FAILED', reason: failure };
    case 'DELETE':
      if (isCreate)
        return { do: 'become', state: 'DELETE_IN_PROGRESS', reason: `${failure}Delete requested by user.` };
      return { do: 'become', state: 'UPDATE_ROLLBACK_IN_PROGRESS', reason: failure };
    case 'ROLLBACK':
      return isCreate
        ? { do: 'become', state: 'ROLLBACK_IN_PROGRESS', reason: `${failure}Rollback requested by user.` }
        : { do: 'become', state: 'UPDATE_ROLLBACK_IN_PROGRESS', reason: failure };
    default:
      return unreachable(view.onFailure);
  }
}

function failureOf(verb: string, failed: readonly ResourceView[], state: ResourceState): string {
  const names = failed.filter((resource) => resource.state === state).map(({ logicalId }) => logicalId);
  return names.length === 0 ? '' : `The following resource(s) failed to ${verb}: [${names.join(', ')}]. `;
}

/** Undoes updates and replacements; what the update created goes in the clean-up that follows. */
function decideBack(view: StackView): Step[] {
  const back = backOf(view.operationId);
  const live = view.resources.filter(({ leftover, logicalId }) => !leftover && view.wanted.has(logicalId));
  const pending = live.filter(
    ({ operationId, change, hasBefore }) => operationId !== back && change !== 'none' && hasBefore,
  );
  const returned = live.filter(({ operationId }) => operationId === back);
  const running = returned.filter(({ state }) => state.endsWith('_IN_PROGRESS'));
  const failed = returned.filter(({ state }) => state.endsWith('_FAILED'));
  if (failed.length > 0) {
    if (running.length > 0) return running.map(({ id }) => ({ do: 'check', id }));
    const names = failed.map(({ logicalId }) => logicalId).join(', ');
    return [
      {
        do: 'become',
        state: 'UPDATE_ROLLBACK_FAILED',
        reason: `The following resource(s) failed to update: [${names}]. `,
      },
    ];
  }
  if (pending.length === 0 && running.length === 0) {
    return [{ do: 'become', state: 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS' }];
  }
  const unfinished = new Set([...pending, ...running].map(({ logicalId }) => logicalId));
  const ready = pending.filter(({ logicalId }) =>
    (view.wanted.get(logicalId) ?? []).every((dependency) => !unfinished.has(dependency)),
  );
  return [
    ...running.map(({ id }): Step => ({ do: 'check', id })),
    ...ready.map(({ id }): Step => ({ do: 'restore', id })),
  ];
}

/** The operation id under which resources are taken back. */
export function backOf(operationId: string): string {
  return `${operationId}/rollback`;
}

/** A resource goes when nothing that depends on it is left. */
function decideRemoval(view: StackView): Step[] {
  const isWhole = view.state === 'DELETE_IN_PROGRESS' || view.state === 'ROLLBACK_IN_PROGRESS';
  const doomed = view.resources.filter(
    ({ leftover, logicalId, state }) =>
      (isWhole || leftover || !view.wanted.has(logicalId)) && !isGone(state),
  );
  const isTried = ({ operationId }: ResourceView): boolean => operationId === removalOf(view);
  const failed = doomed.filter((resource) => isTried(resource) && resource.state === 'DELETE_FAILED');
  const running = doomed.filter((resource) => isTried(resource) && resource.state === 'DELETE_IN_PROGRESS');
  const needed = new Set(
    doomed.flatMap(({ logicalId, dependencies }) => dependencies.filter((name) => name !== logicalId)),
  );
  const ready = doomed.filter((resource) => !isTried(resource) && !needed.has(resource.logicalId));
  if (running.length > 0 || ready.length > 0) {
    return [
      ...running.map(({ id }): Step => ({ do: 'check-gone', id })),
      ...ready.map(({ id }): Step => ({ do: 'delete', id })),
    ];
  }
  return [afterRemoval(view, failed)];
}

/** The operation id under which resources are deleted: a second attempt to delete a stack tries each again. */
export function removalOf({ state, operationId }: { state: StackState; operationId: string }): string {
  return `${operationId}/${state}`;
}

function afterRemoval(view: StackView, failed: readonly ResourceView[]): Step {
  const names = failed.map(({ logicalId }) => logicalId).join(', ');
  const reason = failed.length > 0 ? `The following resource(s) failed to delete: [${names}]. ` : undefined;
  if (view.state === 'DELETE_IN_PROGRESS') {
    return reason === undefined
      ? { do: 'become', state: 'DELETE_COMPLETE' }
      : { do: 'become', state: 'DELETE_FAILED', reason };
  }
  if (view.state === 'ROLLBACK_IN_PROGRESS') {
    return reason === undefined
      ? { do: 'become', state: 'ROLLBACK_COMPLETE' }
      : { do: 'become', state: 'ROLLBACK_FAILED', reason };
  }
  // What could not be deleted is left behind; the update, or the way back from it, is done.
  const isUpdate = view.state === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS';
  const state = isUpdate ? 'UPDATE_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
  return { do: 'become', state, ...(reason === undefined ? {} : { reason }) };
}
