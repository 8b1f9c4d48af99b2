import assert from 'node:assert/strict';
import { memoryDatabase, type MemoryDatabase } from '#/drivers/database/memory.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { memoryMachine } from '#/drivers/machine/memory.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { memoryNetwork } from '#/drivers/network/memory.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import type { Calls } from '#/services/contract.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { rdsService } from '#/services/rds/service.ts';
import { Store } from '#/store/store.ts';

/** A region in memory with EC2's networks and RDS, in time of its own. */
export interface SimRds {
  readonly region: Region;
  readonly store: Store;
  readonly call: Calls;
  readonly database: MemoryDatabase;
  readonly names: ReturnType<typeof memoryNames>;
  readonly subnetIds: readonly string[];
  /** Lets time pass, timer by timer, until this holds. Fails after five minutes of the region's time. */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  /** Ends the region process and starts another on the same store and data plane. */
  restart(): Promise<void>;
}

/** Makes the region with a VPC of two subnets in two zones and the DB subnet group `inventory-db`. */
export async function simRds(): Promise<SimRds> {
  const clock = new VirtualClock();
  const store = new Store(':memory:', clock);
  const database = memoryDatabase({ clock });
  const names = memoryNames();
  const network = memoryNetwork();
  const machine = memoryMachine({ clock, random: seededRandom(5) });
  const account = '123456789012';
  function build(): Region {
    return createRegion({
      store,
      clock,
      random: seededRandom(11 + store.kinds().length),
      region: 'eu-west-3',
      account,
      publicPool: '198.18.7.0/24',
      // These services use these four only.
      drivers: { network, machine, names, database } as unknown as Drivers,
      services: (dependencies) => [ec2Service(dependencies), rdsService(dependencies)],
    });
  }
  let region = build();
  region.runtime.start();
  const call = region.callAs(servicePrincipal(account));
  const VpcId = call.ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId ?? '';
  const subnetIds = ['a', 'b'].map(
    (zone, index) =>
      call.ec2.CreateSubnet({
        VpcId,
        CidrBlock: `10.0.${index}.0/24`,
        AvailabilityZone: `eu-west-3${zone}`,
      }).Subnet?.SubnetId ?? '',
  );
  call.rds.CreateDBSubnetGroup({
    DBSubnetGroupName: 'Inventory-DB',
    DBSubnetGroupDescription: 'databases',
    SubnetIds: subnetIds,
  });
  return {
    get region() {
      return region;
    },
    store,
    call,
    database,
    names,
    subnetIds,
    async until(what, holds) {
      const deadline = clock.now() + 300_000;
      while (!(await holds())) {
        assert.ok(clock.now() < deadline, `in time: ${what}`);
        await new Promise((resolve) => setImmediate(resolve));
        if (region.runtime.idle || clock.waiting > 0) clock.step();
      }
    },
    async restart() {
      const ended = region.runtime.stop();
      while (!region.runtime.idle) {
        clock.step();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await ended;
      region = build();
      region.runtime.start();
    },
  };
}

/** Time that jumps to the next timer when nothing else can move. */
