import type { IncomingMessage } from 'node:http';

/** A request as it came, with its target taken apart. */
export interface WireRequest {
  readonly message: IncomingMessage;
  readonly method: string;
  /** Still escaped, without the query. */
  readonly path: string;
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  /** Tells a client that waits with `Expect: 100-continue` to send its body. */
  readonly askForBody: () => void;
}

export function toWireRequest(message: IncomingMessage, askForBody: () => void): WireRequest {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  return {
    message,
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    askForBody,
  };
}

/** A header's value, lines of the same name joined; undefined when it is not there. */
export function headerOf(request: WireRequest, name: string): string | undefined {
  const value = request.message.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** Text with its percent escapes resolved; undefined when they are broken. */
export function unescapeUri(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
