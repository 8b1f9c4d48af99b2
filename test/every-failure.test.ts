// Every place where the data plane can fail is made to fail once: the same story, with the Nth driver call failing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#/lib/random.ts';
import type { DriverCall, Fault } from './faults.ts';
import { nothing, simRegion } from './sim-region.ts';
import { deleteSmallSystem, makeSmallSystem, settled } from './small-system.ts';

/** The first calls all fail in turn; of the rest, a sample does. */
const coveredFirst = 100;
const sampled = 60;

interface Ending {
  /** What failed; undefined when the story made fewer calls. */
  readonly failed: DriverCall | undefined;
  readonly calls: number;
}

/** Makes the system, fails its writer over, deletes it; throws when it does not end as it should. */
async function story(fails: number, fault: Fault): Promise<Ending> {
  let failed: DriverCall | undefined;
  const sim = simRegion({
    faults(call) {
      if (call.number !== fails) return undefined;
      failed = call;
      return fault;
    },
  });
  try {
    const system = makeSmallSystem(sim);
    await settled(sim, system, { maxMs: 300_000 });
    const { machines, balancers, servers, volumes, networks } = await sim.inventory();
    assert.deepEqual(
      [networks, machines, balancers, servers, volumes].map(({ length }) => length),
      [1, 2, 2, 2, 2],
      'one of each that was wished for',
    );
    sim.call.rds.FailoverDBCluster({ DBClusterIdentifier: 'data' });
    await sim.advance(1_000);
    await settled(sim, system, { maxMs: 300_000 });
    await deleteSmallSystem(sim, system);
    await sim.advance(180_000); // the collector has been round
    assert.deepEqual(await sim.inventory(), nothing, 'nothing is left');
    return { failed, calls: sim.driverCalls };
  } catch (cause) {
    throw new Error(
      `call ${fails} ${failed ? `(${failed.driver}.${failed.verb})` : ''} failing ${fault} its effect is not survived`,
      { cause },
    );
  } finally {
    await sim.close();
  }
}

for (const fault of ['before', 'after'] as const) {
  test(`the region survives the failure of any driver call ${fault} its effect`, async () => {
    const { calls } = await story(0, fault);
    const random = seededRandom(25);
    const first = Array.from({ length: Math.min(coveredFirst, calls) }, (_, index) => index + 1);
    const others = Array.from({ length: sampled }, () => coveredFirst + 1 + random.int(calls - coveredFirst));
    const verbs = new Set<string>();
    const errors: unknown[] = [];

    for (const number of [...first, ...others]) {
      try {
        const { failed } = await story(number, fault);
        if (failed) verbs.add(`${failed.driver}.${failed.verb}`);
      } catch (error) {
        errors.push(error);
      }
    }

    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} stories end badly`);
    assert.ok(verbs.size > 15, `the failures met ${[...verbs].join(', ')}`);
  });
}
