import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { start } from '#/lib/run.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { resourceType, type Change, type Resource } from '#/store/resource.ts';
import { Store } from '#/store/store.ts';

type Thing = Resource<
  'Test::Thing',
  { readonly size: number; readonly owners: readonly string[] },
  { state: string }
>;
const thingType = resourceType<Thing>('Test::Thing', {
  owner: ({ spec }) => spec.owners,
  state: ({ status }) => [status.state],
});
const clock = new VirtualClock();

function open(file = ':memory:'): Store {
  const store = new Store(file, clock);
  store.register(thingType as never); // as `anyType` does
  return store;
}

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'snowglobe-store-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'region.db');
}

function make(store: Store, id: string, owners: readonly string[] = []): Thing {
  return store.create(thingType, { id, spec: { size: 1, owners }, status: { state: 'new' } });
}

function idsOf(things: readonly Thing[]): readonly string[] {
  return things.map(({ id }) => id);
}

test('a transaction that throws leaves nothing behind, in memory, in the indexes or on disk', (t) => {
  const file = fileOf(t);
  const store = open(file);
  make(store, 'old', ['ann']);
  const before = store.listAny(thingType);

  assert.throws(
    () =>
      store.transaction(() => {
        const old = store.get(thingType, 'old');
        assert.ok(old);
        store.setSpec(old, { size: 2, owners: ['bob'] });
        store.setTags(old, { a: 'b' });
        store.markDeleted(old);
        make(store, 'new', ['ann']);
        throw new Error('no');
      }),
    { message: 'no' },
  );

  assert.deepEqual(store.listAny(thingType), before);
  assert.deepEqual(idsOf(store.listBy(thingType, 'owner', 'ann')), ['old']);
  assert.deepEqual(store.listBy(thingType, 'owner', 'bob'), []);
  assert.deepEqual(open(file).listAny(thingType), before);
});

test('what was removed in a transaction that throws comes back to its place', () => {
  const store = open();
  const things = ['a', 'b', 'c'].map((id) => make(store, id, ['ann']));

  assert.throws(() =>
    store.transaction(() => {
      for (const thing of things.slice(0, 2)) store.remove(thing);
      make(store, 'a');
      throw new Error('no');
    }),
  );

  assert.deepEqual(store.list(thingType), things);
  assert.deepEqual(store.listBy(thingType, 'owner', 'ann'), things);
});

test('a transaction within another is undone alone when it throws and the other goes on', (t) => {
  const file = fileOf(t);
  const store = open(file);
  const a = make(store, 'a');

  store.transaction(() => {
    store.setSpec(a, { size: 5, owners: [] });
    assert.throws(() =>
      store.transaction(() => {
        store.setSpec(a, { size: 6, owners: ['bob'] });
        make(store, 'half done');
        throw new Error('refused');
      }),
    );
    make(store, 'b');
  });

  assert.deepEqual(
    store.list(thingType).map(({ id, spec }) => [id, spec.size]),
    [
      ['a', 5],
      ['b', 1],
    ],
  );
  assert.deepEqual(store.listBy(thingType, 'owner', 'bob'), []);
  assert.deepEqual(open(file).list(thingType), store.list(thingType));
});

test('a transaction within another lasts only when the other does', () => {
  const store = open();

  assert.throws(() =>
    store.transaction(() => {
      store.transaction(() => make(store, 'a'));
      throw new Error('no');
    }),
  );

  assert.deepEqual(store.list(thingType), []);
});

test('a transaction cannot wait', () => {
  const store = open();

  assert.throws(() => store.transaction(() => Promise.resolve(make(store, 'a'))), /synchronous/);

  assert.deepEqual(store.list(thingType), []);
});

test('watchers hear of a transaction once, after it is on disk, and of none that failed or changed nothing', (t) => {
  const file = fileOf(t);
  const store = open(file);
  const heard: (readonly Change[])[] = [];
  const onDisk: number[] = [];
  store.watch((changes) => {
    heard.push(changes);
    onDisk.push(open(file).list(thingType).length);
  });

  store.transaction(() => {
    make(store, 'a');
    make(store, 'b');
    assert.equal(heard.length, 0);
  });
  assert.throws(() =>
    store.transaction(() => {
      make(store, 'c');
      throw new Error('no');
    }),
  );
  store.setStatus(make(store, 'd'), { state: 'new' });
  store.transaction(() => store.remove(make(store, 'e')));

  assert.deepEqual(
    heard.map((changes) => changes.map(({ id, before, after }) => [id, before?.id, after?.id])),
    [
      [
        ['a', undefined, 'a'],
        ['b', undefined, 'b'],
      ],
      [['d', undefined, 'd']],
    ],
  );
  assert.deepEqual(onDisk, [2, 3]);
});

test('a watcher that ended hears nothing', () => {
  const store = open();
  const heard: unknown[] = [];
  const stop = store.watch((changes) => heard.push(changes));

  stop();
  make(store, 'a');

  assert.deepEqual(heard, []);
});

test('a change tells what was there before the transaction and after it, whatever was in between', () => {
  const store = open();
  const a = make(store, 'a');
  const heard: Change[] = [];
  store.watch((changes) => heard.push(...changes));

  store.transaction(() => {
    store.setSpec(a, { size: 2, owners: [] });
    store.transaction(() => store.setSpec(a, { size: 3, owners: [] }));
  });

  const [change] = heard;
  assert.equal(heard.length, 1);
  assert.deepEqual([change?.before, change?.after], [a, store.get(thingType, 'a')]);
});

test('a finding goes onto the latest resource, not onto the copy that its writer held', () => {
  const store = open();
  const copy = make(store, 'a', ['ann']);
  store.setSpec(copy, { size: 9, owners: ['bob'] });
  store.markDeleted(copy);

  store.setStatus(copy, { state: 'found' });

  const latest = store.getAny(thingType, 'a');
  assert.deepEqual(
    [latest?.spec.size, latest?.deleting, latest?.status.state, latest?.generation],
    [9, true, 'found', 3],
  );
  assert.deepEqual(store.listAnyBy(thingType, 'owner', 'ann'), []);
});

test('nothing that was removed comes back by a late write', () => {
  const store = open();
  const copy = make(store, 'a', ['ann']);
  store.remove(copy);

  const answers = [
    store.setStatus(copy, { state: 'late' }),
    store.setSpec(copy, { size: 2, owners: [] }),
    store.setTags(copy, {}),
  ];
  store.markDeleted(copy);
  store.remove(copy);

  assert.deepEqual(answers, [undefined, undefined, undefined]);
  assert.deepEqual(store.listAny(thingType), []);
  assert.deepEqual(store.kinds(), []);
});

test('what is marked deleted is hidden, but not from those who ask for any', () => {
  const store = open();
  const a = make(store, 'a', ['ann']);
  make(store, 'b', ['ann']);

  store.markDeleted(a);

  assert.equal(store.get(thingType, 'a'), undefined);
  assert.deepEqual(idsOf(store.list(thingType)), ['b']);
  assert.deepEqual(idsOf(store.listBy(thingType, 'owner', 'ann')), ['b']);
  assert.deepEqual(idsOf(store.listAny(thingType)), ['a', 'b']);
  assert.deepEqual(idsOf(store.listAnyBy(thingType, 'owner', 'ann')), ['a', 'b']);
});

test('indexes follow every change, and answer oldest first', () => {
  const store = open();
  const a = make(store, 'a', ['ann', 'bob']);
  make(store, 'b', ['ann']);

  store.setSpec(a, { size: 1, owners: ['ann', 'cid'] });

  assert.deepEqual(idsOf(store.listBy(thingType, 'owner', 'ann')), ['a', 'b']);
  assert.deepEqual(idsOf(store.listBy(thingType, 'owner', 'bob')), []);
  assert.deepEqual(idsOf(store.listBy(thingType, 'owner', 'cid')), ['a']);
  assert.throws(() => store.listBy(thingType, 'constructor', 'x'), /has an index/);
});

test('records cannot be changed in place, and two of one id cannot be', () => {
  const store = open();
  const a = make(store, 'a');

  assert.throws(() => Object.assign(a, { deleting: true }), TypeError);
  assert.throws(() => make(store, 'a'), /is new/);
});

test('a file that is opened again has the same records, in the same order, with the same indexes', (t) => {
  const file = fileOf(t);
  const store = open(file);
  const a = make(store, 'a', ['ann']);
  const b = make(store, 'b', ['ann']);
  make(store, 'c', ['ann']);
  store.setStatus(a, { state: 'found' });
  store.markDeleted(b);
  const before = store.listAny(thingType);
  store.close();

  const again = open(file);

  assert.deepEqual(again.listAny(thingType), before);
  assert.deepEqual(idsOf(again.listBy(thingType, 'owner', 'ann')), ['a', 'c']);
  assert.deepEqual(idsOf(again.listBy(thingType, 'state', 'found')), ['a']);
});

test('a damaged file is refused with one sentence that says what to do', (t) => {
  const file = fileOf(t);
  writeFileSync(file, 'not a database'.repeat(1_000));

  assert.throws(() => open(file), {
    message: `the region's state in ${file} cannot be read; move it away to start afresh, or run 'snowglobe destroy'`,
  });
});

test('a process that is killed loses no transaction that it was told is done', async (t) => {
  const file = fileOf(t);
  const program = join(import.meta.dirname, 'testing/writer.ts');
  const writer = start(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  writer.stdout?.setEncoding('utf8');
  for await (const text of writer.stdout ?? []) {
    output += String(text);
    if (output.split('\n').length > 300) writer.kill('SIGKILL');
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');

  const things = open(file).list(thingType);

  const acknowledged = Math.max(...output.split('\n').slice(0, -1).map(Number));
  assert.equal(writer.signalCode, 'SIGKILL');
  assert.ok(acknowledged >= 299);
  assert.ok(things.length >= 2 * acknowledged, `${things.length} records of ${acknowledged} transactions`);
  assert.equal(things.length % 2, 0, 'a transaction of two records is there whole or not at all');
});
