import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import type { Machine, MachineDriver, MachineMetadata, ObservedMachine } from '#/drivers/machine/driver.ts';
import { assert } from '#/lib/assert.ts';
import type { Clock } from '#/lib/clock.ts';
import { resourceId, seededRandom } from '#/lib/random.ts';
import { anyController, trigger, type Controller } from '#/controllers/controller.ts';
import {
  anyType,
  type AnyService,
  type Calls,
  type Dependencies,
  type Service,
} from '#/services/contract.ts';
import { computeParts } from '#/services/ec2/compute.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { publicImages } from '#/services/ec2/image/catalog.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { subnetOperations } from '#/services/ec2/subnet/operations.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
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
  /** Links whose guests do not answer the status check. */
  readonly deafLinks: Set<string>;
  readonly imageId: string;
  readonly vpcId: string;
  readonly groupId: string;
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
  const deafLinks = new Set<string>();
  const network = {
    namespaceOf: (linkId: string) => `/run/netns/${linkId}`,
    probe: async (_networkId: string, linkId: string) => !deafLinks.has(linkId),
  };
  const drivers = { machine: machines, network } as unknown as Drivers; // the verbs that instances use
  const region = createRegion({
    store,
    clock,
    random,
    region: 'eu-west-3',
    account: '123456789012',
    publicPool: '198.18.7.0/24',
    drivers,
    services: (dependencies) => [simulatedEc2(dependencies), ...services(dependencies)],
    onFailure: ({ error }) => failures.push(error),
  });
  const failures: unknown[] = [];
  const vpcId = resourceId('vpc', random);
  const groupId = resourceId('sg', random);
  const subnetIds = [resourceId('subnet', random), resourceId('subnet', random)] as const;
  store.transaction(() => {
    store.create(vpcType, {
      id: vpcId,
      spec: {
        cidrBlocks: [{ associationId: 'vpc-cidr-assoc-1', cidrBlock: '10.0.0.0/16' }],
        isDefault: true,
        instanceTenancy: 'default',
        dhcpOptionsId: 'dopt-1',
        enableDnsSupport: true,
        enableDnsHostnames: true,
        enableNetworkAddressUsageMetrics: false,
      },
      status: { state: 'available', appliedCidrBlocks: ['10.0.0.0/16'] },
    });
    store.create(securityGroupType, {
      id: groupId,
      spec: { vpcId, groupName: 'default', description: 'default VPC security group', rules: [] },
      status: { isApplied: true },
    });
    for (const [index, id] of subnetIds.entries())
      store.create(subnetType, {
        id,
        spec: {
          vpcId,
          cidrBlock: `10.0.${index + 1}.0/24`,
          availabilityZone: `eu-west-3${'ab'[index]}`,
          mapPublicIpOnLaunch: index === 0,
          isDefaultForAz: true,
        },
        status: { state: 'available' },
      });
  });
  region.runtime.start();

  async function settle(): Promise<void> {
    // Attempts resolve promises of their own: idle twice in a row means that none was on its way to enqueue another.
    for (let calm = 0; calm < 3; calm = region.runtime.idle ? calm + 1 : 0)
      await new Promise<void>((resolve) => setImmediate(resolve));
    if (failures.length > 0) throw new Error('a controller failed', { cause: failures[0] });
  }

  return {
    region,
    call: region.callAs(servicePrincipal('123456789012')),
    clock,
    machines,
    deafLinks,
    imageId: publicImages('eu-west-3')[0]?.amiId ?? '',
    vpcId,
    groupId,
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

function simulatedEc2(dependencies: Dependencies): Service<'ec2'> {
  const parts = computeParts(dependencies);
  return {
    name: 'ec2',
    ...parts,
    operations: { ...subnetOperations, ...parts.operations },
    types: [
      ...parts.types,
      anyType(vpcType),
      anyType(subnetType),
      anyType(securityGroupType),
      anyType(networkInterfaceType),
      anyType(eipType),
    ],
    controllers: [...parts.controllers, linkController(dependencies)],
  };
}

/** Stands for the VPC's controller: every interface is linked at once, and let go when it is deleted. */
function linkController({ store }: Dependencies): Controller {
  const controller: Controller<NetworkInterface> = {
    type: networkInterfaceType,
    triggers: [trigger(networkInterfaceType, ({ id }) => [id])],
    async reconcile(networkInterface) {
      if (networkInterface.deleting) store.remove(networkInterface);
      else store.setStatus(networkInterface, { isLinked: true });
      return undefined;
    },
  };
  return anyController(controller);
}
