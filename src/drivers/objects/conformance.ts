import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ObjectsDriver } from '#/drivers/objects/driver.ts';

const streamOf = (content: string): Readable => Readable.from([Buffer.from(content)]);

/** What every objects driver does alike. */
export function objectsConformance(name: string, create: () => ObjectsDriver): void {
  test(`${name}: what was written is read back, whole and in part`, async () => {
    const objects = create();

    const written = await objects.write('a', streamOf('snowglobe'));

    assert.equal(written.sizeBytes, 9);
    assert.equal(written.checksums.SHA1, 'hfKpGFpOPvISfZ0KTExjFa3HoKw=');
    assert.equal(await text(await objects.read('a', 0, 9)), 'snowglobe');
    assert.equal(await text(await objects.read('a', 4, 6)), 'gl');
    await objects.destroyAll();
  });

  test(`${name}: parts are joined in the order given`, async () => {
    const objects = create();
    await objects.write('p1', streamOf('snow'));
    await objects.write('p2', streamOf('globe'));

    const whole = await objects.concatenate('whole', ['p1', 'p2']);
    const again = await objects.write('again', streamOf('snowglobe'));

    assert.deepEqual(whole, again);
    await objects.destroyAll();
  });

  test(`${name}: a stream that breaks leaves nothing behind`, async () => {
    const objects = create();
    const broken = new Readable({
      read() {
        this.push(Buffer.from('half'));
        this.destroy(new Error('the client went away'));
      },
    });

    await assert.rejects(objects.write('b', broken), /went away/);

    assert.deepEqual(await objects.list(), []);
    await objects.destroyAll();
  });

  test(`${name}: removing twice is no error, reading what is not there is one`, async () => {
    const objects = create();
    await objects.write('c', streamOf('c'));

    await objects.remove('c');
    await objects.remove('c');

    await assert.rejects(objects.read('c', 0, 1), /no blob/);
    await objects.destroyAll();
  });
}
