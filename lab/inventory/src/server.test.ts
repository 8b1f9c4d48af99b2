import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AddressInfo } from 'node:net';
import { isPassing, type Item } from './items.ts';
import { createInventory, type ItemStore } from './server.ts';

const kept = new Map<string, Item>();
let isAway = false;

const items: ItemStore = {
  async list() {
    if (isAway) throw new Error('connection lost');
    return { items: [...kept.values()], databaseHost: 'db-1' };
  },
  async find(id) {
    return kept.get(id);
  },
  async save(item) {
    if (isAway) throw new Error('connection lost');
    kept.set(item.id, item);
  },
  async remove(id) {
    kept.delete(id);
  },
};
const id = '00000000-0000-4000-8000-000000000001';
const server = createInventory({
  items,
  identity: { instanceId: 'i-1', availabilityZone: 'eu-west-3a' },
  databaseEndpoint: 'inventory-cluster.example',
  newId: () => id,
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const post = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(base + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

test('an item that was added is listed, changed and deleted', async () => {
  const added = await post('/items', { name: 'Snow <globe>', quantity: '3' });
  const list = await (await fetch(`${base}/`)).text();
  await post(`/items/${id}`, { name: 'Globe', quantity: '4' });
  const changed = kept.get(id);
  await post(`/items/${id}/delete`, {});

  assert.equal(added.status, 303);
  assert.match(list, /Snow &lt;globe&gt;/);
  assert.match(list, /i-1/);
  assert.match(list, /eu-west-3a/);
  assert.match(list, /db-1/);
  assert.deepEqual(changed, { id, name: 'Globe', quantity: 4 });
  assert.equal(kept.size, 0);
});

test('an item without a name or with a wrong quantity is refused', async () => {
  for (const fields of [
    { name: ' ', quantity: '1' },
    { name: 'x', quantity: '-1' },
    { name: 'x', quantity: 'many' },
  ]) {
    assert.equal((await post('/items', fields)).status, 400);
  }
  assert.equal(kept.size, 0);
});

test('while the database is away the page answers and says so, and changes fail', async () => {
  isAway = true;
  const page = await fetch(`${base}/`);
  const change = await post('/items', { name: 'x', quantity: '1' });
  const deep = await fetch(`${base}/health/deep`);
  const shallow = await fetch(`${base}/health`);
  isAway = false;

  assert.equal(page.status, 200);
  assert.match(await page.text(), /does not answer/);
  assert.deepEqual([change.status, deep.status, shallow.status], [503, 503, 200]);
});

test('only failures of the kind that a failover makes are tried again', () => {
  assert.equal(isPassing(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })), true);
  assert.equal(
    isPassing(Object.assign(new Error('read-only'), { code: 'ER_OPTION_PREVENTS_STATEMENT' })),
    true,
  );
  assert.equal(isPassing(Object.assign(new Error('syntax'), { code: 'ER_PARSE_ERROR' })), false);
});
