import { invalidValue } from '#/services/rds/errors.ts';

/** One page of a list, and the marker of the next. `MaxRecords` is 20 to 100, 100 unless told. */
export function page<T>(
  items: readonly T[],
  { MaxRecords, Marker }: { readonly MaxRecords?: number; readonly Marker?: string },
): { readonly items: T[]; readonly next: { readonly Marker?: string } } {
  const start = Marker === undefined ? 0 : Number(Marker);
  if (!Number.isInteger(start) || start < 0) throw invalidValue(`Invalid or expired Marker: ${Marker}`);
  const end = start + (MaxRecords ?? 100);
  return { items: items.slice(start, end), next: end < items.length ? { Marker: String(end) } : {} };
}

interface Filter {
  readonly Name: string | undefined;
  readonly Values: readonly string[] | undefined;
}

/** Whether a thing passes all filters; a filter passes when one of its values is among the thing's. */
export function passes(
  filters: readonly Filter[] | undefined,
  values: Readonly<Record<string, readonly (string | undefined)[]>>,
): boolean {
  return (filters ?? []).every(({ Name, Values }) => {
    if (Name === undefined || !Object.hasOwn(values, Name))
      throw invalidValue(`Unrecognized filter name: ${Name}`);
    return (Values ?? []).some((value) => values[Name]?.includes(value));
  });
}

/** The last part of an ARN, or the text itself: where AWS takes both. */
export function nameOfArn(text: string): string {
  return (text.startsWith('arn:') ? (text.split(':').at(-1) ?? text) : text).toLowerCase();
}
