import type { ProviderContext } from '#/services/contract.ts';

/** A tag as most APIs spell it. */
export interface TagPair {
  readonly Key: string;
  readonly Value: string;
}

/** The tags of a resource in a stack: the stack's, and its own, which win. */
export function withStackTags(
  { tags }: Pick<ProviderContext, 'tags'>,
  own: readonly TagPair[],
): { Key: string; Value: string }[] {
  const all = { ...tags, ...Object.fromEntries(own.map(({ Key, Value }) => [Key, Value])) };
  return Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
}
