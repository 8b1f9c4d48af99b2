import type { BalancerNode, BalancerTarget } from '#/drivers/balancer/driver.ts';
import { openBackend, renderOpenServer, renderServer, serverName } from '#/drivers/balancer/linux/config.ts';
import type { ServerState } from '#/drivers/balancer/linux/state.ts';

/** One change of a running proxy's servers; its commands are sent in this order. */
export interface Move {
  readonly targetGroupId: string;
  readonly server: string;
  readonly do: 'add' | 'return' | 'drain' | 'remove';
  readonly commands: readonly string[];
}

/** What makes the running proxy's servers those of the node. Pure; no moves when they are already. */
export function planMoves(node: BalancerNode, running: readonly ServerState[]): readonly Move[] {
  return node.targetGroups.flatMap((group) => {
    const backends = [group.id, openBackend(group.id)];
    const wanted = new Map(group.targets.map((target) => [serverName(target), target]));
    const there = new Set(
      running.filter(({ backend }) => backends.includes(backend)).map(({ server }) => server),
    );
    const moves: Move[] = [];
    for (const [server, target] of wanted) {
      const states = backends.map((backend) =>
        running.find((state) => state.backend === backend && state.server === server),
      );
      const [checked, open] = states;
      const base = { targetGroupId: group.id, server };
      if (!checked || !open) moves.push({ ...base, do: 'add', commands: add(group, target, checked, open) });
      else if (!target.isDraining && (checked.isInMaintenance || open.isInMaintenance))
        moves.push({ ...base, do: 'return', commands: comeBack(group.id, server) });
      // Maintenance, not the proxy's own drain: that would still let requests in by their cookie.
      if (target.isDraining && !(checked?.isInMaintenance && open?.isInMaintenance))
        moves.push({
          ...base,
          do: 'drain',
          commands: backends.map((backend) => `set server ${backend}/${server} state maint`),
        });
    }
    for (const server of there) {
      if (wanted.has(server)) continue;
      moves.push({ targetGroupId: group.id, server, do: 'remove', commands: remove(backends, server) });
    }
    return moves;
  });
}

// A server enabled as it is would count as up until its first failure. It is put down while its weight is still
// nothing; its first success brings it up.
function add(
  group: BalancerNode['targetGroups'][number],
  target: BalancerTarget,
  checked: ServerState | undefined,
  open: ServerState | undefined,
): string[] {
  const server = serverName(target);
  const name = `${group.id}/${server}`;
  const commands: string[] = [];
  if (!checked)
    commands.push(
      `add server ${group.id}/${renderServer(group, target).replace(/ weight 1$/, ' weight 0')}`,
      `enable health ${name}`,
      `enable server ${name}`,
      `set server ${name} health down`,
      `set server ${name} weight 1`,
    );
  if (!open) {
    const openName = `${openBackend(group.id)}/${server}`;
    commands.push(
      `add server ${openBackend(group.id)}/${renderOpenServer(target)}`,
      `enable server ${openName}`,
    );
  }
  return commands;
}

function comeBack(targetGroupId: string, server: string): string[] {
  const name = `${targetGroupId}/${server}`;
  return [
    `set server ${name} weight 0`,
    `set server ${name} state ready`,
    `set server ${name} health down`,
    `set server ${name} weight 1`,
    `set server ${openBackend(targetGroupId)}/${server} state ready`,
  ];
}

function remove(backends: readonly string[], server: string): string[] {
  return backends.flatMap((backend) => [
    `set server ${backend}/${server} state maint`,
    `shutdown sessions server ${backend}/${server}`,
    `del server ${backend}/${server}`,
  ]);
}

/** Whether an answer means that a command was not obeyed. A server with connections left is deleted at a later look. */
export function isRefusal(command: string, answer: string): boolean {
  const text = answer.trim();
  if (text === '') return false;
  if (command.startsWith('add server')) return !text.includes('New server registered');
  if (command.startsWith('del server'))
    return !/Server deleted|still has connections|No such server/.test(text);
  return true;
}
