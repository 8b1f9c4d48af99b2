import type { Clock } from '#/lib/clock.ts';
import type { Random } from '#/lib/random.ts';
import type { Controller } from '#/controllers/controller.ts';
import type { Change } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';

export interface RuntimeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Hears of each failed attempt; the runtime retries by itself. */
  readonly onFailure?: (failure: Failure) => void;
  /** How many resources are reconciled at once; 16 unless told. */
  readonly concurrencyMax?: number;
}

export interface Failure {
  readonly kind: string;
  readonly id: string;
  readonly attempt: number;
  readonly error: unknown;
}

type KeyState = 'queued' | 'running' | 'running-dirty';

const backOffFirstMs = 100;
const backOffMaxMs = 30_000;
const collectEveryMs = 60_000;

/**
 * Drives all controllers: several resources at once, one attempt at a time for each, failures retried with
 * back-off, whatever moved while an attempt ran looked at again after it. A restart is enqueueing everything.
 */
export class ControllerRuntime {
  readonly #options: RuntimeOptions;
  readonly #controllers = new Map<string, Controller>();
  readonly #states = new Map<string, KeyState>();
  readonly #queue: string[] = [];
  readonly #attempts = new Map<string, number>();
  readonly #timers = new Map<string, { dueAt: number; cancel: () => void }>();
  readonly #stops: (() => void)[] = [];
  readonly #abort = new AbortController();
  #cancelCollect = (): void => {};
  #running = 0;
  #started = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  register(...controllers: readonly Controller[]): void {
    for (const controller of controllers) this.#controllers.set(controller.type.kind, controller);
  }

  /** Looks at everything there is, then at whatever moves. */
  start(): void {
    this.#started = true;
    this.#stops.push(this.#options.store.watch((changes) => this.#onChanges(changes)));
    for (const controller of this.#controllers.values()) {
      const stop = controller.watch?.((id) => this.enqueue(controller.type.kind, id));
      if (stop) this.#stops.push(stop);
      for (const { id } of this.#options.store.listAny(controller.type))
        this.enqueue(controller.type.kind, id);
    }
    this.#collectLater(1_000);
  }

  /** Stops looking; answers when the attempts under way have ended. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#abort.abort(new Error('the region is stopping'));
    for (const stop of this.#stops) stop();
    this.#cancelCollect();
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#queue.length = 0;
    while (this.#running > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Whether nothing is queued or under way; timers may be set. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#running === 0;
  }

  /** Asks for a look at a resource. Asking twice is one look; asking during a look is one more after it. */
  enqueue(kind: string, id: string): void {
    if (!this.#started || !this.#controllers.has(kind)) return;
    const key = `${kind} ${id}`;
    const state = this.#states.get(key);
    if (state === 'queued' || state === 'running-dirty') return;
    if (state === 'running') {
      this.#states.set(key, 'running-dirty');
      return;
    }
    this.#unschedule(key);
    this.#states.set(key, 'queued');
    this.#queue.push(key);
    queueMicrotask(() => this.#pump());
  }

  /** Destroys what the drivers hold and no resource owns. Found by mark, so it works after any crash. */
  async collect(): Promise<void> {
    for (const { type, effects } of this.#controllers.values()) {
      if (!effects) continue;
      const held = await this.#trying(type.kind, () => effects.list());
      for (const id of held ?? []) {
        if (this.#abort.signal.aborted) return;
        // What cannot be destroyed does not save the others.
        if (!this.#options.store.getAny(type, id)) await this.#trying(type.kind, () => effects.destroy(id));
      }
    }
  }

  async #trying<T>(kind: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      this.#options.onFailure?.({ kind, id: '(collector)', attempt: 1, error });
      return undefined;
    }
  }

  #collectLater(delayMs: number): void {
    this.#cancelCollect = this.#options.clock.after(delayMs, () => {
      void this.collect().then(() => {
        if (this.#started) this.#collectLater(collectEveryMs);
      });
    });
  }

  #onChanges(changes: readonly Change[]): void {
    for (const change of changes) {
      this.enqueue(change.kind, change.id);
      for (const controller of this.#controllers.values()) {
        for (const trigger of controller.triggers ?? []) {
          if (trigger.kind !== change.kind) continue;
          for (const resource of [change.before, change.after]) {
            if (resource) for (const id of trigger.concerns(resource)) this.enqueue(controller.type.kind, id);
          }
        }
      }
    }
  }

  #pump(): void {
    const concurrencyMax = this.#options.concurrencyMax ?? 16;
    while (this.#running < concurrencyMax) {
      const key = this.#queue.shift();
      if (key === undefined) return;
      this.#states.set(key, 'running');
      this.#running += 1;
      void this.#attempt(key);
    }
  }

  async #attempt(key: string): Promise<void> {
    const separator = key.indexOf(' ');
    const kind = key.slice(0, separator);
    const id = key.slice(separator + 1);
    let requeueAfterMs: number | undefined;
    try {
      requeueAfterMs = await this.#reconcile(kind, id);
      this.#attempts.delete(key);
    } catch (error) {
      const attempt = (this.#attempts.get(key) ?? 0) + 1;
      this.#attempts.set(key, attempt);
      if (this.#started) this.#options.onFailure?.({ kind, id, attempt, error });
      const backOffMs = Math.min(backOffMaxMs, backOffFirstMs * 2 ** Math.min(attempt - 1, 20));
      requeueAfterMs = backOffMs / 2 + this.#options.random.int(Math.ceil(backOffMs / 2));
    }
    const dirty = this.#states.get(key) === 'running-dirty';
    this.#states.delete(key);
    this.#running -= 1;
    if (dirty && !this.#attempts.has(key)) this.enqueue(kind, id);
    else if (requeueAfterMs !== undefined && this.#started) this.#schedule(key, kind, id, requeueAfterMs);
    this.#pump();
  }

  async #reconcile(kind: string, id: string): Promise<number | undefined> {
    const controller = this.#controllers.get(kind);
    const resource = controller && this.#options.store.getAny(controller.type, id);
    if (!controller || !resource) return undefined;
    const limitMs = controller.timeoutMs ?? 60_000;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#abort.signal]);
    const cancel = this.#options.clock.after(limitMs, () =>
      abort.abort(new Error(`no end after ${limitMs} ms`)),
    );
    try {
      // A driver that ignores the signal is still waited for: two attempts on one resource never run side by side.
      return (await controller.reconcile(resource, signal))?.requeueAfterMs;
    } finally {
      cancel();
    }
  }

  #schedule(key: string, kind: string, id: string, delayMs: number): void {
    const dueAt = this.#options.clock.now() + delayMs;
    this.#unschedule(key);
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(key);
      this.enqueue(kind, id);
    });
    this.#timers.set(key, { dueAt, cancel });
  }

  #unschedule(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }
}
