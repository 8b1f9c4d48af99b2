import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Machine, MachineDriver } from '#/drivers/machine/driver.ts';

/** What a driver is tried on. */
export interface MachineBench {
  /** A driver that knows nothing but what is in the data plane. */
  open(): MachineDriver;
  /** A machine that can be created; two numbers are two machines. */
  machine(number: number): Promise<Machine>;
  /** Ends a machine behind the driver's back, as a crash would. */
  crash(machineId: string): Promise<void>;
  /** Waits for the promise, moving time on where time has to be moved. */
  settle<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const graceMs = 10_000;

/** What every machine driver promises, tried on one of them. */
export function machineConformance(name: string, openBench: () => Promise<MachineBench>): void {
  describe(`${name}: a machine driver`, () => {
    let bench: MachineBench;
    let driver: MachineDriver;
    let machine: Machine;
    beforeEach(async () => {
      bench = await openBench();
      driver = bench.open();
      machine = await bench.machine(10);
    });
    afterEach(() => bench.close());

    const boot = async (): Promise<void> => {
      await driver.create(machine);
      await bench.settle(driver.start(machine.id));
    };

    test('does not know a machine that was not created', async () => {
      await driver.stop(machine.id, graceMs);
      await driver.destroy(machine.id);

      assert.equal(await driver.inspect(machine.id), undefined);
      assert.deepEqual(await driver.list(), []);
      await assert.rejects(driver.start(machine.id));
      await assert.rejects(driver.setMetadata(machine.id, machine.metadata));
    });

    test('keeps a created machine stopped, and without an ending or a console', async () => {
      await driver.create(machine);
      await driver.create(machine);

      assert.deepEqual(await driver.inspect(machine.id), { state: 'stopped', ending: undefined });
      assert.deepEqual(await driver.list(), [machine.id]);
      assert.equal(await driver.console(machine.id), '');
      await assert.rejects(driver.exec(machine.id, ['true']), /does not run/);
    });

    test('boots a machine, and leaves one that runs alone', async () => {
      await boot();

      await driver.create(machine);
      await bench.settle(driver.start(machine.id));

      assert.deepEqual(await driver.inspect(machine.id), { state: 'running', ending: undefined });
    });

    test('names the images it can boot', () => {
      assert.ok(driver.images().includes(machine.image));
    });

    test('stops a machine, which can be booted again', async () => {
      await boot();

      await bench.settle(driver.stop(machine.id, graceMs));
      const stopped = await driver.inspect(machine.id);
      await bench.settle(driver.stop(machine.id, graceMs));
      await bench.settle(driver.start(machine.id));

      assert.deepEqual(stopped, { state: 'stopped', ending: 'poweroff' });
      assert.deepEqual(await driver.inspect(machine.id), { state: 'running', ending: undefined });
    });

    test('forgets a running machine that is destroyed', async () => {
      await boot();

      await driver.destroy(machine.id);
      await driver.destroy(machine.id);

      assert.equal(await driver.inspect(machine.id), undefined);
      assert.deepEqual(await driver.list(), []);
    });

    test('finds again what another driver object left running, and stops it', async () => {
      await boot();

      const other = bench.open();
      const found = await other.inspect(machine.id);
      await bench.settle(other.stop(machine.id, graceMs));

      assert.deepEqual(found, { state: 'running', ending: undefined });
      assert.deepEqual(await driver.inspect(machine.id), { state: 'stopped', ending: 'poweroff' });
    });

    test('tells its listeners of a start, and of an end by itself', async () => {
      const told: string[] = [];
      const ended = Promise.withResolvers<void>();
      const cancel = driver.watch((id) => {
        told.push(id);
        if (told.length === 2) ended.resolve();
      });

      await boot();
      await bench.crash(machine.id);
      await bench.settle(ended.promise);
      cancel();

      assert.deepEqual(told, [machine.id, machine.id]);
      assert.deepEqual(await driver.inspect(machine.id), { state: 'stopped', ending: 'killed' });
    });

    test('runs machines side by side, and destroys all at once', async () => {
      const second = await bench.machine(11);
      await driver.create(machine);
      await driver.create(second);
      await bench.settle(Promise.all([driver.start(machine.id), driver.start(second.id)]));

      const list = await driver.list();
      const states = [await driver.inspect(machine.id), await driver.inspect(second.id)];
      await driver.destroyAll();

      assert.deepEqual([...list].sort(), [machine.id, second.id].sort());
      assert.deepEqual(
        states.map((each) => each?.state),
        ['running', 'running'],
      );
      assert.deepEqual(await driver.list(), []);
    });
  });
}
