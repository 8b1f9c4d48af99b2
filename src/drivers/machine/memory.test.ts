import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { machineConformance, type MachineBench } from '#/drivers/machine/conformance.ts';
import type { Machine } from '#/drivers/machine/driver.ts';
import { memoryMachine } from '#/drivers/machine/memory.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { seededRandom } from '#/lib/random.ts';

machineConformance('in memory', () => Promise.resolve(openBench()));

test('a boot in memory takes the time of the clock', async () => {
  const bench = openBench();
  const driver = bench.open();
  await driver.create(machineOf(10));

  const boot = driver.start('i-10');
  const during = await driver.inspect('i-10');
  await bench.settle(boot);

  assert.equal(during?.state, 'stopped');
  assert.ok(bench.clock.now() >= 200);
});

test('a command in memory says that nothing runs', async () => {
  const bench = openBench();
  const driver = bench.open();
  await driver.create(machineOf(10));
  await bench.settle(driver.start('i-10'));

  const { exitCode, stderr } = await driver.exec('i-10', ['true']);

  assert.equal(exitCode, 1);
  assert.match(stderr, /in memory only/);
});

function openBench(): MachineBench & { readonly clock: VirtualClock } {
  const clock = new VirtualClock(0);
  const driver = memoryMachine({ clock, random: seededRandom(1) });
  return {
    clock,
    open: () => driver,
    machine: (number) => Promise.resolve(machineOf(number)),
    crash: (id) => Promise.resolve(driver.kill(id)),
    async settle(promise) {
      const settled = new AbortController();
      const note = (): void => settled.abort();
      promise.then(note, note);
      while (!settled.signal.aborted) {
        clock.advance(10);
        await setImmediate();
      }
      return promise;
    },
    close: () => Promise.resolve(),
  };
}

function machineOf(number: number): Machine {
  return {
    id: `i-${number}`,
    image: 'al2023-compat',
    hostname: `ip-10-0-0-${number}`,
    memoryMib: 1024,
    vcpus: 2,
    namespace: `/run/netns/${number}`,
    nameServer: '10.0.0.2',
    searchDomain: 'eu-west-3.compute.internal',
    metadata: {
      linkId: `eni-${number}`,
      metaData: {},
      userData: undefined,
      identityDocument: {},
      tokensRequired: true,
      hopLimit: 1,
    },
  };
}
