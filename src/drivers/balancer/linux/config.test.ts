import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleNode } from '#/drivers/balancer/conformance.ts';
import type { BalancerNode, BalancerRule, BalancerTarget } from '#/drivers/balancer/driver.ts';
import { renderConfig } from '#/drivers/balancer/linux/config.ts';
import { findHealth } from '#/drivers/balancer/linux/health.ts';
import { planMoves } from '#/drivers/balancer/linux/moves.ts';
import {
  parseServersState,
  parseStat,
  renderState,
  type ServerStat,
} from '#/drivers/balancer/linux/state.ts';

const target: BalancerTarget = { address: '10.0.0.11', port: 80, isDraining: false };
const node = simpleNode({ namespace: '/run/netns/x', address: '10.0.0.5' }, [target]);

function linesOf(wanted: BalancerNode): readonly string[] {
  return (renderConfig(wanted).get('haproxy.cfg') ?? '').split('\n').map((line) => line.trim());
}

function withRule(rule: Omit<BalancerRule, 'priority'>): BalancerNode {
  return { ...node, listeners: [{ port: 80, protocol: 'HTTP', rules: [{ priority: 1, ...rule }] }] };
}

function serversState(server: string): string {
  return ['group', 'group:open']
    .map((backend) => `3 ${backend} 1 ${server} 10.0.0.11 2 0 1 1 9 15 3 4 6 0 0 0 - 80 - 0 0 - - 0`)
    .join('\n');
}

function stat(status: string, check: string, code: string): readonly ServerStat[] {
  const head = '# pxname,svname,status,check_status,check_code,scur,';
  return parseStat(`${head}\ngroup,10.0.0.11:80,${status},${check},${code},0,\n`);
}

test('a target is a server with checks, and one without for when none is healthy', () => {
  const lines = linesOf(node);

  assert.ok(
    lines.includes('server 10.0.0.11:80 10.0.0.11:80 check inter 300ms rise 3 fall 2 weight 1'),
    lines.join('\n'),
  );
  assert.ok(lines.includes('backend group:open'));
  assert.ok(lines.includes('server 10.0.0.11:80 10.0.0.11:80 weight 1'));
  assert.ok(lines.includes('bind 10.0.0.5:80'));
});

test('a pattern cannot leave its quotes or mean more than its wildcards', () => {
  const lines = linesOf(
    withRule({
      conditions: [{ field: 'path-pattern', values: ["/a'b .*\n?"] }],
      action: { type: 'fixed-response', status: 200, contentType: 'text/plain', body: '' },
    }),
  );

  const [rule] = lines.filter((line) => line.includes('path -m reg'));
  assert.equal(
    rule,
    String.raw`http-request set-var(txn.rule) int(0) if !{ var(txn.rule) -m found } { path -m reg '^\x2fa\x27b\x20\x2e.*\x0a.$' }`,
  );
});

test('weights become shares of one draw, and a group without weight gets nothing', () => {
  const lines = linesOf(
    withRule({
      conditions: [],
      action: {
        type: 'forward',
        targetGroups: [
          { id: 'a', weight: 80 },
          { id: 'none', weight: 0 },
          { id: 'b', weight: 20 },
        ],
      },
    }),
  );

  const shares = lines.filter((line) => line.startsWith('http-request set-var(txn.tg)'));
  assert.deepEqual(
    shares.map((line) => line.replace(/ if .* lt /, ' lt ')),
    ['http-request set-var(txn.tg) str(a) lt 80 }', 'http-request set-var(txn.tg) str(b) lt 100 }'],
  );
});

test('a redirect keeps what it does not change, and cannot smuggle a format in', () => {
  const lines = linesOf(
    withRule({
      conditions: [],
      action: {
        type: 'redirect',
        status: 302,
        protocol: 'HTTPS',
        host: '#{host}',
        port: '443',
        path: '/a b/%[src]/#{path}',
        query: '',
      },
    }),
  );

  assert.deepEqual(
    lines.filter((line) => line.startsWith('http-request redirect')),
    [
      'http-request redirect code 302 location https://%[var(txn.host)]:443/a%%20b/%%%%5Bsrc%%5D/%[path,regsub(^/,)] if { var(txn.rule) -m int 0 }',
    ],
  );
});

test('a new target begins down, one that the running proxy knows goes on as it was', () => {
  const known = parseServersState(
    '1\n# be_id be_name\n3 group 1 10.0.0.11:80 10.0.0.11 2 0 1 1 9 15 3 4 6 0 0 0 - 80 - 0 0 - - 0\n',
  );

  const fresh = renderState(node, []);
  const kept = renderState(node, known);

  assert.match(fresh, /^0 group 0 10\.0\.0\.11:80 10\.0\.0\.11 0 0 /m);
  assert.match(fresh, /^0 group:open 0 10\.0\.0\.11:80 10\.0\.0\.11 2 0 /m);
  assert.match(kept, /^3 group 1 10\.0\.0\.11:80 10\.0\.0\.11 2 0 1 1 9 /m);
});

test('moves: a new target is added down, an unwanted one is removed, an equal one is left alone', () => {
  const none = planMoves(node, parseServersState(serversState('10.0.0.11:80')));
  const both = planMoves(node, parseServersState(serversState('10.0.0.12:80')));

  assert.deepEqual(none, []);
  assert.deepEqual(
    both.map((move) => [move.do, move.server]),
    [
      ['add', '10.0.0.11:80'],
      ['remove', '10.0.0.12:80'],
    ],
  );
  assert.ok(both[0]?.commands[0]?.endsWith('weight 0'));
  assert.ok(both[0]?.commands.includes('set server group/10.0.0.11:80 health down'));
});

test('health: one success brings a new target up; failures decide it after its threshold', () => {
  const success = findHealth(node, stat('DOWN', 'L7OK', '200'), {}, 1_000);
  const first = findHealth(node, stat('DOWN', 'L7STS', '503'), {}, 1_000);
  const second = findHealth(node, stat('DOWN', '* L7STS', '503'), first.memory, 1_300);
  const comingBack = findHealth(node, stat('DOWN', 'L7OK', '200'), second.memory, 1_600);

  assert.deepEqual(success.firstSuccesses, ['group/10.0.0.11:80']);
  assert.equal(first.targets[0]?.health, 'initial');
  assert.equal(second.targets[0]?.health, 'unhealthy');
  assert.equal(second.targets[0]?.reason, 'response-code');
  assert.equal(second.targets[0]?.responseCode, 503);
  assert.deepEqual(comingBack.firstSuccesses, []);
  assert.equal(comingBack.targets[0]?.health, 'unhealthy');
});
