import type { Drivers } from '#/drivers/drivers.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { memoryMachine } from '#/drivers/machine/memory.ts';
import { memoryNetwork, type MemoryNetwork } from '#/drivers/network/memory.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import type { Caller } from '#/services/contract.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { Store } from '#/store/store.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** A region in memory whose time stands still, for the tests of EC2's networking. */
export interface SimEc2 {
  readonly store: Store;
  readonly region: Region;
  readonly ec2: Caller<Ec2Api>;
  readonly network: SimNetwork;
  readonly names: ReturnType<typeof memoryNames>;
  /** Starts the controllers. Before, operations only write wishes. */
  start(): Promise<void>;
  /** Waits until no controller has anything to do now. */
  settle(): Promise<void>;
  /** Lets time pass, then settles. */
  advance(ms: number): Promise<void>;
}

/** The network driver's twin, which can be held up. */
export interface SimNetwork extends MemoryNetwork {
  /** How often networks were applied. */
  applyCount(): number;
  /** Applying waits for this from now on. */
  holdUp(until: Promise<void>): void;
}

/** A region of eu-west-3 with a public pool of `publicPool`. */
export function simEc2({ publicPool = '198.18.7.0/24' }: { publicPool?: string } = {}): SimEc2 {
  const clock = new VirtualClock();
  const store = new Store(':memory:', clock);
  const network = simNetwork();
  const names = memoryNames();
  const account = '123456789012';
  const random = seededRandom(7);
  const region = createRegion({
    store,
    clock,
    random,
    region: 'eu-west-3',
    account,
    publicPool,
    // EC2 uses these only.
    drivers: { network, names, machine: memoryMachine({ clock, random }) } as unknown as Drivers,
    services: (dependencies) => [ec2Service(dependencies)],
    onFailure: ({ error }) => {
      throw new Error('a controller failed', { cause: error });
    },
  });
  async function settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (!region.runtime.idle);
  }
  return {
    store,
    region,
    ec2: region.callAs(servicePrincipal(account)).ec2,
    network,
    names,
    async start() {
      region.runtime.start();
      await settle();
    },
    settle,
    async advance(ms) {
      clock.advance(ms);
      await settle();
    },
  };
}

function simNetwork(): SimNetwork {
  const memory = memoryNetwork();
  let applyCount = 0;
  let held: Promise<void> = Promise.resolve();
  return {
    ...memory,
    applyCount: () => applyCount,
    holdUp(until) {
      held = until;
    },
    async apply(wanted) {
      await held;
      applyCount += 1;
      await memory.apply(wanted);
    },
  };
}

/** Makes a VPC of 10.0.0.0/16 with one subnet, 10.0.1.0/24, in the first zone. */
export function makeNetwork({ ec2 }: SimEc2): { readonly vpcId: string; readonly subnetId: string } {
  const vpcId = ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId ?? '';
  const subnet = ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet;
  return { vpcId, subnetId: subnet?.SubnetId ?? '' };
}

/** Makes an Internet gateway and attaches it. */
export function attachGateway({ ec2 }: SimEc2, vpcId: string): string {
  const id = ec2.CreateInternetGateway({}).InternetGateway?.InternetGatewayId ?? '';
  ec2.AttachInternetGateway({ InternetGatewayId: id, VpcId: vpcId });
  return id;
}
