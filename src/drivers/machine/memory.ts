import type { Machine, MachineDriver, MachineMetadata, ObservedMachine } from '#/drivers/machine/driver.ts';
import { sleep, type Clock } from '#/lib/clock.ts';
import type { Random } from '#/lib/random.ts';

/** Machines for simulations: they boot in the clock's time, end when told, and run nothing. */
export interface MemoryMachineDriver extends MachineDriver {
  /** Ends a machine behind the driver's user's back, as a crash would; one that does not run is left alone. */
  kill(machineId: string, ending?: 'poweroff' | 'reboot' | 'killed'): void;
  /** What the machine's guest would be told now. */
  metadataOf(machineId: string): MachineMetadata | undefined;
}

interface MemoryMachine {
  readonly machine: Machine;
  readonly metadata: MachineMetadata;
  readonly observed: ObservedMachine;
  readonly console: string;
}

/** The twin of `linuxMachine`. A boot takes `bootMs` (200 unless told) and up to half of that more, by chance. */
export function memoryMachine({
  clock,
  random,
  bootMs = 200,
}: {
  readonly clock: Clock;
  readonly random: Random;
  readonly bootMs?: number;
}): MemoryMachineDriver {
  const machines = new Map<string, MemoryMachine>();
  const listeners = new Set<(machineId: string) => void>();

  function require(id: string): MemoryMachine {
    const found = machines.get(id);
    if (found === undefined) throw new Error(`there is no machine ${id}`);
    return found;
  }

  function update(id: string, change: Partial<MemoryMachine>): void {
    machines.set(id, { ...require(id), ...change });
  }

  function end(id: string, ending: 'poweroff' | 'reboot' | 'killed'): boolean {
    const found = machines.get(id);
    if (found?.observed.state !== 'running') return false;
    const word = ending === 'killed' ? '' : `[  OK  ] Reached target ${ending}.target.\n`;
    update(id, { observed: { state: 'stopped', ending }, console: found.console + word });
    return true;
  }

  function tell(id: string): void {
    for (const listener of listeners) listener(id);
  }

  return {
    create(machine) {
      const before = machines.get(machine.id);
      machines.set(machine.id, {
        observed: { state: 'stopped', ending: undefined },
        console: '',
        ...before,
        machine,
        metadata: machine.metadata,
      });
      return Promise.resolve();
    },

    async start(id) {
      if (require(id).observed.state === 'running') return;
      await sleep(clock, bootMs + random.int(Math.floor(bootMs / 2) + 1));
      const { console: before, machine } = require(id); // it may have been destroyed meanwhile
      update(id, {
        observed: { state: 'running', ending: undefined },
        console: `${before}${machine.hostname} boots ${machine.image} in memory\n`,
      });
      tell(id);
    },

    stop(id) {
      end(id, 'poweroff');
      return Promise.resolve();
    },

    destroy(id) {
      machines.delete(id);
      return Promise.resolve();
    },

    inspect: (id) => Promise.resolve(machines.get(id)?.observed),

    list: () => Promise.resolve([...machines.keys()]),

    // oxlint-disable-next-line require-await -- what it throws must reject
    async setMetadata(id, metadata) {
      update(id, { metadata });
    },

    // oxlint-disable-next-line require-await -- what it throws must reject
    async exec(id) {
      if (machines.get(id)?.observed.state !== 'running') throw new Error(`machine ${id} does not run`);
      return { exitCode: 1, stdout: '', stderr: 'this machine exists in memory only: it runs no programs\n' };
    },

    console: (id) => Promise.resolve(machines.get(id)?.console ?? ''),

    images: () => ['al2023-compat'],

    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    destroyAll() {
      machines.clear();
      return Promise.resolve();
    },

    kill(id, ending = 'killed') {
      if (end(id, ending)) tell(id);
    },

    metadataOf: (id) => machines.get(id)?.metadata,
  };
}
