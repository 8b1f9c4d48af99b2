import { sleep, systemClock } from '#/lib/clock.ts';

const lookEveryMs = 250;

/**
 * Waits until the look answers something (neither undefined nor false), and answers it. Generous by default: others may
 * share the machine, and what is measured is told, not required. Throws after the limit, with what was awaited.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  limitMs = 180_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  while (true) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
    await sleep(systemClock, lookEveryMs);
  }
}

/** Seconds since `performance.now()` was `startMs`, for people: `12.3 s`. */
export function secondsSince(startMs: number): string {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
