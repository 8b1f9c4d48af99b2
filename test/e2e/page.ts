import { Agent, request } from 'node:http';

/** One answer of the Inventory page. */
export interface Page {
  readonly status: number;
  readonly instance: string;
  readonly zone: string;
  /** The database server that answered the list; empty on pages without it. */
  readonly database: string;
  readonly body: string;
}

export interface PageRequest {
  readonly method?: 'GET' | 'POST';
  /** A form's fields. */
  readonly form?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly timeoutMs?: number;
}

const freshConnections = new Agent({ keepAlive: false });

/** Asks the balancer at an address; rejects when no whole answer comes. Redirections are not followed. */
export function askPage(url: string, options: PageRequest = {}): Promise<Page> {
  const body = options.form === undefined ? '' : new URLSearchParams(options.form).toString();
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: options.method ?? (options.form === undefined ? 'GET' : 'POST'),
        agent: options.agent ?? freshConnections,
        signal: AbortSignal.timeout(options.timeoutMs ?? 15_000),
        headers:
          options.form === undefined
            ? {}
            : {
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': Buffer.byteLength(body),
              },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            instance: String(response.headers['x-instance'] ?? ''),
            zone: String(response.headers['x-availability-zone'] ?? ''),
            database: /id="database">([^<]*)</.exec(text)?.[1] ?? '',
            body: text,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Adds an item by the page's form: whether the application acknowledged it. */
export async function addItem(address: string, name: string): Promise<boolean> {
  const { status } = await askPage(`${address}items`, { form: { name, quantity: '1' } });
  return status === 303;
}

/** The names of the items that the page lists. */
export function itemsOf({ body }: Page): readonly string[] {
  return [...body.matchAll(/aria-label="Edit ([^"]*)"/g)].map((match) => match[1] ?? '');
}
