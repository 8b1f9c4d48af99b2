/**
 * A program that the test runs inside its own namespace: targets to be balanced, and the clients that ask.
 * One JSON command a line on standard input, one JSON answer a line on standard output, in the same order.
 */
import { createServer, request, Agent, type Server } from 'node:http';
import { createInterface } from 'node:readline';

export type FixtureCommand =
  | { readonly do: 'listen'; readonly address: string; readonly port: number }
  | { readonly do: 'close'; readonly port: number; readonly address: string }
  | { readonly do: 'health'; readonly address: string; readonly status: number }
  | { readonly do: 'get'; readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly do: 'start-load'; readonly url: string; readonly intervalMs: number }
  | { readonly do: 'stop-load' };

const servers = new Map<string, Server>();
const healths = new Map<string, number>();
const load = {
  requests: 0,
  failures: [] as string[],
  underWay: 0,
  timer: undefined as NodeJS.Timeout | undefined,
};
const agent = new Agent({ keepAlive: true });

for await (const line of createInterface({ input: process.stdin })) {
  // The test is the only one who writes here.
  const answer = await obey(JSON.parse(line) as FixtureCommand);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);

function obey(command: FixtureCommand): Promise<unknown> {
  switch (command.do) {
    case 'listen':
      return listen(command.address, command.port);
    case 'close':
      servers.get(`${command.address}:${command.port}`)?.closeAllConnections();
      return new Promise((resolve) => {
        servers.get(`${command.address}:${command.port}`)?.close(() => resolve('closed'));
      });
    case 'health':
      healths.set(command.address, command.status);
      return Promise.resolve('noted');
    case 'get':
      return get(command.url, command.headers ?? {});
    case 'start-load':
      load.requests = 0;
      load.failures = [];
      load.timer = setInterval(() => void ask(command.url), command.intervalMs);
      return Promise.resolve('started');
    case 'stop-load':
      clearInterval(load.timer);
      return finishLoad();
    default:
      return Promise.reject(new Error('no such command'));
  }
}

function listen(address: string, port: number): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const isProbe = incoming.headers['user-agent'] === 'ELB-HealthChecker/2.0';
    outgoing.statusCode = isProbe ? (healths.get(address) ?? 200) : 200;
    outgoing.setHeader('x-served-by', address);
    const answer = (): unknown => outgoing.end(JSON.stringify(incoming.headers));
    if (incoming.url === '/slow') setTimeout(answer, 1_000);
    else answer();
  });
  server.keepAliveTimeout = 60_000;
  servers.set(`${address}:${port}`, server);
  return new Promise((resolve) => server.listen(port, address, () => resolve('listening')));
}

function get(url: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
  return new Promise((resolve) => {
    request(url, { agent: headers['connection'] === 'close' ? false : agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', (error) => resolve({ status: 0, headers: {}, body: error.message }))
      .end();
  });
}

async function ask(url: string): Promise<void> {
  load.requests += 1;
  load.underWay += 1;
  const answer = (await get(url, {})) as { status: number; body: string }; // made by get
  load.underWay -= 1;
  if (answer.status !== 200) load.failures.push(`${answer.status} ${answer.body.slice(0, 80)}`);
}

async function finishLoad(): Promise<unknown> {
  while (load.underWay > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  return { requests: load.requests, failures: load.failures };
}
