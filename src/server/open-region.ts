import { chmodSync } from 'node:fs';
import type { Failure } from '#/controllers/runtime.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import type { Site } from '#/drivers/linux/site.ts';
import type { Clock } from '#/lib/clock.ts';
import type { Random } from '#/lib/random.ts';
import { createRegion, type Region } from '#/region.ts';
import { createDataPlane } from '#/server/data-plane.ts';
import { createServices } from '#/server/services.ts';
import type { RegionSettings } from '#/server/settings.ts';
import { ensureDefaultVpc } from '#/services/ec2/vpc/create.ts';
import type { Dependencies } from '#/services/contract.ts';
import { Store } from '#/store/store.ts';

export interface OpenOptions {
  readonly settings: RegionSettings;
  readonly site: Site;
  /** The store's file; `:memory:` for a region that ends with its process. */
  readonly databaseFile: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFailure: (failure: Failure) => void;
  /** The region whose IAM, STS and S3 this one uses, as all regions of an account share them; itself unless told. */
  readonly home?: OpenRegion;
}

/** A region with the store and the data plane that are its own. */
export interface OpenRegion {
  readonly region: Region;
  readonly store: Store;
  readonly drivers: Drivers;
  readonly dependencies: Dependencies;
}

/** Opens a region's store and builds its services. A region that is new gets a default VPC, as AWS gives accounts one. */
export function openRegion({ settings, site, databaseFile, home, ...rest }: OpenOptions): OpenRegion {
  const { clock, random, onFailure } = rest;
  const { regionName, account, publicPool } = settings;
  const store = new Store(databaseFile, clock);
  if (databaseFile !== ':memory:') chmodSync(databaseFile, 0o600); // it holds secrets
  const isNew = store.kinds().length === 0;
  const drivers = createDataPlane({
    kind: settings.dataPlane,
    site,
    clock,
    random,
    regionName,
    bootsAtOnce: settings.instant === true,
  });
  let own: Dependencies | undefined;
  const region = createRegion({
    store,
    clock,
    random,
    region: regionName,
    account,
    publicPool,
    drivers,
    services(dependencies) {
      own = dependencies;
      return createServices(dependencies, {
        global: home?.dependencies,
        imageAliases: settings.imageAliases,
      });
    },
    onFailure,
    ...(home ? { accountWide: { services: accountWideServices, region: home.region } } : {}),
  });
  if (!own) throw new Error('createRegion builds the services at once');
  if (isNew) store.transaction(() => ensureDefaultVpc({ store, random, region: regionName }));
  return { region, store, drivers, dependencies: own };
}

/** Services that an account has once, whatever region is asked. */
const accountWideServices: ReadonlySet<string> = new Set(['iam', 'sts', 's3']);
