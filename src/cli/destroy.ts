import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { print, type Command } from '#/cli/command.ts';
import { endRegion } from '#/cli/process.ts';
import { systemClock } from '#/lib/clock.ts';
import { systemRandom } from '#/lib/random.ts';
import { run } from '#/lib/run.ts';
import { createDataPlane, removeCgroups } from '#/server/data-plane.ts';
import { readSettings, siteOf, snowglobeHome } from '#/server/settings.ts';

export const destroyCommand: Command = {
  name: 'destroy',
  summary: 'Remove all traces of the region',
  usage: '[--images]',
  help: 'Ends everything and removes the state: instances, databases, objects. Machine images are kept for the next region unless --images is given.',
  options: { images: { type: 'boolean' } },
  async run({ name, options }) {
    const settings = readSettings(name);
    if (!settings) print(`There is no region ${name}.`);
    else {
      await endRegion(name, false);
      const site = siteOf(settings);
      const { regionName, dataPlane } = settings;
      const drivers = createDataPlane({
        kind: dataPlane,
        site,
        clock: systemClock,
        random: systemRandom,
        regionName,
      });
      // Found by mark, so it works whatever state the region is in.
      for (const driver of [
        drivers.balancer,
        drivers.machine,
        drivers.database,
        drivers.names,
        drivers.network,
        drivers.objects,
      ]) {
        await driver.destroyAll();
      }
      if (dataPlane === 'linux') await removeCgroups(site);
      await run('rm', ['-rf', '--one-file-system', site.stateDir]);
      print(`The region ${name} is gone.`);
    }
    const images = join(snowglobeHome(), 'images');
    if (options['images'] === true && existsSync(images)) {
      await run('rm', ['-rf', '--one-file-system', images], { timeoutMs: 300_000 });
      print('The machine images are gone.');
    }
    return 0;
  },
};
