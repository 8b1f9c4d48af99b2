import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import type { Machine, MachineDriver, MachineMetadata, ObservedMachine } from '#/drivers/machine/driver.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { memoryNetwork, type MemoryNetwork } from '#/drivers/network/memory.ts';
import { assert } from '#/lib/assert.ts';
import type { Clock } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import type { AnyService, Calls, Dependencies } from '#/services/contract.ts';
import { publicImages } from '#/services/ec2/image/catalog.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { Store } from '#/store/store.ts';

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #now = Date.UTC(2026, 0, 31, 12, 0, 0);
  readonly #timers = new Set<{ readonly dueAt: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves to the next timer that is due by `until` and calls it; false when there is none, and time is `until`. */
  step(until: number): boolean {
    const [next] = [...this.#timers]
      .filter(({ dueAt }) => dueAt <= until)
      .toSorted((a, b) => a.dueAt - b.dueAt);
    if (!next) {
      this.#now = Math.max(this.#now, until);
      return false;
    }
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.dueAt);
    next.callback();
    return true;
  }
}

/** Machines that exist in memory only: enough of the contract for what a group or an instance does with them. */
export class SimulatedMachines implements Pick<
  MachineDriver,
  'create' | 'start' | 'stop' | 'destroy' | 'inspect' | 'list' | 'setMetadata' | 'console' | 'watch'
> {
  readonly machines = new Map<string, { machine: Machine; observed: ObservedMachine; boots: number }>();
  readonly metadata = new Map<string, MachineMetadata>();
  readonly #listeners = new Set<(machineId: string) => void>();

  async create(machine: Machine): Promise<void> {
    if (this.machines.has(machine.id)) return;
    this.machines.set(machine.id, { machine, observed: { state: 'stopped', ending: undefined }, boots: 0 });
  }

  async start(machineId: string): Promise<void> {
    const found = this.machines.get(machineId);
    assert(found, `${machineId} was created`);
    if (found.observed.state === 'running') return;
    found.observed = { state: 'running', ending: undefined };
    found.boots += 1;
  }

  async stop(machineId: string): Promise<void> {
    const found = this.machines.get(machineId);
    if (found?.observed.state === 'running') found.observed = { state: 'stopped', ending: 'poweroff' };
  }

  async destroy(machineId: string): Promise<void> {
    this.machines.delete(machineId);
  }

  async inspect(machineId: string): Promise<ObservedMachine | undefined> {
    return this.machines.get(machineId)?.observed;
  }

  async list(): Promise<readonly string[]> {
    return [...this.machines.keys()];
  }

  async setMetadata(machineId: string, metadata: MachineMetadata): Promise<void> {
    this.metadata.set(machineId, metadata);
  }

  async console(machineId: string): Promise<string> {
    return `Welcome to ${machineId}\n`;
  }

  watch(listener: (machineId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The machine ends by itself. */
  end(machineId: string, ending: ObservedMachine['ending']): void {
    const found = this.machines.get(machineId);
    assert(found, `${machineId} is there`);
    found.observed = { state: 'stopped', ending };
    for (const listener of this.#listeners) listener(machineId);
  }
}

/** A region with EC2's computing half, one VPC with two subnets in two zones, and time that a test moves. */
export interface ComputeSimulation {
  readonly region: Region;
  readonly call: Calls;
  readonly clock: VirtualClock;
  readonly machines: SimulatedMachines;
  readonly network: MemoryNetwork;
  readonly imageId: string;
  readonly vpcId: string;
  readonly subnetIds: readonly [string, string];
  /** Lets everything that can happen now happen. */
  settle(): Promise<void>;
  /** Moves time on, letting everything on the way happen. */
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Builds the region and starts it; `services` adds others that a test needs. */
export async function simulateCompute(
  services: (dependencies: Dependencies) => readonly AnyService[] = () => [],
): Promise<ComputeSimulation> {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const store = new Store(':memory:', clock);
  const machines = new SimulatedMachines();
  const network = memoryNetwork();
  // The verbs that EC2 uses.
  const drivers = { machine: machines, network, names: memoryNames() } as unknown as Drivers;
  const region = createRegion({
    store,
    clock,
    random,
    region: 'eu-west-3',
    account: '123456789012',
    publicPool: '198.18.7.0/24',
    drivers,
    services: (dependencies) => [ec2Service(dependencies), ...services(dependencies)],
    onFailure: ({ error }) => failures.push(error),
  });
  const failures: unknown[] = [];
  const call = region.callAs(servicePrincipal('123456789012'));
  const vpcId = call.ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId ?? '';
  call.ec2.ModifyVpcAttribute({ VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  const subnetIds = [makeSubnet('a', 1), makeSubnet('b', 2)] as const;
  call.ec2.ModifySubnetAttribute({ SubnetId: subnetIds[0], MapPublicIpOnLaunch: { Value: true } });
  region.runtime.start();

  function makeSubnet(letter: string, number: number): string {
    const subnet = call.ec2.CreateSubnet({
      VpcId: vpcId,
      CidrBlock: `10.0.${number}.0/24`,
      AvailabilityZone: `eu-west-3${letter}`,
    }).Subnet;
    return subnet?.SubnetId ?? '';
  }

  async function settle(): Promise<void> {
    // Attempts resolve promises of their own: idle twice in a row means that none was on its way to enqueue another.
    for (let calm = 0; calm < 3; calm = region.runtime.idle ? calm + 1 : 0)
      await new Promise<void>((resolve) => setImmediate(resolve));
    if (failures.length > 0) throw new Error('a controller failed', { cause: failures[0] });
  }

  return {
    region,
    call,
    clock,
    machines,
    network,
    imageId: publicImages('eu-west-3')[0]?.amiId ?? '',
    vpcId,
    subnetIds,
    settle,
    async advance(ms) {
      const until = clock.now() + ms;
      await settle();
      while (clock.step(until)) await settle();
      await settle();
    },
    async stop() {
      await region.runtime.stop();
      store.close();
    },
  };
}
