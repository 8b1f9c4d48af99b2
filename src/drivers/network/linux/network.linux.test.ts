import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { run } from '#/lib/run.ts';
import { networkConformance } from '#/drivers/network/conformance.ts';
import { namespaceName } from '#/drivers/linux/site.ts';
import { ipBatch, namespaceNames, observePlace, runIn } from '#/drivers/network/linux/kernel.ts';
import { linuxNetwork } from '#/drivers/network/linux/network.ts';
import { makeWorld, type World } from '#/drivers/network/linux/testing/world.ts';
import { sampleLink, sampleNetwork } from '#/drivers/network/samples.ts';

networkConformance('linux', async () => {
  const world = await makeWorld('t-net2');
  return {
    driver: linuxNetwork({ site: world.site, hostNamespace: world.host }),
    damage: async (networkId) => {
      await runIn(routerOf(world, networkId), 'nft', ['flush', 'chain', 'ip', 'vpc', 'of_sg_open_in']);
    },
    remove: () => world.remove(),
  };
});

function routerOf(world: World, networkId: string): string {
  return `/run/netns/${namespaceName(world.site, networkId)}`;
}

async function withWorld(examine: (world: World) => Promise<void>): Promise<void> {
  const world = await makeWorld('t-net3');
  try {
    await examine(world);
  } finally {
    await linuxNetwork({ site: world.site, hostNamespace: world.host }).destroyAll();
    await world.remove();
  }
}

describe('networks in the kernel', () => {
  const one = sampleLink(1, 'subnet-public', '10.0.1.10', {
    publicAddresses: { '10.0.1.10': '198.18.77.10' },
  });
  const network = sampleNetwork('vpc-1', { links: [one, sampleLink(2, 'subnet-private', '10.0.2.10')] });

  const vandals: Record<string, (world: World) => Promise<unknown>> = {
    'a route': (world) => ipBatch(routerOf(world, 'vpc-1'), ['route del default table 1000']),
    'a rule': (world) => ipBatch(routerOf(world, 'vpc-1'), ['rule del pref 1000']),
    'a device that is down': (world) => ipBatch(routerOf(world, 'vpc-1'), ['link set e2 down']),
    'a device': (world) => ipBatch(routerOf(world, 'vpc-1'), ['link del e2']),
    'the namespace of a link': () => run('ip', ['netns', 'del', 'sg-t-net3-eni-2']),
    'all packet filters': (world) => runIn(routerOf(world, 'vpc-1'), 'nft', ['flush', 'ruleset']),
    'a member of a set': (world) =>
      runIn(routerOf(world, 'vpc-1'), 'nft', ['flush', 'set', 'ip', 'vpc', 'members_sg_open']),
    'a public route': (world) =>
      ipBatch(`/run/netns/${namespaceName(world.site, 'edge')}`, ['route del 198.18.77.10/32']),
    'the wire to the edge': (world) => ipBatch(routerOf(world, 'vpc-1'), ['link del igw']),
  };
  for (const [damage, vandalize] of Object.entries(vandals))
    test(`after the loss of ${damage} the network is not intact, and an apply makes it so`, async () => {
      await withWorld(async (world) => {
        const driver = linuxNetwork({ site: world.site, hostNamespace: world.host });
        await driver.prepare();
        await driver.apply(network);

        await vandalize(world);
        assert.equal((await driver.inspect('vpc-1'))?.isIntact, false);
        await driver.apply(network);

        assert.deepEqual(await driver.inspect('vpc-1'), { linkIds: ['eni-1', 'eni-2'], isIntact: true });
      });
    });

  test('a driver that starts anew finds its networks and keeps the numbers of their parts', async () => {
    await withWorld(async (world) => {
      const options = { site: world.site, hostNamespace: world.host };
      const before = linuxNetwork(options);
      await before.prepare();
      await before.apply(network);
      await before.apply({ ...network, links: [one, sampleLink(3, 'subnet-private', '10.0.2.11')] });
      const observed = await observePlace(routerOf(world, 'vpc-1'));

      const later = linuxNetwork(options);
      assert.equal((await later.inspect('vpc-1'))?.isIntact, true);
      await later.prepare();
      await later.apply({ ...network, links: [sampleLink(3, 'subnet-private', '10.0.2.11'), one] });

      assert.deepEqual(await observePlace(routerOf(world, 'vpc-1')), observed);
    });
  });

  test('what a process left that ended between two steps is collected at the next start', async () => {
    await withWorld(async (world) => {
      const driver = linuxNetwork({ site: world.site, hostNamespace: world.host });
      await driver.prepare();
      await driver.apply(network);
      await ipBatch(undefined, ['netns add sg-t-net3-eni-9']);

      await driver.prepare();

      const left = namespaceNames().filter((name) => name.startsWith('sg-t-net3-eni-'));
      assert.deepEqual(left.toSorted(), ['sg-t-net3-eni-1', 'sg-t-net3-eni-2']);
      assert.equal((await driver.inspect('vpc-1'))?.isIntact, true);
    });
  });

  test('a pool that the host reaches elsewhere is refused', async () => {
    await withWorld(async (world) => {
      await ipBatch(world.host, ['route add 198.18.0.0/16 dev eth0']);

      await assert.rejects(
        linuxNetwork({ site: world.site, hostNamespace: world.host }).prepare(),
        /pool of public addresses 198\.18\.77\.0\/24 overlaps this host's route "198\.18\.0\.0\/16 dev eth0/,
      );
    });
  });

  test('a region may change its pool', async () => {
    await withWorld(async (world) => {
      await linuxNetwork({ site: world.site, hostNamespace: world.host }).prepare();
      const site = { ...world.site, publicPool: '198.18.78.0/24' };

      await linuxNetwork({ site, hostNamespace: world.host }).prepare();

      const routes = await runIn(world.host, 'ip', ['route', 'show', 'dev', 'sg-t-net3']);
      assert.match(routes, /^198\.18\.78\.0\/24 via 198\.18\.78\.255 proto 83 onlink/m);
      assert.doesNotMatch(routes, /198\.18\.77/);
    });
  });

  test('a link may get and lose addresses', async () => {
    await withWorld(async (world) => {
      const driver = linuxNetwork({ site: world.site, hostNamespace: world.host });
      await driver.prepare();
      const addressesAfter = async (addresses: readonly string[]): Promise<readonly string[] | undefined> => {
        await driver.apply({ ...network, links: [{ ...one, addresses }] });
        return (await observePlace(driver.namespaceOf('eni-1'))).devices.get('eth0')?.addresses;
      };

      assert.deepEqual(await addressesAfter(['10.0.1.10', '10.0.1.11']), ['10.0.1.10/24', '10.0.1.11/24']);
      assert.deepEqual(await addressesAfter(['10.0.1.10']), ['10.0.1.10/24']);
    });
  });
});
