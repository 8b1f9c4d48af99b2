import { randomText, type Random } from '#/lib/random.ts';
import type { Tags } from '#/store/resource.ts';
import { malformedPolicy } from '#/services/iam/errors.ts';

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The unique ids of IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
export function iamId(prefix: 'AROA' | 'AIDA' | 'AIPA' | 'ANPA' | 'AKIA' | 'ASIA', random: Random): string {
  return prefix + randomText(random, idAlphabet, prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17);
}

/** A secret access key: 40 characters. */
export function secretAccessKey(random: Random): string {
  return randomText(random, secretAlphabet, 40);
}

/** A session token, opaque to everyone. */
export function sessionToken(random: Random): string {
  return randomText(random, secretAlphabet, 200);
}

/** `arn:aws:iam::<account>:role/path/name` */
export function iamArn(
  account: string,
  type: 'role' | 'user' | 'policy' | 'instance-profile',
  path: string,
  name: string,
): string {
  return `arn:aws:iam::${account}:${type}${path}${name}`;
}

/** Checks that a policy document is JSON with statements, and answers it unchanged. */
export function requirePolicyDocument(text: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformedPolicy();
  }
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, 'Statement'))
    throw malformedPolicy();
  return text;
}

/** Policy documents travel URL-encoded in answers (RFC 3986). */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags of a request. Keys and values that are absent count as empty, as the service takes them. */
export function fromTagList(list: readonly { Key?: string; Value?: string }[] | undefined): Tags {
  return Object.fromEntries((list ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** One page of a list: `Marker` is the index to go on from. */
export function page<T>(
  items: readonly T[],
  { Marker, MaxItems = 100 }: { Marker?: string; MaxItems?: number },
): { readonly items: T[]; readonly IsTruncated: boolean; readonly Marker?: string } {
  const from = Number(Marker ?? 0) || 0;
  const end = from + MaxItems;
  const rest = { items: items.slice(from, end), IsTruncated: end < items.length };
  return rest.IsTruncated ? { ...rest, Marker: String(end) } : rest;
}

/** One page of a list in the JSON services' manner: `NextToken` is the index to go on from. */
export function tokenPage<T>(
  items: readonly T[],
  maxResults: number,
  nextToken: string | undefined,
): { readonly items: T[]; readonly NextToken?: string } {
  const from = Number(nextToken ?? 0) || 0;
  const end = from + maxResults;
  const rest = { items: items.slice(from, end) };
  return end < items.length ? { ...rest, NextToken: String(end) } : rest;
}
