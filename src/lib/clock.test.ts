import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, systemClock } from '#/lib/clock.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';

test('timers fire when they are due, in the order they are due, then in the order they were set', () => {
  const clock = new VirtualClock(0);
  const fired: [string, number][] = [];
  for (const [name, delayMs] of [
    ['late', 20],
    ['first', 10],
    ['second', 10],
    ['now', 0],
  ] as const)
    clock.after(delayMs, () => fired.push([name, clock.now()]));

  clock.advance(15);

  assert.deepEqual(fired, [
    ['now', 0],
    ['first', 10],
    ['second', 10],
  ]);
  assert.equal(clock.now(), 15);
});

test('a timer that is set by a timer fires in its turn', () => {
  const clock = new VirtualClock(0);
  const fired: number[] = [];
  clock.after(10, () => clock.after(10, () => fired.push(clock.now())));

  clock.advance(20);

  assert.deepEqual(fired, [20]);
});

test('a timer that was cancelled never fires', () => {
  const clock = new VirtualClock(0);
  const fired: string[] = [];
  const cancel = clock.after(10, () => fired.push('cancelled'));
  clock.after(10, () => fired.push('other'));

  cancel();
  cancel();
  clock.advance(20);

  assert.deepEqual(fired, ['other']);
});

test('a step goes to the next timer, and never beyond its limit', () => {
  const clock = new VirtualClock(0);
  clock.after(10, () => {});

  const answers = [clock.step(5), clock.now(), clock.step(), clock.now(), clock.step(), clock.now()];

  assert.deepEqual(answers, [false, 5, true, 10, false, 10]);
});

test('a sleep ends after its time', async () => {
  const clock = new VirtualClock(0);
  const sleeping = sleep(clock, 10);

  clock.advance(10);

  await assert.doesNotReject(sleeping);
});

for (const when of ['before', 'during'] as const) {
  test(`a sleep that is aborted ${when} it rejects with the reason and leaves no timer`, async () => {
    const clock = new VirtualClock(0);
    const abort = new AbortController();
    if (when === 'before') abort.abort(new Error('enough'));
    const sleeping = sleep(clock, 10, abort.signal);

    if (when === 'during') abort.abort(new Error('enough'));

    await assert.rejects(sleeping, { message: 'enough' });
    assert.equal(clock.waiting, 0);
  });
}

test('the system clock calls back, unless it was cancelled', async () => {
  const fired: string[] = [];
  systemClock.after(1, () => fired.push('cancelled'))();

  await new Promise<void>((resolve) => {
    const keepAlive = setTimeout(() => {}, 10_000);
    systemClock.after(5, () => {
      clearTimeout(keepAlive);
      resolve();
    });
  });

  assert.deepEqual(fired, []);
});
