import { memoryBalancer, type MemoryBalancer } from '#/drivers/balancer/memory.ts';
import { memoryDatabase, type MemoryDatabase } from '#/drivers/database/memory.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { memoryMachine, type MemoryMachineDriver } from '#/drivers/machine/memory.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { memoryNetwork, type MemoryNetwork } from '#/drivers/network/memory.ts';
import { memoryObjects } from '#/drivers/objects/memory.ts';
import type { Failure } from '#/controllers/runtime.ts';
import type { Clock } from '#/lib/clock.ts';
import { AwsError } from '#/lib/aws-error.ts';
import { seededRandom, type Random } from '#/lib/random.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import { createServices } from '#/server/services.ts';
import type { Calls } from '#/services/contract.ts';
import { Store } from '#/store/store.ts';
import { faultyDrivers, type Faults } from './faults.ts';

const account = '123456789012';

export interface SimOptions {
  readonly seed?: number;
  /** The store's file; in memory unless told. A region that shall survive `crash` needs one. */
  readonly file?: string;
  readonly faults?: Faults;
}

/** The drivers themselves, with what only a simulation can do to them: no fault reaches calls made here. */
export interface World extends Drivers {
  readonly network: MemoryNetwork;
  readonly machine: MemoryMachineDriver;
  readonly balancer: MemoryBalancer;
  readonly database: MemoryDatabase;
  readonly names: ReturnType<typeof memoryNames>;
  /** Addresses whose application does not answer its health check. */
  readonly sick: Set<string>;
}

/** A whole region, all services over the memory drivers, that repeats from its seed. */
export interface SimRegion {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly world: World;
  /** The region as it lives now. */
  readonly region: Region;
  readonly store: Store;
  /** Operations as the account's user calls them. */
  readonly call: Calls;
  /** What controllers threw, oldest first; each was retried. */
  readonly failures: readonly Failure[];
  /** How many calls the drivers got from the region. */
  readonly driverCalls: number;
  /** Lets everything that can happen at this moment happen. */
  rest(): Promise<void>;
  /** Lets time pass, timer by timer, until this holds. Throws when it does not within the time. */
  settle(what: string, until: () => boolean, maxMs?: number): Promise<void>;
  advance(ms: number): Promise<void>;
  /** Repeats a call as a user would while AWS says that something is still in the way. */
  insist<T>(what: string, call: () => T, maxMs?: number): Promise<T>;
  /** Kills the region process and starts another over the same file and data plane. */
  crash(): Promise<void>;
  /** What each driver holds, by the drivers' own lists. */
  inventory(): Promise<Inventory>;
  close(): Promise<void>;
}

export interface Inventory {
  readonly networks: readonly string[];
  readonly machines: readonly string[];
  readonly balancers: readonly string[];
  readonly servers: readonly string[];
  readonly volumes: readonly string[];
  readonly names: readonly string[];
  readonly blobs: readonly string[];
}

export const nothing: Inventory = {
  networks: [],
  machines: [],
  balancers: [],
  servers: [],
  volumes: [],
  names: [],
  blobs: [],
};

/** Builds the region and starts it. */
export function simRegion({
  seed = 1,
  file = ':memory:',
  faults = () => undefined,
}: SimOptions = {}): SimRegion {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const world = createWorld(clock, seededRandom(seed + 1_000_000));
  const failures: Failure[] = [];
  let driverCalls = 0;
  let life = begin();

  function begin() {
    let isAlive = true;
    // A dead process's timers never fire.
    const ownClock: Clock = {
      now: () => clock.now(),
      after: (delayMs, callback) => clock.after(delayMs, () => isAlive && callback()),
    };
    const store = new Store(file, ownClock);
    const plane = faultyDrivers(world, faults, () => (driverCalls += 1));
    const region = createRegion({
      store,
      clock: ownClock,
      random,
      region: 'eu-west-3',
      account,
      publicPool: '198.18.7.0/24',
      drivers: plane.drivers,
      services: createServices,
      onFailure: (failure) => isAlive && failures.push(failure),
    });
    region.runtime.start();
    function die(): void {
      isAlive = false;
      plane.cutOff();
      store.close();
    }
    return { store, region, die };
  }

  async function settle(what: string, until: () => boolean, maxMs = 600_000): Promise<void> {
    const limit = clock.now() + maxMs;
    for (;;) {
      await rest();
      if (until()) return;
      if (!clock.step(limit)) throw unsettled(what, failures);
    }
  }

  async function advance(ms: number): Promise<void> {
    const until = clock.now() + ms;
    await rest();
    while (clock.step(until)) await rest();
  }

  return {
    clock,
    random,
    world,
    get region() {
      return life.region;
    },
    get store() {
      return life.store;
    },
    get call() {
      return life.region.callAs(servicePrincipal(account));
    },
    failures,
    get driverCalls() {
      return driverCalls;
    },
    rest,
    settle,
    advance,
    async insist(what, call, maxMs) {
      const answers: ReturnType<typeof call>[] = [];
      let refusal: AwsError | undefined;
      await settle(
        what,
        () => {
          try {
            answers.push(call());
            return true;
          } catch (error) {
            if (!(error instanceof AwsError)) throw error;
            refusal = error;
            return false;
          }
        },
        maxMs,
      ).catch((cause: unknown) => {
        throw new Error(`${what} is refused: ${refusal?.code} ${refusal?.message}`, { cause });
      });
      // `settle` ends only after an answer.
      return answers[0] as ReturnType<typeof call>;
    },
    async crash() {
      life.die();
      life = begin();
      await rest();
    },
    async inventory() {
      return {
        networks: await world.network.list(),
        machines: await world.machine.list(),
        balancers: await world.balancer.list(),
        servers: await world.database.list(),
        volumes: await world.database.listVolumes(),
        names: await world.names.list(),
        blobs: await world.objects.list(),
      };
    },
    async close() {
      life.die();
      await rest();
    },
  };
}

async function rest(): Promise<void> {
  // The drivers wait for the clock only: whatever else they answer comes before the next macrotask.
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function createWorld(clock: VirtualClock, random: Random): World {
  const sick = new Set<string>();
  return {
    sick,
    network: memoryNetwork(),
    machine: memoryMachine({ clock, random }),
    balancer: memoryBalancer({ clock, isHealthy: ({ address }) => !sick.has(address) }),
    database: memoryDatabase({ clock }),
    names: memoryNames(),
    objects: memoryObjects(),
  };
}

function unsettled(what: string, failures: readonly Failure[]): Error {
  const last = failures.at(-1);
  const hint = last === undefined ? '' : ` (last failure: ${last.kind} ${last.id}, attempt ${last.attempt})`;
  return new Error(`in time: ${what}${hint}`, { cause: last?.error });
}
