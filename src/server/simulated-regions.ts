import { rmSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { openRegion, type OpenOptions, type OpenRegion } from '#/server/open-region.ts';
import type { Region } from '#/region.ts';

/** How long a call waits for a simulation to settle that may never do so, in milliseconds. */
const settleLimitMs = 500;

/**
 * The regions of a simulated account: its home, and each other one from the first call that is signed for it. The
 * others live in the process only. The real data plane is one region of one machine and has none of this.
 */
export class SimulatedRegions {
  readonly #options: OpenOptions;
  #home: OpenRegion;
  readonly #others = new Map<string, OpenRegion>();

  constructor(options: OpenOptions, home: OpenRegion) {
    this.#options = options;
    this.#home = home;
  }

  get home(): OpenRegion {
    return this.#home;
  }

  /** The region of that name; what is not named as a region is the home, too. */
  named(regionName: string): OpenRegion {
    if (regionName === this.#home.region.name || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(regionName))
      return this.#home;
    const known = this.#others.get(regionName);
    if (known) return known;
    const { settings } = this.#options;
    const made = openRegion({
      ...this.#options,
      settings: { ...settings, regionName },
      databaseFile: ':memory:',
      home: this.#home,
    });
    this.#others.set(regionName, made);
    made.region.runtime.start();
    return made;
  }

  /** Forgets everything that the account has, in all its regions, and starts the home anew. */
  async reset(): Promise<void> {
    const { objects } = this.#home.drivers;
    await this.close();
    for (const blob of await objects.list()) await objects.remove(blob);
    for (const suffix of ['', '-wal', '-shm']) rmSync(this.#options.databaseFile + suffix, { force: true });
    this.#home = openRegion(this.#options);
    this.#home.region.runtime.start();
  }

  /** Ends the controllers of all regions and closes their stores; the home's can be opened again. */
  async close(): Promise<void> {
    const regions = [this.#home, ...this.#others.values()];
    this.#others.clear();
    for (const { region } of regions) await region.runtime.stop();
    for (const { store } of regions) store.close();
  }

  /** Waits until the region's controllers have nothing to do at once: an instant simulation answers after that. */
  async settle({ runtime }: Region): Promise<void> {
    if (this.#options.settings.instant !== true) return;
    const deadline = performance.now() + settleLimitMs;
    while (!runtime.idle && performance.now() < deadline) await turn();
  }
}
