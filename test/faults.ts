import type { Drivers } from '#/drivers/drivers.ts';

/** One call of a driver's verb, as the faults see it. */
export interface DriverCall {
  readonly driver: keyof Drivers;
  readonly verb: string;
  /** Counted over all drivers from 1. */
  readonly number: number;
}

/** `before`: it fails and nothing was done. `after`: it was done, and the answer got lost. */
export type Fault = 'before' | 'after';

/** Says whether a call fails, and how. */
export type Faults = (call: DriverCall) => Fault | undefined;

/** Drivers that fail as they are told, and whose answers nobody gets any more once they are cut off. */
export interface FaultyDrivers {
  readonly drivers: Drivers;
  /** The process that used these drivers is dead: what it began goes on, but its answers reach nobody. */
  cutOff(): void;
}

const immediate = new Set(['namespaceOf', 'images']);

/** Wraps every verb of every driver. `count` numbers the calls, also over several lives of one region. */
export function faultyDrivers(drivers: Drivers, faults: Faults, count: () => number): FaultyDrivers {
  let isCutOff = false;
  const never = new Promise<never>(() => {});

  async function perform(call: DriverCall, act: () => Promise<unknown>): Promise<unknown> {
    if (isCutOff) return never;
    const fault = faults(call);
    if (fault === 'before') throw new Error(`${call.driver}.${call.verb} fails (call ${call.number})`);
    const result = await act().catch((error: unknown) => (isCutOff ? never : Promise.reject(error)));
    if (isCutOff) return never;
    if (fault === 'after')
      throw new Error(`the answer of ${call.driver}.${call.verb} got lost (call ${call.number})`);
    return result;
  }

  function wrap<Name extends keyof Drivers>(name: Name): Drivers[Name] {
    return new Proxy(drivers[name], {
      get(target, verb, receiver): unknown {
        const member: unknown = Reflect.get(target, verb, receiver);
        if (typeof member !== 'function' || typeof verb !== 'string' || immediate.has(verb)) return member;
        if (verb === 'watch') {
          return (listener: (id: string) => void) =>
            (member as Drivers['machine']['watch'])((id) => {
              if (!isCutOff) listener(id);
            });
        }
        return (...args: unknown[]) =>
          // All other verbs of the contracts answer a promise.
          perform(
            { driver: name, verb, number: count() },
            () => member.apply(target, args) as Promise<unknown>,
          );
      },
    });
  }

  return {
    drivers: {
      network: wrap('network'),
      machine: wrap('machine'),
      balancer: wrap('balancer'),
      database: wrap('database'),
      names: wrap('names'),
      objects: wrap('objects'),
    },
    cutOff() {
      isCutOff = true;
    },
  };
}
