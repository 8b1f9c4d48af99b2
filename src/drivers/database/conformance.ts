import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DatabaseDriver, DatabaseServer, DatabaseVolume } from '#/drivers/database/driver.ts';

/** Two places to run servers in, which reach each other. */
export interface Conformance {
  readonly driver: DatabaseDriver;
  readonly places: readonly [Place, Place];
}

export interface Place {
  readonly namespace: string;
  readonly address: string;
}

const volume: DatabaseVolume = {
  id: 'vol-a',
  engine: 'mysql',
  masterUser: 'dbadmin',
  masterPassword: "it's \\ long",
  databaseName: 'inventory',
};

function server(place: Place, id: string, more: Partial<DatabaseServer> = {}): DatabaseServer {
  return {
    ...place,
    id,
    volumeId: 'vol-a',
    port: 3306,
    reportedVersion: '8.0.39',
    role: { type: 'writer' },
    bufferPoolMib: 16,
    variables: {},
    ...more,
  };
}

function follow(place: Place): DatabaseServer['role'] {
  return { type: 'reader', writerAddress: place.address, writerPort: 3306 };
}

/** What every implementation of the contract does. `subject` answers the same driver, emptied, each time. */
export function databaseConformance(subject: () => Promise<Conformance>): void {
  void describe('a database driver', () => {
    void it('starts a writer on a new volume, and repeating it changes nothing', async () => {
      const { driver, places } = await subject();
      await driver.createVolume(volume);

      await driver.apply(server(places[0], 'db-1'));
      await driver.apply(server(places[0], 'db-1'));

      const observed = await driver.inspect('db-1');
      assert.deepEqual(observed, {
        isRunning: true,
        isAccepting: true,
        volumeId: 'vol-a',
        role: 'writer',
        replication: undefined,
      });
    });

    void it('refuses a second server on a volume that is in use', async () => {
      const { driver, places } = await subject();
      await driver.createVolume(volume);
      await driver.apply(server(places[0], 'db-1'));

      const second = driver.apply(server(places[1], 'db-2'));

      await assert.rejects(second, /in use by db-1/);
    });

    void it('lets a reader follow the writer, and makes it the writer on the volume of one that was killed', async () => {
      const { driver, places } = await subject();
      await driver.createVolume(volume);
      await driver.apply(server(places[0], 'db-1'));
      await driver.copyVolume('vol-a', 'vol-b');
      await driver.apply(server(places[1], 'db-2', { volumeId: 'vol-b', role: follow(places[0]) }));
      assert.equal((await driver.inspect('db-2'))?.role, 'reader');

      await driver.kill('db-1');
      await driver.apply(server(places[1], 'db-2'));
      await driver.apply(server(places[0], 'db-1', { volumeId: 'vol-b', role: follow(places[1]) }));

      const [promoted, returned] = [await driver.inspect('db-2'), await driver.inspect('db-1')];
      assert.deepEqual([promoted?.role, promoted?.volumeId], ['writer', 'vol-a']);
      assert.deepEqual([returned?.role, returned?.volumeId], ['reader', 'vol-b']);
      assert.equal(returned?.replication?.writerAddress, places[1].address);
    });

    void it('tells of a server that ended, and starts it again on its volume', async () => {
      const { driver, places } = await subject();
      await driver.createVolume(volume);
      await driver.apply(server(places[0], 'db-1'));
      const heard = new Promise<string>((resolve) => void driver.watch(resolve));

      await driver.kill('db-1');

      assert.equal(await heard, 'db-1');
      assert.equal((await driver.inspect('db-1'))?.isRunning, false);
      await driver.apply(server(places[0], 'db-1'));
      assert.equal((await driver.inspect('db-1'))?.isAccepting, true);
    });

    void it('forgets servers and volumes, and forgetting twice is forgetting once', async () => {
      const { driver, places } = await subject();
      await driver.createVolume(volume);
      await driver.apply(server(places[0], 'db-1'));
      await assert.rejects(driver.destroyVolume('vol-a'), /in use by db-1/);

      await driver.stop('db-1');
      await driver.destroy('db-1');
      await driver.destroy('db-1');
      await driver.destroyVolume('vol-a');
      await driver.destroyVolume('vol-a');

      assert.equal(await driver.inspect('db-1'), undefined);
      assert.deepEqual([await driver.list(), await driver.listVolumes()], [[], []]);
    });
  });
}
