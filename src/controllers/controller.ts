import type { Resource, ResourceType } from '#/store/resource.ts';

/** When to look at a resource again although nothing moved; undefined means only when something does. */
export type Again = { readonly requeueAfterMs: number } | undefined;

/**
 * Makes the data plane match the wishes of one kind. Level-triggered: `reconcile` looks at what is, never at what
 * happened, and is the same code for the first attempt, the retry, the restart and the repair.
 */
export interface Controller<R extends Resource = Resource> {
  readonly type: ResourceType<R>;
  /** Observe, decide, act. Every step may be repeated. Throws to be retried with back-off. */
  reconcile(resource: R, signal: AbortSignal): Promise<Again>;
  /** Other kinds whose changes matter here, and which of our resources they concern. */
  readonly triggers?: readonly Trigger[];
  /** Tells of movements of the data plane: calls back with the id of a resource to look at. The answer ends it. */
  watch?(enqueue: (id: string) => void): () => void;
  /** What this controller's driver holds, by owner; what no resource owns is destroyed. */
  readonly effects?: Effects;
  /** A reconcile that takes longer is abandoned and retried; 60 s unless told. */
  readonly timeoutMs?: number;
}

export interface Trigger {
  readonly kind: string;
  /** The ids of ours that a resource of that kind concerns; asked for the resource before and after its change. */
  readonly concerns: (resource: Resource) => readonly string[];
}

/** A driver's effects as the collector sees them: each found by mark, never from memory. */
export interface Effects {
  list(): Promise<readonly string[]>;
  /** Destroys an effect that no resource (deleted or not) owns. */
  destroy(id: string): Promise<void>;
}

/** A trigger with the kind's own type in the callback. */
export function trigger<R extends Resource>(
  type: ResourceType<R>,
  concerns: (resource: R) => readonly string[],
): Trigger {
  // The runtime hands a trigger resources of its kind only.
  return { kind: type.kind, concerns: (resource) => concerns(resource as R) };
}

/** A controller as the runtime keeps it, beside those of other kinds. */
export function anyController<R extends Resource>(controller: Controller<R>): Controller {
  return controller as unknown as Controller; // the runtime hands a controller resources of its kind only
}
