import type { Tags } from '#/store/resource.ts';
import { validationError } from '#/services/elbv2/errors.ts';

/** One page of an answer, and the marker of the next. A marker is the position at which it starts. */
export function toPage<T>(
  items: readonly T[],
  { Marker, PageSize }: { readonly Marker?: string; readonly PageSize?: number },
): { items: T[]; NextMarker: string | undefined } {
  const first = Marker === undefined ? 0 : Number(Marker);
  if (!Number.isInteger(first) || first < 0) throw validationError(`Invalid marker '${Marker}'`);
  const size = PageSize ?? 400;
  const end = first + size;
  return {
    items: items.slice(first, end),
    NextMarker: end < items.length ? String(end) : undefined,
  };
}

export function toTags(tags: readonly { readonly Key: string; readonly Value?: string }[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value ?? '']));
}

/** Attributes as the API spells them: `[{ Key, Value }]`. */
export function toAttributes(attributes: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
}

/** The attributes after a change. Throws for a key that the resource does not have. */
export function withAttributes(
  attributes: Readonly<Record<string, string>>,
  changes: readonly { readonly Key?: string; readonly Value?: string }[],
  what: string,
): Record<string, string> {
  const result = { ...attributes };
  for (const { Key, Value } of changes) {
    if (Key === undefined || !Object.hasOwn(attributes, Key))
      throw validationError(`${what} attribute key '${Key}' is not recognized`);
    result[Key] = Value ?? '';
  }
  return result;
}
