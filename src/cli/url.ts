import { askOverview } from '#/cli/client.ts';
import { print, printJson, type Command } from '#/cli/command.ts';

export const urlCommand: Command = {
  name: 'url',
  summary: 'An address of a load balancer that works from this host',
  usage: '[NAME]',
  help: "Prints an address for each zone in which the balancer serves. NAME is a balancer's name; the only one when left out.",
  async run({ name, json, args }) {
    const { loadBalancers } = await askOverview(name);
    const wanted = args[0];
    const found =
      wanted === undefined && loadBalancers.length === 1
        ? loadBalancers[0]
        : loadBalancers.find((one) => one.name === wanted);
    if (!found) {
      const names = loadBalancers.map((one) => one.name).join(', ') || 'none';
      throw new Error(
        wanted === undefined
          ? `say which load balancer: ${names}`
          : `there is no load balancer ${wanted}; there are: ${names}`,
      );
    }
    const urls = found.addresses.map((address) => `http://${address}/`);
    if (urls.length === 0)
      throw new Error(`the load balancer ${found.name} has no public address in service (${found.state})`);
    if (json) printJson({ name: found.name, dnsName: found.dnsName, urls });
    else for (const url of urls) print(url);
    return 0;
  },
};
