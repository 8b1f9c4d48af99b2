import { lookup } from 'node:dns/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { AwsError } from '#/lib/aws-error.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { servicePrincipal, type Region } from '#/region.ts';
import { coverage } from '#/server/coverage.ts';
import { overview } from '#/server/overview.ts';
import type { RegionSettings } from '#/server/settings.ts';

export interface PrivateApiOptions {
  /** The region that is served now: a reset makes it another. */
  readonly served: () => { readonly region: Region; readonly drivers: Drivers };
  readonly settings: RegionSettings;
  /** Ends the region process; `stops` also ends everything it runs. */
  readonly shutdown: (stops: boolean) => void;
  /** Forgets everything; absent where something real would be lost. */
  readonly reset?: () => Promise<void>;
}

type Answer = (query: URLSearchParams, message: IncomingMessage) => Promise<unknown>;

/** What AWS has no API for, for this host's own tools: JSON under `/_snowglobe/`. */
export function privateApi(
  options: PrivateApiOptions,
): (message: IncomingMessage, response: ServerResponse) => void {
  const { served, settings, reset } = options;
  const answers = new Map<string, Answer>([
    ['GET status', async () => overview(served().region, settings)],
    ['GET coverage', async () => coverage(served().region)],
    ['GET resolve', async (query) => ({ addresses: await resolveByHost(query.get('name') ?? '') })],
    [
      'GET console',
      async (query) => ({ text: await served().drivers.machine.console(query.get('instance') ?? '') }),
    ],
    [
      'POST exec',
      async (_query, message) => {
        const { instance, argv } = (await json(message)) as { instance: string; argv: string[] }; // our own CLI's
        return served().drivers.machine.exec(instance, argv, { timeoutMs: 600_000 });
      },
    ],
    [
      'POST reset',
      async () => {
        if (!reset) throw new AwsError('Refused', 'only a simulated region can be reset', { status: 403 });
        await reset();
        return { reset: true };
      },
    ],
    [
      'POST shutdown',
      async (query) => {
        setImmediate(() => options.shutdown(query.get('stops') === 'everything'));
        return { stopping: true };
      },
    ],
    [
      'POST call',
      async (query, message) =>
        served().region.invoke(
          query.get('service') ?? '',
          query.get('operation') ?? '',
          await json(message),
          {
            principal: servicePrincipal(settings.account),
            requestId: 'private',
          },
        ),
    ],
  ]);

  return (message, response) => {
    const url = new URL(message.url ?? '/', 'http://127.0.0.1');
    const answer = answers.get(`${message.method} ${url.pathname.replace(/^\/_snowglobe\//, '')}`);
    void respond(response, async () => {
      if (!answer)
        return { status: 404, body: { message: `there is nothing at ${message.method} ${url.pathname}` } };
      return { status: 200, body: await answer(url.searchParams, message) };
    });
  };
}

async function respond(
  response: ServerResponse,
  work: () => Promise<{ status: number; body: unknown }>,
): Promise<void> {
  const { status, body } = await work().catch((error: unknown) => ({
    status: error instanceof AwsError ? (error.status ?? 400) : 500,
    body: { code: error instanceof AwsError ? error.code : 'InternalError', message: messageOf(error) },
  }));
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What the host itself makes of a name; nothing when it does not know it. */
async function resolveByHost(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, family: 4 }).catch(() => []);
  return found.map(({ address }) => address);
}
