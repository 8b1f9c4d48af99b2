import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  balancerConformance,
  simpleNode,
  targetsOf,
  until,
  type BalancerGround,
} from '#/drivers/balancer/conformance.ts';
import type { BalancerNode, BalancerTarget } from '#/drivers/balancer/driver.ts';
import { linuxBalancer } from '#/drivers/balancer/linux/balancer.ts';
import type { FixtureCommand } from '#/drivers/balancer/linux/fixture.ts';
import { killRegion } from '#/drivers/linux/daemon.ts';
import { namespaceName, namespacePath, type Site } from '#/drivers/linux/site.ts';
import { sleep, systemClock } from '#/lib/clock.ts';
import { run, start } from '#/lib/run.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const stateDir = mkdtempSync(join(tmpdir(), 'sg-elb-'));
const site: Site = { name: 't-elb', stateDir, imagesDir: stateDir, publicPool: '198.18.250.0/24' };
const namespace = namespacePath(site, 'lb');
const address = '10.99.0.1';
const target = (lastByte: number): BalancerTarget => ({
  address: `10.99.0.${lastByte}`,
  port: 8080,
  isDraining: false,
});
const targets = [target(11), target(12), target(13)] as const;
const refusing: BalancerTarget = { address: '10.99.0.11', port: 9, isDraining: false };
const silent: BalancerTarget = { address: '10.99.0.11', port: 9999, isDraining: false };
const driver = linuxBalancer({ site, clock: systemClock });
const ground: BalancerGround = {
  driver,
  namespace,
  address,
  targets,
  async setHealthy(which, isHealthy) {
    await tell({ do: 'health', address: which.address, status: isHealthy ? 200 : 500 });
  },
  pass: () => sleep(systemClock, 25),
};

let tell: <T = unknown>(command: FixtureCommand) => Promise<T>;
let endFixture: (() => void) | undefined;

before(async () => {
  const name = namespaceName(site, 'lb');
  await run('ip', ['netns', 'add', name]);
  await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  for (const lastByte of [1, 11, 12, 13])
    await run('ip', ['-n', name, 'addr', 'add', `10.99.0.${lastByte}/32`, 'dev', 'lo']);
  await run('nsenter', [`--net=${namespace}`, 'nft', '-f', '-'], {
    input: 'table ip t {\n chain i {\n type filter hook input priority 0\n tcp dport 9999 drop\n }\n}\n',
  });
  const fixture = start(
    'nsenter',
    [`--net=${namespace}`, process.execPath, fileURLToPath(new URL('fixture.ts', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const { stdin, stdout } = fixture;
  assert.ok(stdin && stdout);
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  tell = <T>(command: FixtureCommand): Promise<T> => {
    const answer = turn.then(async () => {
      stdin.write(`${JSON.stringify(command)}\n`);
      return JSON.parse(String((await lines.next()).value)) as T; // the fixture's answer to this command
    });
    turn = answer;
    return answer;
  };
  endFixture = () => stdin.end();
  for (const each of targets) await tell({ do: 'listen', address: each.address, port: each.port });
});

after(async () => {
  endFixture?.();
  await driver.destroyAll();
  await killRegion(site);
  await run('ip', ['netns', 'del', namespaceName(site, 'lb')]);
  rmSync(stateDir, { recursive: true, force: true });
});

function get(path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return tell<Answer>({ do: 'get', url: `http://${address}${path}`, headers });
}

async function healthy(node: BalancerNode, count: number): Promise<void> {
  await until(
    () => targetsOf(driver, node.id),
    (found) => found.filter(({ health }) => health === 'healthy').length === count,
    () => ground.pass(),
  );
}

balancerConformance('linux', () => Promise.resolve(ground));

test('requests go to all healthy targets in turn, with what the balancer knows of the client', async () => {
  const node = simpleNode(ground, targets);
  await driver.apply(node);
  await healthy(node, 3);

  const answers = [await get(), await get(), await get()];

  const served = answers
    .map(({ headers }) => headers['x-served-by'])
    .toSorted((a, b) => String(a).localeCompare(String(b)));
  assert.deepEqual(served, ['10.99.0.11', '10.99.0.12', '10.99.0.13']);
  const seen = JSON.parse(answers[0]?.body ?? '{}') as Record<string, string>; // what the target echoed
  assert.match(seen['x-forwarded-for'] ?? '', /^10\.99\.0\.\d+$/);
  assert.equal(seen['x-forwarded-proto'], 'http');
  assert.equal(seen['x-forwarded-port'], '80');
  assert.match(seen['x-amzn-trace-id'] ?? '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  await driver.destroyAll();
});

test('an unhealthy target gets no requests, until none is healthy: then all get them', async () => {
  const [first, second] = targets;
  const node = simpleNode(ground, [first, second]);
  await driver.apply(node);
  await healthy(node, 2);

  await ground.setHealthy(first, false);
  await healthy(node, 1);
  const served = new Set<string | undefined>();
  for (let count = 0; count < 10; count += 1) served.add((await get()).headers['x-served-by']);
  await ground.setHealthy(second, false);
  await healthy(node, 0);
  const servedOpen = new Set<string | undefined>();
  for (let count = 0; count < 10; count += 1) servedOpen.add((await get()).headers['x-served-by']);

  assert.deepEqual([...served], [second.address]);
  assert.equal(servedOpen.size, 2);
  await ground.setHealthy(first, true);
  await ground.setHealthy(second, true);
  await driver.destroyAll();
});

test('the balancer answers 503 for an empty group, 502 for a refusing and 504 for a silent target', async () => {
  const node = simpleNode(ground, []);
  await driver.apply(node);

  const empty = await get();
  await driver.apply(simpleNode(ground, [refusing]));
  const refused = await get();
  await driver.apply(simpleNode(ground, [silent]));
  const unanswered = await get('/', { connection: 'close' });

  for (const [answer, title] of [
    [empty, '503 Service Temporarily Unavailable'],
    [refused, '502 Bad Gateway'],
    [unanswered, '504 Gateway Time-out'],
  ] as const) {
    assert.equal(answer.status, Number(title.slice(0, 3)));
    assert.equal(answer.headers['server'], 'awselb/2.0');
    assert.ok(answer.body.startsWith(`<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n`));
  }
  await driver.destroyAll();
});

test('rules choose by condition; redirects and fixed responses need no target', async () => {
  const node = simpleNode(ground, [targets[0]]);
  const rules: BalancerNode['listeners'][number]['rules'] = [
    {
      priority: 1,
      conditions: [
        { field: 'path-pattern', values: ['/fixed/*'] },
        { field: 'host-header', values: ['*.EXAMPLE.com', 'other'] },
      ],
      action: {
        type: 'fixed-response',
        status: 418,
        contentType: 'text/plain',
        body: `it's "so"\n$HOME %[src]`,
      },
    },
    {
      priority: 2,
      conditions: [{ field: 'query-string', pairs: [{ key: 'old', value: '1*' }] }],
      action: {
        type: 'redirect',
        status: 301,
        protocol: 'HTTPS',
        host: '#{host}',
        port: '443',
        path: '/new/#{path}',
        query: '#{query}',
      },
    },
    ...(node.listeners[0]?.rules ?? []),
  ];
  await driver.apply({ ...node, listeners: [{ port: 80, protocol: 'HTTP', rules }] });
  await healthy(node, 1);

  const fixed = await get('/fixed/x', { host: 'a.example.COM' });
  const otherHost = await get('/fixed/x', { host: 'nothing' });
  const redirect = await get('/p?old=12&b=2', { host: 'a.example.com' });

  assert.equal(fixed.status, 418);
  assert.equal(fixed.body, `it's "so"\n$HOME %[src]`);
  assert.equal(otherHost.headers['x-served-by'], targets[0].address);
  assert.equal(redirect.status, 301);
  assert.equal(redirect.headers['location'], 'https://a.example.com:443/new/p?old=12&b=2');
  await driver.destroyAll();
});

function sticky(wanted: readonly BalancerTarget[]): BalancerNode {
  const plain = simpleNode(ground, wanted);
  const targetGroups = plain.targetGroups.map((group) => ({ ...group, stickiness: { durationSeconds: 60 } }));
  return { ...plain, targetGroups };
}

test('a client stays with its target by the cookie, until the target drains', async () => {
  const [first, second] = targets;
  const node = sticky([first, second]);
  await driver.apply(node);
  await healthy(node, 2);

  const answer = await get();
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
  const again = [await get('/', { cookie }), await get('/', { cookie }), await get('/', { cookie })];
  const served = answer.headers['x-served-by'];
  await driver.apply(
    sticky([first, second].map((each) => ({ ...each, isDraining: each.address === served }))),
  );
  const afterDrain = [await get('/', { cookie }), await get('/', { cookie })];
  await driver.apply({
    ...sticky([first, second].map((each) => ({ ...each, isDraining: each.address === served }))),
    idleTimeoutSeconds: 30,
  });
  const afterReload = [await get('/', { cookie }), await get('/', { cookie })];

  assert.match(cookie, /^AWSALB=/);
  assert.deepEqual([...new Set(again.map(({ headers }) => headers['x-served-by']))], [served]);
  for (const { status, headers } of [...afterDrain, ...afterReload]) {
    assert.equal(status, 200);
    assert.notEqual(headers['x-served-by'], served);
  }
  await driver.destroyAll();
});

test('a request under way goes on while its target drains', async () => {
  const [first] = targets;
  const node = simpleNode(ground, [first]);
  await driver.apply(node);
  await healthy(node, 1);

  const slow = get('/slow');
  await until(
    () => targetsOf(driver, node.id),
    (found) => found[0]?.sessions === 1,
    () => ground.pass(),
  );
  await driver.apply(simpleNode(ground, [{ ...first, isDraining: true }]));
  const [during] = await targetsOf(driver, node.id);
  const answer = await slow;

  assert.equal(during?.health, 'draining');
  assert.equal(during?.sessions, 1);
  assert.equal(answer.status, 200);
  assert.equal((await get()).status, 503);
  await driver.destroyAll();
});

test('no request fails while targets come, drain and go, and while the balancer is configured anew', async () => {
  const [first, second, third] = targets;
  const node = simpleNode(ground, [first, second]);
  await driver.apply(node);
  await healthy(node, 2);
  await tell({ do: 'start-load', url: `http://${address}/`, intervalMs: 5 });

  for (let cycle = 0; cycle < 3; cycle += 1) {
    await driver.apply(simpleNode(ground, [first, second, third]));
    await healthy(node, 3);
    await driver.apply(simpleNode(ground, [first, second, { ...third, isDraining: true }]));
    await until(
      () => targetsOf(driver, node.id),
      (found) => found.every(({ health, sessions }) => health !== 'draining' || sessions === 0),
      () => ground.pass(),
    );
    await driver.apply(node);
    await driver.apply({ ...node, idleTimeoutSeconds: 61 + cycle });
    await healthy(node, 2);
    await driver.apply(node);
  }

  const { requests, failures } = await tell<{ requests: number; failures: string[] }>({ do: 'stop-load' });
  assert.deepEqual(failures, []);
  assert.ok(requests > 200, `${requests} requests`);
  await driver.destroyAll();
});

test('a proxy that dies is noticed, and applying the node again starts it', async () => {
  const node = simpleNode(ground, [targets[0]]);
  await driver.apply(node);
  await healthy(node, 1);
  const heard: string[] = [];
  const stop = driver.watch((nodeId) => heard.push(nodeId));

  await killRegion(site);
  await until(
    () => Promise.resolve(heard),
    (ids) => ids.includes(node.id),
    () => ground.pass(),
  );

  assert.equal((await driver.inspect(node.id))?.isRunning, false);
  await driver.apply(node);
  await healthy(node, 1);
  stop();
  await driver.destroyAll();
});

test('a driver made anew knows the running nodes and does not disturb them', async () => {
  const node = simpleNode(ground, [targets[0]]);
  await driver.apply(node);
  await healthy(node, 1);
  const other = linuxBalancer({ site, clock: systemClock });

  await other.apply(node);
  const found = await other.inspect(node.id);

  assert.deepEqual(await other.list(), [node.id]);
  assert.equal(found?.targets[0]?.health, 'healthy');
  await driver.destroyAll();
});
