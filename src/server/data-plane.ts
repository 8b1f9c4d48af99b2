import type { Drivers } from '#/drivers/drivers.ts';
import { linuxBalancer } from '#/drivers/balancer/linux/balancer.ts';
import { memoryBalancer } from '#/drivers/balancer/memory.ts';
import { linuxDatabase } from '#/drivers/database/linux/database.ts';
import { memoryDatabase } from '#/drivers/database/memory.ts';
import { killRegion } from '#/drivers/linux/daemon.ts';
import type { Site } from '#/drivers/linux/site.ts';
import { removeEmptyParents } from '#/drivers/machine/linux/cgroup.ts';
import { linuxMachine } from '#/drivers/machine/linux/machine.ts';
import { memoryMachine } from '#/drivers/machine/memory.ts';
import { linuxNames } from '#/drivers/names/linux/names.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { linuxNetwork } from '#/drivers/network/linux/network.ts';
import { memoryNetwork } from '#/drivers/network/memory.ts';
import { linuxObjects } from '#/drivers/objects/linux/objects.ts';
import type { Clock } from '#/lib/clock.ts';
import type { Random } from '#/lib/random.ts';

export interface DataPlaneOptions {
  readonly kind: 'linux' | 'memory';
  readonly site: Site;
  readonly clock: Clock;
  readonly random: Random;
  /** `eu-west-3` */
  readonly regionName: string;
  /** Simulated machines take no time to boot. */
  readonly bootsAtOnce?: boolean;
}

/** The real data plane, or its twin in memory. Objects are files in both. */
export function createDataPlane({
  kind,
  site,
  clock,
  random,
  regionName,
  bootsAtOnce = false,
}: DataPlaneOptions): Drivers {
  const objects = linuxObjects({ site });
  if (kind === 'memory') {
    return {
      objects,
      network: memoryNetwork(),
      machine: memoryMachine({ clock, random, ...(bootsAtOnce ? { bootMs: 0 } : {}) }),
      balancer: memoryBalancer({ clock, isHealthy: () => true }),
      database: memoryDatabase({ clock }),
      names: memoryNames(),
    };
  }
  return {
    objects,
    network: linuxNetwork({ site }),
    machine: linuxMachine({ site, clock }),
    balancer: linuxBalancer({ site, clock }),
    database: linuxDatabase({ site, clock }),
    names: linuxNames({ site, regionName }),
  };
}

/** Removes the region's cgroups on the real data plane, in whatever hierarchy; what still runs in them is killed. */
export async function removeCgroups(site: Site): Promise<void> {
  await killRegion(site);
  removeEmptyParents(site);
}
