import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { memoryBalancer } from '#/drivers/balancer/memory.ts';
import { memoryMachine, type MemoryMachineDriver } from '#/drivers/machine/memory.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { memoryNetwork, type MemoryNetwork } from '#/drivers/network/memory.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { seededRandom } from '#/lib/random.ts';
import type { AnyService, Calls, Dependencies } from '#/services/contract.ts';
import { publicImages } from '#/services/ec2/image/catalog.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { Store } from '#/store/store.ts';

/** A region with EC2's computing half, one VPC with two subnets in two zones, and time that a test moves. */
export interface ComputeSimulation {
  readonly region: Region;
  readonly call: Calls;
  readonly clock: VirtualClock;
  readonly machines: MemoryMachineDriver;
  readonly network: MemoryNetwork;
  /** Private addresses whose application answers health checks wrongly. */
  readonly brokenAddresses: Set<string>;
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
  const machines = memoryMachine({ clock, random, bootMs: 0 });
  const brokenAddresses = new Set<string>();
  const balancer = memoryBalancer({ clock, isHealthy: ({ address }) => !brokenAddresses.has(address) });
  const network = memoryNetwork();
  // The drivers that these services use.
  const drivers = { machine: machines, network, balancer, names: memoryNames() } as unknown as Drivers;
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

  /** Attempts resolve promises of their own; one that still runs after these turns waits for time to pass. */
  async function calm(): Promise<void> {
    for (let turns = 0, idle = 0; turns < 40 && idle < 3; turns += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      idle = region.runtime.idle ? idle + 1 : 0;
    }
    if (failures.length > 0) throw new Error('a controller failed', { cause: failures[0] });
  }

  async function advance(ms: number): Promise<void> {
    const until = clock.now() + ms;
    await calm();
    while (clock.step(until)) await calm();
  }

  return {
    region,
    call,
    clock,
    machines,
    brokenAddresses,
    network,
    imageId: publicImages('eu-west-3')[0]?.amiId ?? '',
    vpcId,
    subnetIds,
    settle: () => advance(0),
    advance,
    async stop() {
      await region.runtime.stop();
      store.close();
    },
  };
}
