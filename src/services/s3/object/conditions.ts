import { invalidRange, notModified, preconditionFailed } from '#/services/s3/errors.ts';

/** Conditional headers of a read. */
export interface ReadConditions {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly IfModifiedSince?: Date;
  readonly IfUnmodifiedSince?: Date;
}

/** Throws 304 or 412 as RFC 7232 orders them. `etag` is without quotes; times are whole seconds in HTTP. */
export function checkReadConditions(conditions: ReadConditions, etag: string, modifiedAtMs: number): void {
  const modifiedAt = Math.floor(modifiedAtMs / 1_000) * 1_000;
  if (conditions.IfMatch !== undefined) {
    if (!matchesEtag(conditions.IfMatch, etag)) throw preconditionFailed('If-Match');
  } else if (conditions.IfUnmodifiedSince && modifiedAt > conditions.IfUnmodifiedSince.getTime()) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (conditions.IfNoneMatch !== undefined) {
    if (matchesEtag(conditions.IfNoneMatch, etag)) throw notModified();
  } else if (conditions.IfModifiedSince && modifiedAt <= conditions.IfModifiedSince.getTime()) {
    throw notModified();
  }
}

export function matchesEtag(header: string, etag: string): boolean {
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replaceAll('"', '') === etag);
}

/** A read's bytes, `start` to before `end`; `isPartial` when a range was given that can be served. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly isPartial: boolean;
}

/** Reads `bytes=0-9`, `bytes=5-`, `bytes=-5`. A header that is not one range is ignored; one past the end throws 416. */
export function resolveRange(header: string | undefined, sizeBytes: number): ByteRange {
  const whole = { start: 0, end: sizeBytes, isPartial: false };
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || header === undefined) return whole;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return whole;
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    if (length === 0) throw invalidRange(header, sizeBytes);
    return { start: sizeBytes - length, end: sizeBytes, isPartial: true };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (start >= sizeBytes) throw invalidRange(header, sizeBytes);
  return end <= start ? whole : { start, end, isPartial: true };
}
