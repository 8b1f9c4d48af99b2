import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamesDriver, NamesView } from '#/drivers/names/driver.ts';

const view: NamesView = {
  id: 'vpc-1',
  records: [{ name: 'a.example.com', ttlSeconds: 5, data: { type: 'A', addresses: ['10.0.0.5'] } }],
};

/** What every names driver does alike. */
export function namesConformance(name: string, create: () => NamesDriver): void {
  test(`${name}: a view that was applied twice is listed once`, async () => {
    const names = create();

    await names.apply(view);
    await names.apply({ ...view, records: [] });

    assert.deepEqual(await names.list(), ['vpc-1']);
    await names.destroyAll();
  });

  test(`${name}: a removed view is gone, and removing it again is no error`, async () => {
    const names = create();
    await names.apply(view);

    await names.remove('vpc-1');
    await names.remove('vpc-1');

    assert.deepEqual(await names.list(), []);
    await names.destroyAll();
  });
}
