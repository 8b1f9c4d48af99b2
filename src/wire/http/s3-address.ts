import { headerOf, unescapeUri, type WireRequest } from '#/wire/http/request.ts';

/** Where in S3 a request goes. */
export interface S3Address {
  /** Empty for the service itself. */
  readonly bucket: string;
  /** The path without the bucket, still escaped. */
  readonly path: string;
  /** `/bucket` when the host named it, for signatures of version 2; else empty. */
  readonly bucketPath: string;
}

/** The bucket stands in the host's name (`bucket.s3.eu-west-3.amazonaws.com`, `bucket.localhost`) or first in the path. */
export function s3Address(request: WireRequest): S3Address {
  const { path } = request;
  const named = bucketOfHost(headerOf(request, 'host') ?? '');
  if (named !== undefined) return { bucket: named, path, bucketPath: `/${named}` };
  const slash = path.indexOf('/', 1);
  const escaped = slash < 0 ? path.slice(1) : path.slice(1, slash);
  return {
    bucket: unescapeUri(escaped) ?? escaped,
    path: slash < 0 ? '/' : path.slice(slash),
    bucketPath: '',
  };
}

function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  const ofAws = /^(.+)\.s3[.-](?:[a-z0-9.-]+\.)?amazonaws\.com$/.exec(name)?.[1];
  if (ofAws !== undefined) return ofAws;
  const local = /^(.+?)(?:\.s3(?:\.[a-z0-9-]+)?)?\.localhost$/.exec(name)?.[1];
  return local === undefined || /^s3(?:\.|$)/.test(local) ? undefined : local;
}
