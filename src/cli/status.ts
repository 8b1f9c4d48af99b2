import { askOverview, isRunning } from '#/cli/client.ts';
import { print, printJson, renderTable, type Command } from '#/cli/command.ts';
import { allSettings, readSettings } from '#/server/settings.ts';
import type { Overview } from '#/server/overview.ts';

export const statusCommand: Command = {
  name: 'status',
  summary: 'What runs: stacks, balancers, targets, instances, databases',
  usage: '',
  help: 'Shows the region and what runs in it. Exit code 3 when the region is not running.',
  async run({ name, json }) {
    const settings = readSettings(name);
    if (!settings || !(await isRunning(name))) {
      const others = allSettings().map((one) => one.name);
      if (json) printJson({ region: settings ?? null, running: false, regions: others });
      else
        print(
          settings
            ? `The region ${name} is not running.`
            : `There is no region ${name}. './snowglobe up' makes it.`,
        );
      return 3;
    }
    const overview = await askOverview(name);
    if (json) printJson({ running: true, ...overview });
    else print(renderOverview(overview));
    return 0;
  },
};

/** The overview as a person reads it. */
export function renderOverview({
  region,
  pid,
  stacks,
  loadBalancers,
  groups,
  instances,
  databases,
}: Overview): string {
  const blocks = [
    `Region ${region.name}: ${region.regionName}, ${region.dataPlane} data plane, http://127.0.0.1:${region.port}, process ${pid}`,
  ];
  if (stacks.length > 0)
    blocks.push(
      renderTable(
        ['STACK', 'STATUS'],
        stacks.map(({ name, status }) => [name, status]),
      ),
    );
  for (const { name, state, dnsName, addresses, targets } of loadBalancers) {
    const urls = addresses.map((address) => `http://${address}/`).join('  ');
    blocks.push(`Load balancer ${name}: ${state}, ${dnsName}\n  ${urls || 'no address yet'}`);
    blocks.push(
      renderTable(
        ['TARGET', 'ZONE', 'HEALTH', 'REASON'],
        targets.map(({ id, zone, health, reason }) => [id, zone, health, reason]),
      ),
    );
  }
  for (const { name, desired, inService } of groups) {
    blocks.push(`Auto Scaling group ${name}: ${inService} in service, ${desired} desired`);
  }
  if (instances.length > 0) {
    blocks.push(
      renderTable(
        ['INSTANCE', 'NAME', 'STATE', 'ZONE', 'ADDRESS'],
        instances.map(({ id, name, state, zone, address }) => [id, name, state, zone, address]),
      ),
    );
  }
  for (const { cluster, status, endpoint, members } of databases) {
    blocks.push(`Database cluster ${cluster}: ${status}, ${endpoint}`);
    blocks.push(
      renderTable(
        ['MEMBER', 'ROLE', 'ZONE', 'STATUS'],
        members.map(({ id, role, zone, status: state }) => [id, role, zone, state]),
      ),
    );
  }
  return blocks.join('\n\n');
}
