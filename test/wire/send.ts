import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { sign, type SignedRequest, type SigningKey } from './signing.ts';
import { key as defaultKey, type WireTest } from './harness.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface SendOptions {
  /** Signs for this service; unsigned when absent. */
  readonly service?: string;
  readonly key?: SigningKey;
  readonly at?: Date;
}

/** Sends one request as it is, on a connection of its own. */
export async function send(
  wire: WireTest,
  raw: Partial<SignedRequest>,
  options: SendOptions = {},
): Promise<Answer> {
  const { method = 'POST', path = '/', query, body = '' } = raw;
  const whole = {
    method,
    path,
    body,
    ...(query === undefined ? {} : { query }),
    headers: { host: `127.0.0.1:${wire.port}`, ...raw.headers },
  };
  const { service, key = defaultKey, at } = options;
  const headers = service === undefined ? whole.headers : sign(whole, key, service, at);
  return new Promise((resolve, reject) => {
    const target = query === undefined ? path : `${path}?${query}`;
    const outgoing = request({
      host: '127.0.0.1',
      port: wire.port,
      method,
      path: target,
      headers,
      agent: false,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      text(response).then(
        (content) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

/** One action of a query service. */
export function sendForm(
  wire: WireTest,
  service: string,
  body: string,
  options: SendOptions = {},
): Promise<Answer> {
  return send(wire, { headers: form, body }, { service, ...options });
}

/** One operation of a JSON service. */
export function sendJson(
  wire: WireTest,
  target: string,
  body: string,
  options: SendOptions = {},
): Promise<Answer> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  return send(wire, { headers, body }, { service: 'ssm', ...options });
}
