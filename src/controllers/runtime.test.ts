import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { anyController, trigger, type Again, type Controller } from '#/controllers/controller.ts';
import { ControllerRuntime, type Failure } from '#/controllers/runtime.ts';
import { resourceType, type Resource } from '#/store/resource.ts';
import { Store } from '#/store/store.ts';

type Thing = Resource<'Test::Thing', { readonly partOf?: string }, { readonly seen: number }>;
const thingType = resourceType<Thing>('Test::Thing');
type Part = Resource<'Test::Part', { readonly of: string }, null>;
const partType = resourceType<Part>('Test::Part');

type Reconcile = (thing: Thing, signal: AbortSignal) => Promise<Again>;

/** A runtime with one controller, whose looks a test scripts and counts. */
function bench(reconcile: Reconcile, more: Partial<Controller<Thing>> = {}, concurrencyMax = 16) {
  const clock = new VirtualClock();
  const store = new Store(':memory:', clock);
  const failures: Failure[] = [];
  const runtime = new ControllerRuntime({
    store,
    clock,
    random: seededRandom(1),
    concurrencyMax,
    onFailure: (failure) => failures.push(failure),
  });
  /** When each look began, in milliseconds since the start, by id. */
  const looks: [id: string, atMs: number][] = [];
  const startedAt = clock.now();
  const controller: Controller<Thing> = {
    type: thingType,
    ...more,
    reconcile(thing, signal) {
      looks.push([thing.id, clock.now() - startedAt]);
      return reconcile(thing, signal);
    },
  };
  runtime.register(anyController(controller));
  return {
    clock,
    store,
    runtime,
    failures,
    looks,
    make: (id: string) => store.create(thingType, { id, spec: {}, status: { seen: 0 } }),
    /** Lets time pass, timer by timer. */
    pass: async (ms: number): Promise<void> => {
      const until = clock.now() + ms;
      do await turn();
      while (clock.step(until));
      await turn();
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const nothingToDo: Reconcile = () => Promise.resolve(undefined);

test('everything that is there is looked at when the runtime starts, also what is marked deleted', async () => {
  const { make, store, runtime, looks, pass } = bench(nothingToDo);
  make('a');
  store.markDeleted(make('b'));

  runtime.start();
  await pass(0);

  assert.deepEqual(looks, [
    ['a', 0],
    ['b', 0],
  ]);
});

test('a new resource and a changed one are looked at once each', async () => {
  const { make, store, runtime, looks, pass } = bench(nothingToDo);
  runtime.start();
  const a = make('a');
  store.setSpec(a, { partOf: 'x' });
  await pass(0);

  store.setTags(a, { b: 'c' });
  await pass(1_000);

  assert.deepEqual(looks.length, 2);
});

test('a resource is never looked at twice at the same time; what moved meanwhile brings one more look', async () => {
  let under = 0;
  const clockOf: { clock?: VirtualClock } = {};
  const { clock, make, runtime, looks, pass } = bench(async () => {
    assert.equal((under += 1), 1);
    assert.ok(clockOf.clock);
    await sleep(clockOf.clock, 100);
    under -= 1;
    return undefined;
  });
  clockOf.clock = clock;
  runtime.start();
  make('a');
  await pass(50);

  for (let times = 0; times < 5; times += 1) runtime.enqueue('Test::Thing', 'a');
  await pass(1_000);

  assert.deepEqual(looks, [
    ['a', 0],
    ['a', 100],
  ]);
});

test('several resources are looked at at once, as many as are allowed', async () => {
  let under = 0;
  let most = 0;
  const clockOf: { clock?: VirtualClock } = {};
  const { clock, make, runtime, looks, pass } = bench(
    async () => {
      most = Math.max(most, (under += 1));
      assert.ok(clockOf.clock);
      await sleep(clockOf.clock, 100);
      under -= 1;
      return undefined;
    },
    {},
    3,
  );
  clockOf.clock = clock;
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) make(id);

  runtime.start();
  await pass(1_000);

  assert.equal(most, 3);
  assert.deepEqual(
    looks.map(([, atMs]) => atMs),
    [0, 0, 0, 100, 100, 100, 200],
  );
  assert.equal(runtime.idle, true);
});

test('a failed look is repeated, with pauses that grow to half a minute and end with a success', async () => {
  let failsLeft = 14;
  const { make, runtime, looks, failures, pass } = bench(() =>
    (failsLeft -= 1) >= 0 ? Promise.reject(new Error('no')) : Promise.resolve(undefined),
  );
  runtime.start();
  make('a');

  await pass(600_000);

  const pauses = looks.slice(1).map(([, atMs], index) => atMs - (looks[index]?.[1] ?? 0));
  assert.equal(looks.length, 15);
  assert.deepEqual(
    failures.map(({ id, attempt }) => [id, attempt]),
    Array.from({ length: 14 }, (_, index) => ['a', index + 1]),
  );
  for (const [index, pause] of pauses.entries()) {
    const limit = Math.min(30_000, 100 * 2 ** index);
    assert.ok(pause >= limit / 2 && pause <= limit, `pause ${index + 1} of ${pause} ms is about ${limit} ms`);
  }
});

test('a controller that throws before it waits is retried too', async () => {
  let isFirst = true;
  const { make, runtime, looks, failures, pass } = bench(() => {
    if (!isFirst) return Promise.resolve(undefined);
    isFirst = false;
    throw new Error('no');
  });
  runtime.start();
  make('a');

  await pass(1_000);

  assert.deepEqual([looks.length, failures.length], [2, 1]);
});

test('a change does not wait for the pause after a failure', async () => {
  let fails = true;
  const { make, store, runtime, looks, pass } = bench(() =>
    fails ? Promise.reject(new Error('no')) : Promise.resolve(undefined),
  );
  runtime.start();
  const a = make('a');
  await pass(60_000); // the pauses are long by now
  fails = false;
  const before = looks.length;

  store.setSpec(a, { partOf: 'x' });
  await pass(0);
  await pass(60_000);

  assert.equal(looks.length, before + 1);
});

test('a change during a look that fails waits for the pause: failures do not spin', async () => {
  const holder: { fail?: () => void } = {};
  const { make, runtime, looks, pass } = bench(
    () =>
      new Promise((_, reject) => {
        holder.fail = () => reject(new Error('no'));
      }),
  );
  runtime.start();
  make('a');
  await pass(0);
  runtime.enqueue('Test::Thing', 'a');

  holder.fail?.();
  await pass(49);
  const early = looks.length;
  await pass(51);

  assert.deepEqual([early, looks.length], [1, 2]);
});

test('a controller that wants to look again is called at that time, once, unless something moved before', async () => {
  const { make, store, runtime, looks, pass } = bench(() => Promise.resolve({ requeueAfterMs: 1_000 }));
  runtime.start();
  const a = make('a');
  await pass(2_500);

  store.setSpec(a, { partOf: 'x' });
  await pass(1_400);

  assert.deepEqual(
    looks.map(([, atMs]) => atMs),
    [0, 1_000, 2_000, 2_500, 3_500],
  );
});

test('a change of another kind leads to the resources it concerned before and concerns after', async () => {
  const { make, store, runtime, looks, pass } = bench(nothingToDo, {
    triggers: [trigger(partType, ({ spec }) => [spec.of])],
  });
  for (const id of ['a', 'b', 'c']) make(id);
  const part = store.create(partType, { id: 'p', spec: { of: 'a' }, status: null });
  runtime.start();
  await pass(0);
  looks.length = 0;

  store.setSpec(part, { of: 'b' });
  await pass(0);
  const moved = looks.map(([id]) => id);
  looks.length = 0;
  store.remove(part);
  await pass(0);

  assert.deepEqual(moved, ['a', 'b']);
  assert.deepEqual(
    looks.map(([id]) => id),
    ['b'],
  );
});

test('a movement of the data plane leads to a look, and one of a resource that is gone to none', async () => {
  const holder: { tell?: (id: string) => void } = {};
  const { make, runtime, looks, pass } = bench(nothingToDo, {
    watch(enqueue) {
      holder.tell = enqueue;
      return () => {};
    },
  });
  make('a');
  runtime.start();
  await pass(0);

  holder.tell?.('a');
  holder.tell?.('gone');
  await pass(0);

  assert.deepEqual(
    looks.map(([id]) => id),
    ['a', 'a'],
  );
});

test('the collector destroys what no resource owns, soon after the start and again and again', async () => {
  const held = new Set(['a', 'leaked']);
  const { make, store, runtime, pass } = bench(nothingToDo, {
    effects: {
      list: () => Promise.resolve([...held]),
      destroy(id) {
        held.delete(id);
        return Promise.resolve();
      },
    },
  });
  const a = make('a');
  runtime.start();

  await pass(2_000);
  const first = [...held];
  store.markDeleted(a);
  held.add('leaked later');
  await pass(61_000);

  assert.deepEqual(first, ['a']);
  assert.deepEqual([...held], ['a'], 'what is being deleted still has an owner');
});

test('a collector that fails is reported and tried again', async () => {
  const held = new Set(['leaked']);
  let fails = true;
  const { runtime, failures, pass } = bench(nothingToDo, {
    effects: {
      list: () => (fails ? Promise.reject(new Error('no')) : Promise.resolve([...held])),
      destroy(id) {
        held.delete(id);
        return Promise.resolve();
      },
    },
  });
  runtime.start();
  await pass(2_000);
  fails = false;

  await pass(61_000);

  assert.deepEqual(
    failures.map(({ id }) => id),
    ['(collector)'],
  );
  assert.deepEqual([...held], []);
});

test('an effect that cannot be destroyed does not save the others', async () => {
  const held = new Set(['stuck', 'leaked']);
  const { runtime, failures, pass } = bench(nothingToDo, {
    effects: {
      list: () => Promise.resolve([...held]),
      destroy: (id) =>
        id === 'stuck' ? Promise.reject(new Error('busy')) : Promise.resolve(void held.delete(id)),
    },
  });

  runtime.start();
  await pass(2_000);

  assert.deepEqual([...held], ['stuck']);
  assert.equal(failures.length, 1);
});

test('a look that takes too long hears of it by its signal', async () => {
  const { make, runtime, failures, pass } = bench(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error)); // an Error, given by the runtime
      }),
    { timeoutMs: 5_000 },
  );
  runtime.start();
  make('a');

  await pass(5_000);

  assert.match(String(failures[0]?.error), /no end after 5000 ms/);
});

test('a runtime that stops waits for the looks under way, tells them, and begins no more', async () => {
  let heard = false;
  let isStopped = false;
  const holder: { end?: () => void } = {};
  const { make, runtime, looks, failures, pass } = bench(
    (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => (heard = true));
        holder.end = () => resolve({ requeueAfterMs: 10 });
      }),
  );
  runtime.start();
  make('a');
  await pass(0);

  const stopping = runtime.stop().then(() => (isStopped = true));
  await turn();
  const early = [heard, isStopped];
  holder.end?.();
  await stopping;
  make('b');
  runtime.enqueue('Test::Thing', 'a');
  await pass(120_000);

  assert.deepEqual(early, [true, false]);
  assert.deepEqual([looks.length, failures.length], [1, 0]);
});
