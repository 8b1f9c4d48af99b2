import { AwsError } from '#/lib/aws-error.ts';
import type { Resource, Tags } from '#/store/resource.ts';

/** `Filters` of a Describe operation as the wire layer hands them over. */
export type FilterList = readonly { readonly Name?: string; readonly Values?: readonly string[] }[];

/** What a filter's name stands for in one item: its values as text; none when the item has no such thing. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => FieldValue>>;

type FieldValue = string | number | boolean | undefined | readonly (string | number | boolean | undefined)[];

/** What a Describe operation may be asked besides ids. */
export interface DescribeInput {
  readonly Filters?: FilterList;
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** One page of an answer, and the token of the next. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/**
 * Narrows by `Filters` and cuts a page: what every Describe over resources does after it has chosen by id. Tag filters
 * come by themselves. Throws InvalidParameterValue for a filter that the operation does not know.
 */
export function describeResources<R extends Resource>(
  resources: readonly R[],
  input: DescribeInput,
  fields: FilterFields<R>,
): Page<R> {
  return paginate(
    filterItems(resources, input.Filters, fields, (resource) => resource.tags),
    input,
  );
}

/**
 * The items that pass all filters; within one filter any value will do. `*` and `?` are wildcards, `\` takes their
 * meaning away. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
export function filterItems<T>(
  items: readonly T[],
  filters: FilterList | undefined,
  fields: FilterFields<T>,
  tagsOf?: (item: T) => Tags,
): readonly T[] {
  if (filters === undefined || filters.length === 0) return items;
  const tests = filters.map(({ Name = '', Values = [] }) => {
    const valuesOf = fieldOf(Name, fields, tagsOf);
    const patterns = Values.map(toPattern);
    return (item: T) => {
      const values = toTexts(valuesOf(item));
      return patterns.some((matches) => values.some(matches));
    };
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

/** Cuts the page that was asked for. Without MaxResults the answer is whole. */
export function paginate<T>(
  items: readonly T[],
  { MaxResults, NextToken }: Omit<DescribeInput, 'Filters'>,
): Page<T> {
  const start = NextToken === undefined ? 0 : parseToken(NextToken);
  const end = MaxResults === undefined ? items.length : start + MaxResults;
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? renderToken(end) : undefined,
  };
}

/** The resources of these ids, or all when none are given; `notFound` makes the error for those that do not exist. */
export function chooseByIds<T extends { readonly id: string }>(
  all: readonly T[],
  ids: readonly string[] | undefined,
  notFound: (id: string) => AwsError,
): readonly T[] {
  if (ids === undefined || ids.length === 0) return all;
  const byId = new Map(all.map((item) => [item.id, item]));
  return [...new Set(ids)].map((id) => {
    const found = byId.get(id);
    if (!found) throw notFound(id);
    return found;
  });
}

function fieldOf<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: ((item: T) => Tags) | undefined,
): (item: T) => FieldValue {
  if (tagsOf) {
    if (name === 'tag-key') return (item) => Object.keys(tagsOf(item));
    if (name === 'tag-value') return (item) => Object.values(tagsOf(item));
    if (name.startsWith('tag:')) {
      const key = name.slice('tag:'.length);
      return (item) => (Object.hasOwn(tagsOf(item), key) ? tagsOf(item)[key] : undefined);
    }
  }
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return field;
}

function toTexts(value: FieldValue): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter((one) => one !== undefined).map(String);
}

function toPattern(value: string): (text: string) => boolean {
  if (!/[*?\\]/.test(value)) return (text) => text === value;
  // Two pieces at a time: an escaped character stands for itself, the wildcards become their regular expressions.
  const source = value.replaceAll(/\\[\s\S]|[\s\S]/g, (piece) => {
    if (piece === '*') return '[\\s\\S]*';
    if (piece === '?') return '[\\s\\S]';
    const literal = piece.length === 2 ? piece.slice(1) : piece;
    return literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  const pattern = new RegExp(`^${source.replaceAll(/(\[\\s\\S\]\*)+/g, '[\\s\\S]*')}$`);
  return (text) => pattern.test(text);
}

function renderToken(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

function parseToken(token: string): number {
  const offset = /^offset:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))?.[1];
  if (offset === undefined) throw new AwsError('InvalidParameterValue', 'Unable to parse pagination token');
  return Number(offset);
}
