import { systemClock } from '#/lib/clock.ts';
import { databaseConformance } from '#/drivers/database/conformance.ts';
import { memoryDatabase } from '#/drivers/database/memory.ts';

databaseConformance(async () => ({
  // The real clock's timers do not keep the process alive; a start without delay needs none.
  driver: memoryDatabase({
    clock: { now: () => systemClock.now(), after: (_delayMs, callback) => cancelable(callback) },
  }),
  places: [
    { namespace: '/run/netns/a', address: '10.0.0.1' },
    { namespace: '/run/netns/b', address: '10.0.0.2' },
  ],
}));

function cancelable(callback: () => void): () => void {
  const immediate = setImmediate(callback);
  return () => clearImmediate(immediate);
}
