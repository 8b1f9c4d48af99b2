import { createHash, hash } from 'node:crypto';
import { AwsError } from '#/lib/aws-error.ts';
import { hmac, type HmacKey } from '#/wire/auth/hmac.ts';
import { renderScope, sameSignature, signingKey, type SignatureV4 } from '#/wire/auth/sigv4.ts';

/** What signs the chunks of a body: each signature covers the one before it, the first the request's. */
export interface ChunkSigner {
  readonly signature: SignatureV4;
  readonly secretAccessKey: string;
}

const headMaxBytes = 4096;
const trailersMax = 16;
const emptyHash = hash('sha256', '');

/**
 * The content of an `aws-chunked` body. Chunks' signatures are checked when there is a signer; headers that
 * trail the content are put into `trailers`. Throws AWS's errors for a body that is cut, malformed or forged.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  signer: ChunkSigner | undefined,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer, void, undefined> {
  const bytes = new ByteReader(source);
  const chain = signer && new SignatureChain(signer);
  for (;;) {
    const { length, signature } = parseChunkHead(await bytes.line());
    const digest = chain && createHash('sha256');
    for await (const piece of bytes.take(length)) {
      digest?.update(piece);
      yield piece;
    }
    if (chain && digest) chain.checkChunk(digest.digest('hex'), signature);
    if (length === 0) break;
    if ((await bytes.line()) !== '') throw malformedChunk();
  }
  await readTrailers(bytes, chain, trailers);
}

function parseChunkHead(line: string): { length: number; signature: string | undefined } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match) throw malformedChunk();
  return { length: Number.parseInt(match[1] ?? '', 16), signature: match[2] };
}

async function readTrailers(
  bytes: ByteReader,
  chain: SignatureChain | undefined,
  trailers: Map<string, string>,
): Promise<void> {
  let canonical = '';
  for (let count = 0; count < trailersMax; count++) {
    const line = await bytes.lastLine();
    if (line === undefined || line === '') {
      if (canonical !== '' && chain) throw forged();
      return;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      chain?.checkTrailers(canonical, value);
      return;
    }
    trailers.set(name, value);
    canonical += `${name}:${value}\n`;
  }
  throw malformedChunk();
}

/** Each chunk's signature is made over the one before it. */
class SignatureChain {
  readonly #key: HmacKey;
  readonly #head: string;
  #previous: string;

  constructor({ signature, secretAccessKey }: ChunkSigner) {
    this.#key = signingKey(secretAccessKey, signature.scope);
    this.#head = `${signature.date}\n${renderScope(signature.scope)}`;
    this.#previous = signature.signature;
  }

  checkChunk(contentHash: string, given: string | undefined): void {
    this.#check(
      `AWS4-HMAC-SHA256-PAYLOAD\n${this.#head}\n${this.#previous}\n${emptyHash}\n${contentHash}`,
      given,
    );
  }

  checkTrailers(canonical: string, given: string): void {
    this.#check(
      `AWS4-HMAC-SHA256-TRAILER\n${this.#head}\n${this.#previous}\n${hash('sha256', canonical)}`,
      given,
    );
  }

  #check(text: string, given: string | undefined): void {
    const expected = hmac(this.#key, text);
    if (given === undefined || !sameSignature(expected, given)) throw forged();
    this.#previous = given;
  }
}

/** Takes lines and counted bytes from a stream of buffers. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line without its end. */
  async line(): Promise<string> {
    const line = await this.lastLine();
    if (line === undefined) throw incompleteBody();
    return line;
  }

  /** The next line, also when the stream ends without ending it; undefined when nothing is left. */
  async lastLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#bytes.indexOf('\r\n');
      if (end > headMaxBytes || (end < 0 && this.#bytes.length > headMaxBytes)) throw malformedChunk();
      if (end >= 0) return this.#cut(end, 2).toString('latin1');
      if (await this.#more()) continue;
      return this.#bytes.length === 0 ? undefined : this.#cut(this.#bytes.length, 0).toString('latin1');
    }
  }

  async *take(length: number): AsyncGenerator<Buffer, void, undefined> {
    let left = length;
    while (left > 0) {
      if (this.#bytes.length === 0 && !(await this.#more())) throw incompleteBody();
      const piece = this.#cut(Math.min(left, this.#bytes.length), 0);
      left -= piece.length;
      yield piece;
    }
  }

  #cut(length: number, separator: number): Buffer {
    const piece = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length + separator);
    return piece;
  }

  async #more(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#bytes = this.#bytes.length === 0 ? next.value : Buffer.concat([this.#bytes, next.value]);
    return true;
  }
}

/** The client went away, or sent less than it announced. */
export function incompleteBody(): AwsError {
  return new AwsError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
    { status: 400 },
  );
}

function malformedChunk(): AwsError {
  return new AwsError('InvalidRequest', 'The body is not a valid aws-chunked body', { status: 400 });
}

function forged(): AwsError {
  return new AwsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    { status: 403 },
  );
}
