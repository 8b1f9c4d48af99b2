import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { NetworkDriver } from '#/drivers/network/driver.ts';
import { sampleLink, sampleNetwork } from '#/drivers/network/samples.ts';

/** A driver to be examined, with what a vandal would do to one of its networks. */
export interface Subject {
  readonly driver: NetworkDriver;
  damage(networkId: string): Promise<void>;
  /** Removes what the driver does not: the place in which it worked. */
  remove(): Promise<void>;
}

/** What every implementation of the contract keeps to. */
export function networkConformance(name: string, create: () => Promise<Subject>): void {
  describe(`network driver: ${name}`, () => {
    let subject: Subject;
    let driver: NetworkDriver;

    beforeEach(async () => {
      subject = await create();
      driver = subject.driver;
      await driver.prepare();
    });

    afterEach(async () => {
      await driver.destroyAll();
      await subject.remove();
    });

    const one = sampleLink(1, 'subnet-public', '10.0.1.10', {
      publicAddresses: { '10.0.1.10': '198.18.77.10' },
    });
    const two = sampleLink(2, 'subnet-private', '10.0.2.10');
    const network = sampleNetwork('vpc-1', { links: [one, two] });

    test('a network that was applied is there, with its links, and intact', async () => {
      await driver.apply(network);

      assert.deepEqual(await driver.list(), ['vpc-1']);
      assert.deepEqual(await driver.inspect('vpc-1'), { linkIds: ['eni-1', 'eni-2'], isIntact: true });
    });

    test('applying and preparing again change nothing', async () => {
      await driver.apply(network);

      await driver.prepare();
      await driver.apply(network);

      assert.deepEqual(await driver.inspect('vpc-1'), { linkIds: ['eni-1', 'eni-2'], isIntact: true });
    });

    test('a network becomes what was applied last', async () => {
      await driver.apply(network);

      await driver.apply({ ...network, links: [two, sampleLink(3, 'subnet-public', '10.0.1.10')] });

      const observed = await driver.inspect('vpc-1');
      assert.deepEqual(observed?.linkIds.toSorted(), ['eni-2', 'eni-3']);
      assert.equal(observed?.isIntact, true);
    });

    test('a damaged network is seen, and repaired by applying it', async () => {
      await driver.apply(network);

      await subject.damage('vpc-1');
      assert.equal((await driver.inspect('vpc-1'))?.isIntact, false);

      await driver.apply(network);
      assert.equal((await driver.inspect('vpc-1'))?.isIntact, true);
    });

    test('a network that nobody applied is not there', async () => {
      assert.equal(await driver.inspect('vpc-9'), undefined);
      assert.deepEqual(await driver.list(), []);
    });

    test('destroying leaves the other networks, and may be repeated', async () => {
      await driver.apply(network);
      await driver.apply(sampleNetwork('vpc-2', { links: [sampleLink(4, 'subnet-public', '10.0.1.10')] }));

      await driver.destroy('vpc-1');
      await driver.destroy('vpc-1');

      assert.deepEqual(await driver.list(), ['vpc-2']);
      assert.deepEqual(await driver.inspect('vpc-2'), { linkIds: ['eni-4'], isIntact: true });
    });

    test('networks may be applied at the same time', async () => {
      const networks = ['vpc-1', 'vpc-2', 'vpc-3'].map((id, index) =>
        sampleNetwork(id, { links: [sampleLink(index + 1, 'subnet-public', '10.0.1.10')] }),
      );

      await Promise.all([...networks, ...networks].map((each) => driver.apply(each)));

      assert.deepEqual((await driver.list()).toSorted(), ['vpc-1', 'vpc-2', 'vpc-3']);
      for (const { id, links } of networks)
        assert.deepEqual(await driver.inspect(id), { linkIds: links.map((link) => link.id), isIntact: true });
    });

    test('a link answers when it is there', async () => {
      const nat = sampleLink(3, 'subnet-public', '10.0.1.5', { isNat: true });
      const routes = [{ destination: '0.0.0.0/0', target: { type: 'link', linkId: 'eni-3' } }] as const;
      await driver.apply({
        ...network,
        links: [...network.links, nat],
        routeTables: network.routeTables.map((table) => ({ ...table, routes })),
      });

      assert.equal(await driver.probe('vpc-1', 'eni-3'), true);
      assert.equal(await driver.probe('vpc-1', 'eni-1'), true);
      assert.equal(await driver.probe('vpc-1', 'eni-9'), false);
      assert.equal(await driver.probe('vpc-9', 'eni-1'), false);
    });

    test('destroyAll leaves nothing, and may be repeated', async () => {
      await driver.apply(network);

      await driver.destroyAll();
      await driver.destroyAll();

      assert.deepEqual(await driver.list(), []);
      assert.equal(await driver.inspect('vpc-1'), undefined);
    });
  });
}
