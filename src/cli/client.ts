import { request } from 'node:http';
import { controlSocketOf, requireSettings } from '#/server/settings.ts';
import type { Overview } from '#/server/overview.ts';

/** Asks a running region over its control socket; rejects with one sentence when none runs. */
export async function ask(
  name: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  requireSettings(name);
  const { status, answer } = await exchange(name, method, path, body);
  if (status === 200) return answer;
  const { message = `the region answered ${status}` } = answer as { message?: string }; // the private API's failures
  throw new Error(message);
}

/** Whether the region's process answers. */
export async function isRunning(name: string): Promise<boolean> {
  return exchange(name, 'GET', 'status').then(
    ({ status }) => status === 200,
    () => false,
  );
}

export async function askOverview(name: string): Promise<Overview> {
  return (await ask(name, 'GET', 'status')) as Overview; // what the region's private API answers there
}

/** Calls an AWS operation as the account itself, without signing: for this host's own commands. */
export async function call(
  name: string,
  service: string,
  operation: string,
  input: object,
): Promise<Record<string, unknown>> {
  const answer = await ask(name, 'POST', `call?service=${service}&operation=${operation}`, input);
  return answer as Record<string, unknown>; // outputs are objects
}

function exchange(
  name: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; answer: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: controlSocketOf(name),
        method,
        path: `/_snowglobe/${path}`,
        headers: { host: '127.0.0.1', 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, answer: JSON.parse(text) });
          } catch (cause) {
            reject(new Error('the region gave no JSON', { cause }));
          }
        });
      },
    );
    sent.on('error', (cause) =>
      reject(new Error(`the region ${name} is not running; './snowglobe up' starts it`, { cause })),
    );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
