import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WireRequest } from '#/wire/http/request.ts';

/** An answer, ready to be sent. */
export interface Reply {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly contentType: string | undefined;
  readonly body: string | Uint8Array | Readable;
}

/** A body that is not read yet is worth reading to keep the connection, up to this. */
const drainMaxBytes = 256 * 1024;

/** Sends an answer; resolves when it is out. */
export async function sendReply(request: WireRequest, response: ServerResponse, reply: Reply): Promise<void> {
  for (const [name, value] of reply.headers) response.setHeader(name, value);
  if (reply.contentType !== undefined && !reply.headers.has('content-type'))
    response.setHeader('content-type', reply.contentType);
  leaveBody(request, response);
  response.statusCode = reply.status;
  const bodiless = request.method === 'HEAD' || reply.status === 204 || reply.status === 304;
  if (reply.body instanceof Readable) {
    if (!bodiless) return pipeline(reply.body, response);
    reply.body.destroy();
  } else if (!bodiless) response.setHeader('content-length', Buffer.byteLength(reply.body));
  response.end(bodiless || reply.body instanceof Readable ? undefined : reply.body);
}

/** Answering before the body has come: a short rest is read away, a long one ends the connection. */
function leaveBody({ message }: WireRequest, response: ServerResponse): void {
  if (message.complete) return;
  const waits = message.headers.expect !== undefined;
  if (waits || !(Number(message.headers['content-length'] ?? 0) <= drainMaxBytes))
    response.setHeader('connection', 'close');
  message.resume();
}
