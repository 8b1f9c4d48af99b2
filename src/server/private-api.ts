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
  readonly region: Region;
  readonly settings: RegionSettings;
  readonly drivers: Drivers;
  /** Ends the region process; `stops` also ends everything it runs. */
  readonly shutdown: (stops: boolean) => void;
}

type Answer = (query: URLSearchParams, message: IncomingMessage) => Promise<unknown>;

/** What AWS has no API for, for this host's own tools: JSON under `/_snowglobe/`. */
export function privateApi(
  options: PrivateApiOptions,
): (message: IncomingMessage, response: ServerResponse) => void {
  const { region, settings, drivers } = options;
  const answers = new Map<string, Answer>([
    ['GET status', async () => overview(region, settings)],
    ['GET coverage', async () => coverage(region)],
    ['GET resolve', async (query) => ({ addresses: await resolveByHost(query.get('name') ?? '') })],
    ['GET console', async (query) => ({ text: await drivers.machine.console(query.get('instance') ?? '') })],
    [
      'POST exec',
      async (_query, message) => {
        const { instance, argv } = (await json(message)) as { instance: string; argv: string[] }; // our own CLI's
        return drivers.machine.exec(instance, argv, { timeoutMs: 600_000 });
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
        region.invoke(query.get('service') ?? '', query.get('operation') ?? '', await json(message), {
          principal: servicePrincipal(settings.account),
          requestId: 'private',
        }),
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
