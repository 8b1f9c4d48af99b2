import type { Clock } from '#/lib/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/**
 * Time for simulations: it stands still until it is moved, and an hour passes as fast as what happens in it.
 * Timers fire in the order they are due; those due at the same moment, in the order they were set.
 */
export class VirtualClock implements Clock {
  #now: number;
  /** By `dueAt`, first due first. */
  readonly #timers: Timer[] = [];

  constructor(now = Date.UTC(2026, 0, 31, 12, 0, 0)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), callback };
    this.#timers.splice(this.#placeOf(timer.dueAt), 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** How many timers are set. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Moves to the next timer that is due by `until` and fires it; false when there is none, and time is `until`. */
  step(until = Infinity): boolean {
    const [next] = this.#timers;
    if (next === undefined || next.dueAt > until) {
      if (until !== Infinity) this.#now = Math.max(this.#now, until);
      return false;
    }
    this.#timers.shift();
    this.#now = next.dueAt;
    next.callback();
    return true;
  }

  /** Moves time on at once: fires what is due on the way, without letting anyone act in between. */
  advance(ms: number): void {
    const until = this.#now + ms;
    while (this.step(until));
  }

  #placeOf(dueAt: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timers[middle]?.dueAt ?? Infinity) <= dueAt) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
