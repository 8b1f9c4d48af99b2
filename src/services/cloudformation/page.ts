import { validationError } from '#/services/cloudformation/errors.ts';

/** One page of a list, and the token of the next; tokens are positions. */
export function pageOf<T>(
  all: readonly T[],
  token: string | undefined,
  itemsMax: number,
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw validationError('NextToken is invalid');
  const end = start + itemsMax;
  return { items: all.slice(start, end), nextToken: end < all.length ? String(end) : undefined };
}
