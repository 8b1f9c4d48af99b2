import type { BalancerDriver } from '#/drivers/balancer/driver.ts';
import type { DatabaseDriver } from '#/drivers/database/driver.ts';
import type { MachineDriver } from '#/drivers/machine/driver.ts';
import type { NamesDriver } from '#/drivers/names/driver.ts';
import type { NetworkDriver } from '#/drivers/network/driver.ts';
import type { ObjectsDriver } from '#/drivers/objects/driver.ts';

/** The data plane: the contracts that controllers act through. `main.ts` picks the implementations. */
export interface Drivers {
  readonly network: NetworkDriver;
  readonly machine: MachineDriver;
  readonly balancer: BalancerDriver;
  readonly database: DatabaseDriver;
  readonly names: NamesDriver;
  readonly objects: ObjectsDriver;
}
