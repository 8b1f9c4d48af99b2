import { createHmac, timingSafeEqual } from 'node:crypto';
import { headerOf, type WireRequest } from '#/wire/http/request.ts';

/** S3's older query signature, with which boto3 presigns URLs of a custom endpoint. */
export interface SignatureV2 {
  readonly version: 2;
  readonly accessKeyId: string;
  readonly signature: string;
  /** Seconds since the epoch. */
  readonly expires: string;
  readonly sessionToken: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/developerguide/RESTAuthentication.html */
export function parseSignatureV2({ query }: WireRequest): SignatureV2 | undefined {
  const accessKeyId = query.get('AWSAccessKeyId');
  const signature = query.get('Signature');
  const expires = query.get('Expires');
  if (accessKeyId === null || signature === null || expires === null) return undefined;
  return {
    version: 2,
    accessKeyId,
    signature,
    expires,
    sessionToken: query.get('x-amz-security-token') ?? undefined,
  };
}

const signedParameters = new Set(
  `accelerate acl cors delete encryption inventory lifecycle location logging metrics notification object-lock
  partNumber policy publicAccessBlock replication requestPayment response-cache-control
  response-content-disposition response-content-encoding response-content-language response-content-type
  response-expires restore retention select select-type tagging torrent uploadId uploads versionId versioning versions
  website`.split(/\s+/),
);

/** `bucketPath` is the bucket's part of the resource where the host names the bucket: `/bucket`, else empty. */
export function verifySignatureV2(
  request: WireRequest,
  { signature, expires }: SignatureV2,
  secretAccessKey: string,
  bucketPath: string,
): boolean {
  const text = [
    request.method,
    headerOf(request, 'content-md5') ?? '',
    headerOf(request, 'content-type') ?? '',
    expires,
    ...amzHeaders(request),
    bucketPath + request.path + subresource(request.query),
  ].join('\n');
  const expected = createHmac('sha1', secretAccessKey).update(text).digest();
  const given = Buffer.from(signature, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function amzHeaders(request: WireRequest): string[] {
  const headers = Object.keys(request.message.headers)
    .filter((name) => name.startsWith('x-amz-'))
    .map((name) => `${name}:${headerOf(request, name)?.trim()}`);
  const parameters = [...request.query]
    .filter(([name]) => name.toLowerCase().startsWith('x-amz-'))
    .map(([name, value]) => `${name.toLowerCase()}:${value.trim()}`);
  return [...headers, ...parameters].sort();
}

function subresource(query: URLSearchParams): string {
  const parts = [...query]
    .filter(([name]) => signedParameters.has(name))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .sort();
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
