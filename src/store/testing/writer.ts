// A process that writes transactions of two records until it is killed, and says each number when it is done.
import { writeSync } from 'node:fs';
import { systemClock } from '#/lib/clock.ts';
import { resourceType } from '#/store/resource.ts';
import { Store } from '#/store/store.ts';

const type = resourceType('Test::Thing');
const store = new Store(process.argv[2] ?? ':memory:', systemClock);
for (let number = 1; number <= 1_000_000; number += 1) {
  store.transaction(() => {
    const spec = { size: number, owners: [] };
    for (const half of ['left', 'right'])
      store.create(type, { id: `${number}-${half}`, spec, status: { state: 'new' } });
  });
  writeSync(1, `${number}\n`);
}
