import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AwsError } from '#/lib/aws-error.ts';
import type { Authenticated } from '#/wire/auth/authenticate.ts';
import { decodeAwsChunked, incompleteBody, type ChunkSigner } from '#/wire/http/aws-chunked.ts';
import { Checksums } from '#/wire/http/checksums.ts';
import { headerOf, type WireRequest } from '#/wire/http/request.ts';
import type { Structure } from '#/wire/model.ts';

/**
 * The content of an upload: chunks unpacked, signatures, length and checksums checked on the way. A failed check
 * is the stream's error, an `AwsError`. When it has ended, the checksums that the client asked for are members of
 * the input (`ChecksumCRC32` …), which they cannot be before: trailers come last.
 */
export function s3Body(
  request: WireRequest,
  authenticated: Authenticated | undefined,
  shape: Structure,
  input: Record<string, unknown>,
): Readable {
  return Readable.from(checkedContent(request, authenticated, shape, input), { objectMode: false });
}

/** The bytes that S3 stores: without the packaging of chunks. Undefined when the client does not say. */
export function decodedLength(request: WireRequest): number | undefined {
  const length = headerOf(request, 'x-amz-decoded-content-length') ?? headerOf(request, 'content-length');
  return length === undefined ? undefined : Number(length);
}

async function* checkedContent(
  request: WireRequest,
  authenticated: Authenticated | undefined,
  shape: Structure,
  input: Record<string, unknown>,
): AsyncGenerator<Buffer, void, undefined> {
  const trailers = new Map<string, string>();
  const claimedHash = headerOf(request, 'x-amz-content-sha256') ?? '';
  const digest = /^[0-9a-f]{64}$/.test(claimedHash) ? createHash('sha256') : undefined;
  const checksums = new Checksums(claimedNames(request));
  const announced = headerOf(request, 'x-amz-decoded-content-length');
  let length = 0;
  for await (const piece of content(request, claimedHash, authenticated, trailers)) {
    length += piece.length;
    digest?.update(piece);
    checksums.update(piece);
    yield piece;
  }
  if (announced !== undefined && length !== Number(announced)) throw incompleteBody();
  if (digest && digest.digest('hex') !== claimedHash) throw contentMismatch();
  const claimed = (name: string): string | undefined => trailers.get(name) ?? headerOf(request, name);
  for (const [name, value] of [...trailers, ...checksums.verify(claimed)]) {
    const member = shape.members.find(({ http }) => http?.kind === 'header' && http.name === name);
    if (member && name.startsWith('x-amz-checksum-')) input[member.name] = value;
  }
}

function content(
  request: WireRequest,
  claimedHash: string,
  authenticated: Authenticated | undefined,
  trailers: Map<string, string>,
): AsyncIterable<Buffer> {
  const source = received(request);
  if (!claimedHash.startsWith('STREAMING-')) return source;
  return decodeAwsChunked(source, chunkSigner(claimedHash, authenticated), trailers);
}

/** What arrives; a client that goes away in the middle is the client's fault. */
async function* received({ message, askForBody }: WireRequest): AsyncGenerator<Buffer, void, undefined> {
  askForBody();
  try {
    for await (const piece of message) yield piece as Buffer; // no encoding was set
  } catch (cause) {
    if (message.errored || message.destroyed) throw incompleteBody();
    throw cause;
  }
}

function chunkSigner(claimedHash: string, authenticated: Authenticated | undefined): ChunkSigner | undefined {
  if (!claimedHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')) return undefined;
  if (authenticated?.signature.version !== 4)
    throw new AwsError('InvalidRequest', 'The body is signed in chunks, but the request is not signed');
  return { signature: authenticated.signature, secretAccessKey: authenticated.credentials.secretAccessKey };
}

/** Every checksum that headers give, or promise to give in a trailer, or ask to be made. */
function claimedNames(request: WireRequest): Set<string> {
  const names = new Set<string>();
  for (const name of Object.keys(request.message.headers))
    if (name === 'content-md5' || name.startsWith('x-amz-checksum-')) names.add(name);
  for (const name of headerOf(request, 'x-amz-trailer')?.split(',') ?? [])
    names.add(name.trim().toLowerCase());
  const algorithm = headerOf(request, 'x-amz-sdk-checksum-algorithm');
  if (algorithm !== undefined) names.add(`x-amz-checksum-${algorithm.toLowerCase()}`);
  return names;
}

function contentMismatch(): AwsError {
  return new AwsError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { status: 400 },
  );
}
