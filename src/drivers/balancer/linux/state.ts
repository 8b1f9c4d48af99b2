import type { BalancerNode } from '#/drivers/balancer/driver.ts';
import { openBackend, serverName } from '#/drivers/balancer/linux/config.ts';

/** A server's line of `show stat`. */
export interface ServerStat {
  readonly backend: string;
  readonly server: string;
  /** `UP`, `UP 1/2`, `DOWN`, `DOWN 1/2`, `DRAIN`, `MAINT`, `no check` */
  readonly status: string;
  /** `INI`, `L4CON`, `L4TOUT`, `L7STS`, `L7OK`, ...; without the mark of a check under way. */
  readonly checkStatus: string;
  readonly checkCode: number | undefined;
  readonly sessions: number;
}

/** Reads the answer to `show stat -1 4 -1`. */
export function parseStat(text: string): readonly ServerStat[] {
  const [head, ...lines] = text.split('\n').filter((line) => line !== '');
  const columns = head?.replace(/^# /, '').split(',') ?? [];
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    return {
      backend: cell('pxname'),
      server: cell('svname'),
      status: cell('status'),
      checkStatus: cell('check_status').replace(/^\* /, ''),
      checkCode: cell('check_code') === '' ? undefined : Number(cell('check_code')),
      sessions: Number(cell('scur')),
    };
  });
}

/** A server's line of `show servers state`; `line` is the whole of it. */
export interface ServerState {
  readonly backend: string;
  readonly server: string;
  /** Gets nothing new: it drains, or is about to be removed. */
  readonly isInMaintenance: boolean;
  readonly line: string;
}

const maintenanceBits = 0x01 | 0x02 | 0x04;

/** Reads the answer to `show servers state`. */
export function parseServersState(text: string): readonly ServerState[] {
  return text
    .split('\n')
    .filter((line) => /^\d+ \S/.test(line))
    .map((line) => {
      const [, backend = '', , server = '', , , admin = '0'] = line.split(' ');
      return {
        backend,
        server,
        isInMaintenance: (Number(admin) & maintenanceBits) !== 0,
        line,
      };
    });
}

const stateHead =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

/**
 * What a starting proxy takes its servers' states from: those that a running one knows go on as they were, the
 * others begin down, because a proxy left to itself would send them requests before their first check.
 */
export function renderState(node: BalancerNode, known: readonly ServerState[]): string {
  const lines = node.targetGroups.flatMap((group) =>
    group.targets.flatMap((target) => {
      const server = serverName(target);
      return [group.id, openBackend(group.id)].map((backend) => {
        const before = known.find((state) => state.backend === backend && state.server === server);
        if (before && !before.isInMaintenance) return before.line;
        const isUp = backend !== group.id;
        const admin = target.isDraining ? 1 : 0;
        return `0 ${backend} 0 ${server} ${target.address} ${isUp ? 2 : 0} ${admin} 1 1 0 1 0 ${isUp ? 2 : 0} ${isUp ? 0 : 6} 0 0 0 - ${target.port} - 0 0 - - 0`;
      });
    }),
  );
  return ['1', stateHead, ...lines, ''].join('\n');
}
