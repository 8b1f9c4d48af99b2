import { AwsError } from '#/lib/aws-error.ts';
import type { WireRequest } from '#/wire/http/request.ts';

/** No request but an upload to S3 is larger. */
const bodyMaxBytes = 16 * 1024 * 1024;

/** The whole body of a request that does not stream. */
export async function collectBody({ message, askForBody }: WireRequest): Promise<Buffer> {
  if (message.headers['content-length'] === undefined && message.headers['transfer-encoding'] === undefined)
    return Buffer.alloc(0);
  if (Number(message.headers['content-length']) > bodyMaxBytes) throw tooLarge();
  askForBody();
  return collect(message);
}

/** All bytes of a stream, within the same bound. */
export async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > bodyMaxBytes) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

function tooLarge(): AwsError {
  return new AwsError('RequestEntityTooLarge', 'Request body is too large', { status: 413 });
}
