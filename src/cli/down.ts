import { print, type Command } from '#/cli/command.ts';
import { endRegion, startRegion } from '#/cli/process.ts';
import { requireSettings, siteOf } from '#/server/settings.ts';
import { listDaemons } from '#/drivers/linux/daemon.ts';

export const downCommand: Command = {
  name: 'down',
  summary: 'Stop everything, keep the state',
  usage: '',
  help: 'Stops the balancers, instances and databases cleanly, removes the networks, and ends the region. `up` brings all of it back, with its data.',
  async run({ name }) {
    const settings = requireSettings(name);
    if (await endRegion(name, true)) {
      print(`The region ${name} is down. './snowglobe up' brings it back.`);
      return 0;
    }
    const site = siteOf(settings);
    const isLeft = ['guestd', 'balancer', 'database'].some((kind) => listDaemons(site, kind).length > 0);
    if (!isLeft) {
      print(`The region ${name} is down already.`);
      return 0;
    }
    // The region's process died and left what it runs: it knows best how to stop it.
    await startRegion(name);
    await endRegion(name, true);
    print(`The region ${name} is down. './snowglobe up' brings it back.`);
    return 0;
  },
};
