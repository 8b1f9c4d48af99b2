import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namespacePath } from '#/drivers/linux/site.ts';
import type { AccessListEntry, Network } from '#/drivers/network/driver.ts';
import { linuxNetwork } from '#/drivers/network/linux/network.ts';
import { serviceAddresses } from '#/drivers/network/linux/plan.ts';
import { startGuest, type Guest } from '#/drivers/network/linux/testing/guest.ts';
import { makeWorld, type World } from '#/drivers/network/linux/testing/world.ts';
import {
  allowIn,
  allowOut,
  anywhere,
  everything,
  openAccessList,
  openGroup,
  sampleLink,
  sampleNetwork,
  tcp,
} from '#/drivers/network/samples.ts';
import { run } from '#/lib/run.ts';

const pool = '198.18.77';
const toInternet = { destination: '0.0.0.0/0', target: { type: 'internet-gateway' } } as const;

const web = { id: 'sg-web', rules: [allowIn(anywhere, tcp(80)), allowOut(anywhere)] };
const app = { id: 'sg-app', rules: [allowIn({ securityGroupId: 'sg-web' }, tcp(8080)), allowOut(anywhere)] };
/** Nothing may begin at a database. */
const database = { id: 'sg-db', rules: [allowIn({ securityGroupId: 'sg-app' }, tcp(3306))] };

const links = {
  web1: sampleLink(1, 'subnet-public', '10.0.1.10', {
    securityGroupIds: ['sg-web'],
    publicAddresses: { '10.0.1.10': `${pool}.10` },
  }),
  web2: sampleLink(2, 'subnet-public', '10.0.1.11', { securityGroupIds: ['sg-web'] }),
  nat: sampleLink(3, 'subnet-public', '10.0.1.5', {
    securityGroupIds: [],
    isNat: true,
    publicAddresses: { '10.0.1.5': `${pool}.5` },
  }),
  app1: sampleLink(4, 'subnet-app', '10.0.2.10', { securityGroupIds: ['sg-app'] }),
  db: sampleLink(5, 'subnet-alone', '10.0.4.10', { securityGroupIds: ['sg-db'] }),
  open1: sampleLink(6, 'subnet-alone', '10.0.4.20'),
  open2: sampleLink(7, 'subnet-alone', '10.0.4.21'),
};

const subnets = [
  { id: 'subnet-public', cidr: '10.0.1.0/24', routeTableId: 'rtb-public', accessListId: 'acl-open' },
  { id: 'subnet-app', cidr: '10.0.2.0/24', routeTableId: 'rtb-app', accessListId: 'acl-open' },
  { id: 'subnet-alone', cidr: '10.0.4.0/24', routeTableId: 'rtb-alone', accessListId: 'acl-alone' },
];

const first = sampleNetwork('vpc-a', {
  subnets,
  links: Object.values(links),
  routeTables: [
    {
      id: 'rtb-public',
      routes: [toInternet, { destination: '172.20.0.0/16', target: { type: 'blackhole' } }],
    },
    {
      id: 'rtb-app',
      routes: [{ destination: '0.0.0.0/0', target: { type: 'link', linkId: links.nat.id } }],
    },
    { id: 'rtb-alone', routes: [] },
  ],
  accessLists: [openAccessList('acl-open'), openAccessList('acl-alone')],
  securityGroups: [openGroup, web, app, database],
});

/** The same addresses again: only the public ones differ. */
const second = sampleNetwork('vpc-b', {
  links: [sampleLink(20, 'subnet-public', '10.0.1.10', { publicAddresses: { '10.0.1.10': `${pool}.20` } })],
});

function withAccessList(...entries: readonly AccessListEntry[]): Network {
  return { ...first, accessLists: [openAccessList('acl-open'), { id: 'acl-alone', entries }] };
}

function entry(
  number: number,
  direction: 'in' | 'out',
  allow: boolean,
  cidr = '0.0.0.0/0',
  protocol: AccessListEntry['protocol'] = everything,
): AccessListEntry {
  return { number, direction, allow, cidr, protocol };
}

function withLink(changed: Network['links'][number]): Network {
  return { ...first, links: first.links.map((link) => (link.id === changed.id ? changed : link)) };
}

describe('packets in the kernel', { timeout: 120_000 }, () => {
  let world: World;
  let untouched: string;
  let network: ReturnType<typeof linuxNetwork>;
  const guests = new Map<string, Guest>();
  const guest = (name: string): Guest => {
    const found = guests.get(name);
    assert(found, `no guest ${name}`);
    return found;
  };

  before(async () => {
    world = await makeWorld('t-net');
    untouched = await world.hostState();
    network = linuxNetwork({ site: world.site, hostNamespace: world.host });
    await network.prepare();
    await Promise.all([network.apply(first), network.apply(second)]);
    const places: Record<string, readonly [namespace: string, ...ports: number[]]> = {
      web1: [network.namespaceOf(links.web1.id), 80, 81],
      web2: [network.namespaceOf(links.web2.id), 80],
      app1: [network.namespaceOf(links.app1.id), 8080, 9000],
      db: [network.namespaceOf(links.db.id), 3306, 22],
      open1: [network.namespaceOf(links.open1.id), 7000],
      open2: [network.namespaceOf(links.open2.id), 7000],
      other: [network.namespaceOf('eni-20'), 80],
      services: [namespacePath(world.site, 'svc'), 80, 443, 22],
      host: [world.host, 4566],
      outside: [world.outside, 80],
    };
    await Promise.all(
      Object.entries(places).map(async ([name, [namespace, ...ports]]) => {
        const started = startGuest(name, namespace);
        guests.set(name, started);
        for (const port of ports) await started.listen(port);
      }),
    );
    // Who listens at several addresses answers datagrams by the one it was asked at only when bound to it.
    await guest('services').listen(53, serviceAddresses.nameServer);
  });

  after(async () => {
    await Promise.all([...guests.values()].map((each) => each.end()));
    await network.destroyAll();
    await world.remove();
  });

  test('security groups let in what they name, in the same subnet and across', async () => {
    assert.equal(await guest('web2').connect('10.0.1.10', 80), 'web1 sees 10.0.1.11');
    assert.equal(await guest('web1').connect('10.0.2.10', 8080), 'app1 sees 10.0.1.10');
    assert.equal(await guest('app1').connect('10.0.4.10', 3306), 'db sees 10.0.2.10');
    const stopped = await Promise.all([
      guest('web2').isStopped('10.0.1.10', 81),
      guest('web1').isStopped('10.0.2.10', 9000),
      guest('open1').isStopped('10.0.2.10', 8080),
      guest('web1').isStopped('10.0.4.10', 3306),
      guest('db').isStopped('10.0.2.10', 8080),
    ]);
    assert.deepEqual(stopped, [true, true, true, true, true]);
  });

  test('a tracked flow outlives its rule and its membership, a new one does not begin', async () => {
    await guest('web1').connect('10.0.2.10', 8080, { keepAs: 'member' });
    await guest('web2').connect('10.0.1.10', 80, { keepAs: 'rule' });

    await network.apply({
      ...withLink({ ...links.web1, securityGroupIds: ['sg-open'] }),
      securityGroups: [openGroup, { ...web, rules: [allowOut(anywhere)] }, app, database],
    });

    assert.equal(await guest('web1').flows('member'), true);
    assert.equal(await guest('web2').flows('rule'), true);
    assert.equal(await guest('web1').isStopped('10.0.2.10', 8080), true);
    await network.apply(first);
    assert.equal(await guest('web1').connect('10.0.2.10', 8080), 'app1 sees 10.0.1.10');
  });

  test('access lists look at each direction alone, and at ephemeral ports', async () => {
    const inFromApp = entry(100, 'in', true, '10.0.2.0/24', tcp(3306));
    await network.apply(withAccessList(inFromApp, entry(100, 'out', true, '10.0.2.0/24', tcp(1024, 32_000))));
    assert.equal(await guest('app1').connect('10.0.4.10', 3306, { sourcePort: 20_000 }), 'db sees 10.0.2.10');
    assert.equal(await guest('app1').isStopped('10.0.4.10', 3306, { sourcePort: 40_000 }), true);
    assert.equal(await guest('app1').isStopped('10.0.4.20', 7000), true);

    await network.apply(withAccessList(inFromApp));
    assert.equal(await guest('app1').isStopped('10.0.4.10', 3306, { sourcePort: 20_001 }), true);
    await network.apply(first);
  });

  test('the lowest number of an access list decides', async () => {
    await network.apply(
      withAccessList(
        entry(100, 'in', true, '10.0.2.0/24'),
        entry(90, 'in', false, '10.0.2.10/32'),
        entry(100, 'out', true),
      ),
    );
    assert.equal(await guest('app1').isStopped('10.0.4.20', 7000), true);
    await network.apply(
      withAccessList(entry(110, 'in', false), entry(100, 'in', true), entry(100, 'out', true)),
    );
    assert.equal(await guest('app1').connect('10.0.4.20', 7000), 'open1 sees 10.0.2.10');
    await network.apply(first);
  });

  test('an access list that denies all cuts flows at once, but none within its subnet', async () => {
    await guest('app1').connect('10.0.4.20', 7000, { keepAs: 'across' });
    await guest('open2').connect('10.0.4.20', 7000, { keepAs: 'within' });

    await network.apply(withAccessList());

    assert.equal(await guest('app1').isCut('across'), true);
    assert.equal(await guest('open2').flows('within'), true);
    assert.equal(await guest('open2').connect('10.0.4.20', 7000), 'open1 sees 10.0.4.21');
    await network.apply(first);
  });

  test('public addresses reach their links, also when two networks have the same private ones', async () => {
    assert.equal(await guest('host').connect(`${pool}.10`, 80), `web1 sees ${pool}.0`);
    assert.equal(await guest('host').connect(`${pool}.20`, 80), `other sees ${pool}.0`);
    assert.equal(await guest('web1').connect(`${pool}.20`, 80), `other sees ${pool}.10`);
    assert.equal(await guest('app1').connect(`${pool}.10`, 80), `web1 sees ${pool}.5`);
    const stopped = await Promise.all([
      guest('host').isStopped(`${pool}.10`, 81),
      guest('host').isStopped(`${pool}.99`, 80),
      guest('outside').isStopped(`${pool}.10`, 80),
    ]);
    assert.deepEqual(stopped, [true, true, true]);
  });

  test('only a public address or a NAT gateway leads outside', async () => {
    const { outsideAddress, hostAddress } = world;
    assert.equal(await guest('web1').connect(outsideAddress, 80), `outside sees ${hostAddress}`);
    assert.equal(await guest('app1').connect(outsideAddress, 80), `outside sees ${hostAddress}`);
    const stopped = await Promise.all([
      guest('web2').isStopped(outsideAddress, 80),
      guest('open1').isStopped(outsideAddress, 80),
    ]);
    assert.deepEqual(stopped, [true, true]);
  });

  test('a network without Internet gateway is closed in both directions', async () => {
    await network.apply({ ...first, hasInternetGateway: false });
    const stopped = await Promise.all([
      guest('web1').isStopped(world.outsideAddress, 80),
      guest('app1').isStopped(world.outsideAddress, 80),
      guest('host').isStopped(`${pool}.10`, 80),
    ]);
    assert.deepEqual(stopped, [true, true, true]);
    await network.apply(first);
    assert.equal(await guest('host').connect(`${pool}.10`, 80), `web1 sees ${pool}.0`);
  });

  test('a public address that is taken away takes its flows with it', async () => {
    await guest('host').connect(`${pool}.10`, 80, { keepAs: 'public' });
    assert.equal(await guest('host').flows('public'), true);

    await network.apply(withLink({ ...links.web1, publicAddresses: {} }));

    assert.equal(await guest('host').isCut('public'), true);
    assert.equal(await guest('host').isStopped(`${pool}.10`, 80), true);
    await network.apply(first);
    assert.equal(await guest('host').connect(`${pool}.10`, 80), `web1 sees ${pool}.0`);
  });

  test('black holes and addresses of nobody swallow what is sent to them', async () => {
    const stopped = await Promise.all([
      guest('web1').isStopped('172.20.0.1', 80),
      guest('web1').isStopped('10.0.9.9', 80),
      guest('web1').isStopped('10.0.1.99', 80),
      guest('app1').isStopped('10.0.9.9', 80),
      guest('web1').isStopped('169.254.7.7', 80),
    ]);
    assert.deepEqual(stopped, [true, true, true, true, true]);
  });

  test('a guest reaches neither the host nor what listens there', async () => {
    const stopped = await Promise.all(
      [world.hostAddress, `${pool}.0`, `${pool}.255`, '127.0.0.1'].flatMap((address) => [
        guest('web1').isStopped(address, 4566),
        guest('app1').isStopped(address, 4566),
      ]),
    );
    assert.deepEqual(
      stopped,
      stopped.map(() => true),
    );
  });

  test('a sender is who it says, unless nobody checks', async () => {
    await run('ip', ['-n', 'sg-t-net-eni-7', 'addr', 'add', '198.51.100.7/32', 'dev', 'lo']);
    const spoofed = { source: '198.51.100.7' };
    assert.equal(await guest('open2').isUnanswered('10.0.4.20', 7000, 10, spoofed), true);
    assert.equal(await guest('open2').exchange('10.0.4.20', 7000, 10), '10 bytes from 10.0.4.20');
    assert.equal(await guest('open1').hasHeard('198.51.100.7'), false);

    await network.apply({
      ...withLink({ ...links.open2, sourceDestCheck: false }),
      routeTables: first.routeTables.map((table) =>
        table.id === 'rtb-alone'
          ? {
              ...table,
              routes: [{ destination: '198.51.100.7/32', target: { type: 'link', linkId: 'eni-7' } }],
            }
          : table,
      ),
    });
    assert.equal(await guest('open2').exchange('10.0.4.20', 7000, 10, spoofed), '10 bytes from 10.0.4.20');
    await network.apply(first);
  });

  test('datagrams in fragments are judged as the whole', async () => {
    assert.equal(await guest('open2').exchange('10.0.4.20', 7000, 3000), '3000 bytes from 10.0.4.20');
    assert.equal(await guest('open2').isUnanswered('10.0.2.10', 8080, 3000), true);
  });

  test('services see which link asks, whatever its groups and addresses', async () => {
    assert.equal(await guest('web1').connect('169.254.169.254', 80), 'services sees 100.64.4.1');
    assert.equal(await guest('other').connect('169.254.169.254', 80), 'services sees 100.64.8.1');
    assert.equal(await guest('db').connect('169.254.169.254', 80), 'services sees 100.64.4.5');
    assert.equal(await guest('db').exchange('10.0.0.2', 53, 20), '20 bytes from 10.0.0.2');
    assert.equal(await guest('db').exchange('169.254.169.253', 53, 20), '20 bytes from 169.254.169.253');
    const { aliases } = JSON.parse(
      readFileSync(join(world.site.stateDir, 'network', 'vpc-a.aliases.json'), 'utf8'),
    );
    assert.equal(aliases['100.64.4.5'], links.db.id);
    const stopped = await Promise.all([
      guest('web1').isStopped('100.127.255.254', 80),
      guest('web1').isStopped('100.127.255.252', 22),
      guest('web1').isStopped('169.254.169.254', 22),
    ]);
    assert.deepEqual(stopped, [true, true, true]);
  });

  test("the region's own API is reached by those who reach the Internet", async () => {
    assert.equal(await guest('web1').connect('100.127.255.252', 443), 'services sees 100.64.4.1');
    assert.equal(await guest('app1').connect('100.127.255.252', 80), 'services sees 100.64.4.4');
    const stopped = await Promise.all([
      guest('web2').isStopped('100.127.255.252', 443),
      guest('open1').isStopped('100.127.255.252', 443),
    ]);
    assert.deepEqual(stopped, [true, true]);
  });

  test('no connection fails while rules are replaced', async () => {
    const greetings = new Set<string | undefined>();
    const connecting = (async () => {
      for (let turn = 0; turn < 200; turn += 1) greetings.add(await guest('web2').connect('10.0.1.10', 80));
    })();
    for (let turn = 0; turn < 20; turn += 1)
      await network.apply({
        ...first,
        securityGroups: [openGroup, web, app, database, { id: `sg-x${turn}`, rules: [] }],
      });
    await connecting;

    assert.deepEqual([...greetings], ['web1 sees 10.0.1.11']);
    await network.apply(first);
  });

  test('everything that was added is gone after destroyAll', async () => {
    await network.destroyAll();

    assert.equal(await world.hostState(), untouched);
    assert.deepEqual(await network.list(), []);
  });
});
