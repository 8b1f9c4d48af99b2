import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Identity } from './identity.ts';
import type { Item, ItemList } from './items.ts';
import { renderEdit, renderList, renderProblem, type Origin } from './pages.ts';

/** Where the items are: the database, or a list in a test. */
export interface ItemStore {
  list(): Promise<ItemList>;
  find(id: string): Promise<Item | undefined>;
  save(item: Item): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface InventoryOptions {
  readonly items: ItemStore;
  readonly identity: Identity;
  readonly databaseEndpoint: string;
  /** A new item's id. */
  readonly newId: () => string;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const bodyBytesMax = 64 * 1024;

/**
 * The web server. While the database is away the pages still answer, and say so; only changes fail (503). A load
 * balancer that asks for `/` therefore learns whether the application works, not whether the database does.
 */
export function createInventory(options: InventoryOptions): Server {
  return createServer((message, response) => {
    void answer(message, options)
      .catch((error: unknown): Reply => ({
        status: 503,
        body: renderProblem('Not saved', messageOf(error), originOf(options)),
      }))
      .then(({ status, body, headers }) => {
        response.writeHead(status, {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'x-instance': options.identity.instanceId,
          'x-availability-zone': options.identity.availabilityZone,
          ...headers,
        });
        response.end(message.method === 'HEAD' ? '' : body);
      });
  });
}

async function answer(message: IncomingMessage, options: InventoryOptions): Promise<Reply> {
  const { pathname } = new URL(message.url ?? '/', 'http://inventory');
  const method = message.method === 'HEAD' ? 'GET' : message.method;
  if (method === 'GET' && pathname === '/') return listPage(options);
  if (method === 'GET' && pathname === '/health') return plain(200, 'ok');
  if (method === 'GET' && pathname === '/health/deep') return deepHealth(options);
  if (method === 'POST' && pathname === '/items') return save(options.newId(), message, options);
  const [, id, action] = /^\/items\/([0-9a-f-]{36})(\/delete)?$/.exec(pathname) ?? [];
  if (id !== undefined && method === 'GET' && action === undefined) return editPage(id, options);
  if (id !== undefined && method === 'POST' && action === undefined) return save(id, message, options);
  if (id !== undefined && method === 'POST') {
    await options.items.remove(id);
    return seeList;
  }
  return {
    status: 404,
    body: renderProblem('Not found', `There is nothing at ${pathname}.`, originOf(options)),
  };
}

const seeList: Reply = { status: 303, body: '', headers: { location: '/' } };

async function listPage(options: InventoryOptions): Promise<Reply> {
  try {
    const { items, databaseHost } = await options.items.list();
    return { status: 200, body: renderList(items, originOf(options, databaseHost)) };
  } catch (error) {
    return {
      status: 200,
      body: renderList([], originOf(options), `The database does not answer: ${messageOf(error)}`),
    };
  }
}

async function editPage(id: string, options: InventoryOptions): Promise<Reply> {
  const item = await options.items.find(id);
  if (!item)
    return { status: 404, body: renderProblem('Not found', 'There is no such item.', originOf(options)) };
  return { status: 200, body: renderEdit(item, originOf(options)) };
}

async function deepHealth({ items }: InventoryOptions): Promise<Reply> {
  return items.list().then(
    ({ databaseHost }) => plain(200, `ok ${databaseHost}`),
    (error: unknown) => plain(503, messageOf(error)),
  );
}

async function save(id: string, message: IncomingMessage, options: InventoryOptions): Promise<Reply> {
  if (Number(message.headers['content-length'] ?? 0) > bodyBytesMax) return plain(413, 'too large');
  const fields = new URLSearchParams(await text(message));
  const name = (fields.get('name') ?? '').trim();
  const quantity = Number(fields.get('quantity'));
  if (
    name === '' ||
    name.length > 100 ||
    !Number.isInteger(quantity) ||
    quantity < 0 ||
    quantity > 1_000_000
  ) {
    const advice = 'An item needs a name of up to 100 characters and a whole quantity from 0 to 1000000.';
    return { status: 400, body: renderProblem('Not saved', advice, originOf(options)) };
  }
  await options.items.save({ id, name, quantity });
  return seeList;
}

function plain(status: number, body: string): Reply {
  return { status, body: `${body}\n`, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

function originOf({ identity, databaseEndpoint }: InventoryOptions, databaseHost?: string): Origin {
  return { ...identity, databaseEndpoint, databaseHost };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
