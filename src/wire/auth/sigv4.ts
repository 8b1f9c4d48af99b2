import { hash, timingSafeEqual } from 'node:crypto';
import { AwsError } from '#/lib/aws-error.ts';
import { hmac, hmacKey, type HmacKey } from '#/wire/auth/hmac.ts';
import { headerOf, unescapeUri, type WireRequest } from '#/wire/http/request.ts';

/** What a signature of version 4 says about itself, in the header or in a presigned URL. */
export interface SignatureV4 {
  readonly version: 4;
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20260102T030405Z` */
  readonly date: string;
  readonly sessionToken: string | undefined;
  /** For how long a presigned URL holds; undefined when the header signs. */
  readonly expiresS: number | undefined;
}

/** `20260102/eu-west-3/ec2/aws4_request` */
export interface Scope {
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * The request's signature of version 4; undefined when it has none. Throws `IncompleteSignature`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function parseSignatureV4(request: WireRequest): SignatureV4 | undefined {
  const header = headerOf(request, 'authorization');
  if (header?.startsWith(algorithm)) return fromHeader(request, header);
  return request.query.get('X-Amz-Algorithm') === algorithm ? fromQuery(request.query) : undefined;
}

function fromHeader(request: WireRequest, header: string): SignatureV4 {
  const part = (name: string): string => {
    const value = new RegExp(`[ ,]${name}=([^,\\s]*)`).exec(header)?.[1];
    if (!value)
      throw incomplete(`Authorization header requires '${name}' parameter. Authorization=${header}`);
    return value;
  };
  const credential = part('Credential');
  const signature = part('Signature');
  const signedHeaders = part('SignedHeaders').split(';');
  const date = headerOf(request, 'x-amz-date') ?? toAmzDate(headerOf(request, 'date'));
  if (date === undefined)
    throw incomplete(`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.`);
  return {
    version: 4,
    ...parseCredential(credential),
    signedHeaders,
    signature,
    date,
    sessionToken: headerOf(request, 'x-amz-security-token'),
    expiresS: undefined,
  };
}

function fromQuery(query: URLSearchParams): SignatureV4 {
  const part = (name: string): string => {
    const value = query.get(name);
    if (!value) throw incomplete(`AWS query-string parameters must include '${name}'.`);
    return value;
  };
  const expiresS = Number(query.get('X-Amz-Expires') ?? 900);
  if (!Number.isInteger(expiresS) || expiresS < 0 || expiresS > 604_800)
    throw new AwsError(
      'AuthorizationQueryParametersError',
      'X-Amz-Expires must be less than a week (in seconds)',
    );
  return {
    version: 4,
    ...parseCredential(part('X-Amz-Credential')),
    signedHeaders: part('X-Amz-SignedHeaders').split(';'),
    signature: part('X-Amz-Signature'),
    date: part('X-Amz-Date'),
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    expiresS,
  };
}

function parseCredential(text: string): { accessKeyId: string; scope: Scope } {
  const [accessKeyId, day, region, service, terminator, ...rest] = text.split('/');
  if (!accessKeyId || !day || !region || !service || terminator !== 'aws4_request' || rest.length > 0)
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
    );
  return { accessKeyId, scope: { day, region, service } };
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignature', message, { status: 400 });
}

function toAmzDate(date: string | undefined): string | undefined {
  const time = new Date(date ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** When it was signed, in milliseconds since the epoch; NaN when the date is malformed. */
export function signedAt({ date }: SignatureV4): number {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return iso === date ? Number.NaN : Date.parse(iso);
}

/** Whether the secret makes the same signature. `payloadHash` is the body's, or what stands for it. */
export function verifySignatureV4(
  request: WireRequest,
  signature: SignatureV4,
  secretAccessKey: string,
  payloadHash: string,
): boolean {
  const canonicalRequest = [
    request.method,
    canonicalPath(request.path, signature.scope.service),
    canonicalQuery(request.rawQuery),
    ...signature.signedHeaders.map((name) => `${name}:${canonicalHeader(request, name)}`),
    '',
    signature.signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
  const text = [
    algorithm,
    signature.date,
    renderScope(signature.scope),
    hash('sha256', canonicalRequest),
  ].join('\n');
  return sameSignature(hmac(signingKey(secretAccessKey, signature.scope), text), signature.signature);
}

export function renderScope({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/aws4_request`;
}

export function sameSignature(expected: Buffer, given: string): boolean {
  const bytes = Buffer.from(given, 'hex');
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

const keysMax = 500;
const keys = new Map<string, HmacKey>();

/** The key of one day, region and service; kept, because deriving it costs four times the signature. */
export function signingKey(secretAccessKey: string, scope: Scope): HmacKey {
  const id = `${secretAccessKey}/${renderScope(scope)}`;
  const known = keys.get(id);
  if (known) return known;
  let key = hmacKey(Buffer.from(`AWS4${secretAccessKey}`));
  for (const part of [scope.day, scope.region, scope.service, 'aws4_request']) key = hmacKey(hmac(key, part));
  if (keys.size >= keysMax) keys.clear();
  keys.set(id, key);
  return key;
}

/** S3 escapes a path once, all others escape the escaped path again. */
function canonicalPath(path: string, service: string): string {
  const segments = path.split('/');
  if (service !== 's3') return segments.map(escapeUri).join('/');
  return segments.map((segment) => escapeUri(unescapeUri(segment) ?? segment)).join('/');
}

/** Sorted by name and then value: sorting `name=value` would put `a-b=` before `a=`. */
function canonicalQuery(rawQuery: string): string {
  const pairs: [name: string, value: string][] = [];
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    if (pair !== '' && name !== 'X-Amz-Signature') pairs.push([canonicalText(name), canonicalText(value)]);
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function canonicalText(text: string): string {
  return escapeUri(unescapeUri(text.replaceAll('+', '%20')) ?? text);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Escapes all but RFC 3986's unreserved characters. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Node reads headers as Latin-1; what was signed is their bytes. */
function canonicalHeader(request: WireRequest, name: string): string {
  const bytes = Buffer.from(headerOf(request, name) ?? '', 'latin1');
  return bytes.toString().trim().replace(/ {2,}/g, ' ');
}
