// Many lives: users who do anything at any moment, a data plane that breaks and lies, a process that dies. Then all is
// left alone, and must come to rest with nothing lost, nothing left over, and nothing back from the dead.
// SEED=8 repeats one life; SNOWGLOBE_LIVES=1000 lives many.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '#/lib/random.ts';
import { differences, inconsistencies, History, unrest } from './invariants.ts';
import { simRegion, type SimRegion } from './sim-region.ts';
import { makeNetwork, makeSmallSystem, makeTemplates, type SmallNetwork } from './small-system.ts';
import { actOnce, breakOnce } from './users.ts';

const actionsPerLife = 120;
const crashesPerLife = 2;
/** Of a thousand driver calls, how many fail while the life lasts. */
const faultsPerMille = 40;

const { SEED, SNOWGLOBE_LIVES = '20' } = process.env;
const seeds =
  SEED === undefined
    ? Array.from({ length: Number(SNOWGLOBE_LIVES) }, (_, index) => index + 1)
    : [Number(SEED)];

for (const seed of seeds) {
  test(`life ${seed} ends well`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snowglobe-life-'));
    try {
      await live(seed, join(folder, 'region.db'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

async function live(seed: number, file: string): Promise<void> {
  const random = seededRandom(seed * 7919);
  let isRough = false;
  const sim = simRegion({
    seed,
    file,
    faults() {
      if (!isRough || random.int(1_000) >= faultsPerMille) return undefined;
      return random.int(2) === 0 ? 'before' : 'after';
    },
  });
  const history = new History();
  history.watch(sim.store);
  const network = begin(sim, seed);
  const user = { sim, network, random };
  const diary: string[] = [];
  isRough = true;
  for (let number = 0; number < actionsPerLife; number += 1) {
    diary.push(random.int(10) === 0 ? await breakOnce(user) : actOnce(user));
    if (random.int(actionsPerLife) < crashesPerLife) {
      diary.push('the region crashes');
      await sim.crash();
      history.watch(sim.store);
    }
    await passSomeTime(sim, random.int(8));
  }
  isRough = false;
  sim.world.sick.clear();
  await sim.settle('the region rests', () => unrest(sim).length === 0, 1_800_000).catch(() => {});
  await sim.advance(300_000);

  const last = sim.failures.at(-1);
  const trouble = [
    ...unrest(sim),
    ...(await differences(sim)),
    ...inconsistencies(sim, history),
    ...history.violations,
    ...(last && unrest(sim).length > 0
      ? [`last failure: ${last.kind} ${last.id} ${String(last.error)}`]
      : []),
  ];
  assert.deepEqual(trouble, [], `life ${seed} (replay with SEED=${seed}): ${diary.join('; ')}`);
  await sim.close();
}

/** Some begin with a system that serves, some with an empty network. */
function begin(sim: SimRegion, seed: number): SmallNetwork {
  if (seed % 2 === 0) return makeSmallSystem(sim);
  const network = makeNetwork(sim);
  makeTemplates(sim, network);
  return network;
}

/** From a moment to minutes: a few timers, also none, so that users act in the middle of things. */
async function passSomeTime(sim: SimRegion, steps: number): Promise<void> {
  for (let step = 0; step < steps ** 2; step += 1) {
    await sim.rest();
    sim.clock.step();
  }
}
