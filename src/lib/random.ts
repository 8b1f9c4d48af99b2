import { randomInt } from 'node:crypto';

/** Where chance comes from: ids, jitter, choices. Passed in, so that one seed repeats a whole life. */
export interface Random {
  /** A whole number from 0 to below `below`. */
  int(below: number): number;
}

/** Unpredictable numbers, for the real region. */
export const systemRandom: Random = { int: (below) => randomInt(below) };

/** Numbers that repeat from a seed (the mulberry32 generator), for simulations. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    int(below) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    },
  };
}

/** `count` characters drawn from an alphabet. */
export function randomText(random: Random, alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet[random.int(alphabet.length)]).join('');
}

const hexDigits = '0123456789abcdef';

/** An id as AWS makes them: `vpc-07ae5a7ef76a08566`, the prefix and 17 hexadecimal digits. */
export function resourceId(prefix: string, random: Random): string {
  return `${prefix}-0${randomText(random, hexDigits, 16)}`;
}

/** A random (version 4) UUID. */
export function uuid(random: Random): string {
  const hex = randomText(random, hexDigits, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
