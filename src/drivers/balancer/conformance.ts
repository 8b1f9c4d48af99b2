import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  BalancerDriver,
  BalancerNode,
  BalancerTarget,
  ObservedTarget,
} from '#/drivers/balancer/driver.ts';

/** A place in which a balancer driver is tried. */
export interface BalancerGround {
  readonly driver: BalancerDriver;
  /** A namespace and an address that nodes may have. */
  readonly namespace: string;
  readonly address: string;
  /** Three targets that answer well until told otherwise. */
  readonly targets: readonly [BalancerTarget, BalancerTarget, BalancerTarget];
  setHealthy(target: BalancerTarget, isHealthy: boolean): Promise<void>;
  /** Lets a little time pass, real or simulated. */
  pass(): Promise<void>;
}

/** A node that sends everything to one group. */
export function simpleNode(
  ground: Pick<BalancerGround, 'namespace' | 'address'>,
  targets: readonly BalancerTarget[],
): BalancerNode {
  return {
    id: 'web.0123456789abcdef.eu-west-3a',
    namespace: ground.namespace,
    address: ground.address,
    idleTimeoutSeconds: 60,
    listeners: [
      {
        port: 80,
        protocol: 'HTTP',
        rules: [
          {
            priority: undefined,
            conditions: [],
            action: { type: 'forward', targetGroups: [{ id: 'group', weight: 1 }] },
          },
        ],
      },
    ],
    targetGroups: [
      {
        id: 'group',
        algorithm: 'round_robin',
        stickiness: undefined,
        slowStartSeconds: 0,
        healthCheck: {
          path: '/health',
          port: 'traffic-port',
          intervalSeconds: 0.3,
          timeoutSeconds: 0.2,
          healthyThreshold: 3,
          unhealthyThreshold: 2,
          matcher: '200',
        },
        targets,
      },
    ],
  };
}

/** Waits until a condition holds; fails with the last value seen after many passes. */
export async function until<T>(
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  pass: () => Promise<void>,
): Promise<T> {
  for (let turn = 0; ; turn += 1) {
    const value = await look();
    if (holds(value)) return value;
    assert.ok(turn < 400, `it never became so; last seen: ${JSON.stringify(value)}`);
    await pass();
  }
}

export async function targetsOf(driver: BalancerDriver, nodeId: string): Promise<readonly ObservedTarget[]> {
  return (await driver.inspect(nodeId))?.targets ?? [];
}

async function becomes(ground: BalancerGround, nodeId: string, ...healths: string[]): Promise<void> {
  await until(
    () => targetsOf(ground.driver, nodeId),
    (targets) => targets.map(({ health }) => health).join() === healths.join(),
    () => ground.pass(),
  );
}

/** What every balancer driver keeps. */
export function balancerConformance(name: string, open: () => Promise<BalancerGround>): void {
  test(`${name}: an applied node runs and finds its targets healthy`, async () => {
    const ground = await open();
    const node = simpleNode(ground, ground.targets);

    await ground.driver.apply(node);

    assert.equal((await ground.driver.inspect(node.id))?.isRunning, true);
    assert.deepEqual(await ground.driver.list(), [node.id]);
    await becomes(ground, node.id, 'healthy', 'healthy', 'healthy');
    await ground.driver.destroyAll();
  });

  test(`${name}: a target becomes unhealthy and healthy again, and the watcher hears of both`, async () => {
    const ground = await open();
    const [target] = ground.targets;
    const node = simpleNode(ground, [target]);
    const heard: string[] = [];
    const stop = ground.driver.watch((nodeId) => heard.push(nodeId));
    await ground.driver.apply(node);
    await becomes(ground, node.id, 'healthy');
    heard.length = 0;

    await ground.setHealthy(target, false);
    await becomes(ground, node.id, 'unhealthy');
    await until(
      () => Promise.resolve(heard.length),
      (count) => count >= 1,
      () => ground.pass(),
    );
    await ground.setHealthy(target, true);
    await becomes(ground, node.id, 'healthy');

    await until(
      () => Promise.resolve(heard.length),
      (count) => count >= 2,
      () => ground.pass(),
    );
    assert.deepEqual([...new Set(heard)], [node.id]);
    stop();
    await ground.driver.destroyAll();
  });

  test(`${name}: a target that never answered well is initial, then unhealthy`, async () => {
    const ground = await open();
    const [target] = ground.targets;
    await ground.setHealthy(target, false);
    const node = simpleNode(ground, [target]);

    await ground.driver.apply(node);

    assert.equal((await targetsOf(ground.driver, node.id))[0]?.health, 'initial');
    await becomes(ground, node.id, 'unhealthy');
    await ground.setHealthy(target, true);
    await ground.driver.destroyAll();
  });

  test(`${name}: a draining target says so, and begins anew when it is wanted again`, async () => {
    const ground = await open();
    const [target] = ground.targets;
    const node = simpleNode(ground, [target]);
    await ground.driver.apply(node);
    await becomes(ground, node.id, 'healthy');

    await ground.driver.apply(simpleNode(ground, [{ ...target, isDraining: true }]));
    await becomes(ground, node.id, 'draining');
    await ground.setHealthy(target, false);
    await ground.driver.apply(node);

    await becomes(ground, node.id, 'initial');
    await ground.setHealthy(target, true);
    await becomes(ground, node.id, 'healthy');
    await ground.driver.destroyAll();
  });

  test(`${name}: destroying ends the node, and doing it twice is fine`, async () => {
    const ground = await open();
    const node = simpleNode(ground, []);
    await ground.driver.apply(node);

    await ground.driver.destroy(node.id);
    await ground.driver.destroy(node.id);

    assert.equal(await ground.driver.inspect(node.id), undefined);
    assert.deepEqual(await ground.driver.list(), []);
    await ground.driver.destroyAll();
  });
}
