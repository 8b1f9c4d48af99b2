import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  AccessListEntry,
  Link,
  Network,
  NetworkRoute,
  ProtocolMatch,
  SecurityGroupAllow,
} from '#/drivers/network/driver.ts';
import { evaluateFlow, type Packet } from '#/drivers/network/evaluate.ts';
import { linuxNetwork } from '#/drivers/network/linux/network.ts';
import { startGuest, type Guest } from '#/drivers/network/linux/testing/guest.ts';
import { makeWorld } from '#/drivers/network/linux/testing/world.ts';
import { sampleLink, sampleNetwork } from '#/drivers/network/samples.ts';
import { seededRandom, systemRandom, type Random } from '#/lib/random.ts';

const ruleSets = 12;
const probesEach = 12;
const ports = [80, 443, 8080];
const groupIds = ['sg-a', 'sg-b', 'sg-c'];
const subnetIds = ['subnet-1', 'subnet-2', 'subnet-3'];
const places = [
  ['subnet-1', '10.0.1.10'],
  ['subnet-1', '10.0.1.11'],
  ['subnet-2', '10.0.2.10'],
  ['subnet-2', '10.0.2.11'],
  ['subnet-3', '10.0.3.10'],
] as const;

test('the kernel decides as the model says', { timeout: 120_000 }, async (context) => {
  const seed = Number(process.env['SEED'] ?? systemRandom.int(2 ** 31));
  context.diagnostic(`SEED=${seed}`);
  const random = seededRandom(seed);
  const world = await makeWorld('t-net4');
  const driver = linuxNetwork({ site: world.site, hostNamespace: world.host });
  const guests: Guest[] = [];
  try {
    await driver.prepare();
    await driver.apply(randomNetwork(random));
    const namespaces = [
      ...places.map((_, index) => driver.namespaceOf(`eni-${index + 1}`)),
      world.host,
      world.outside,
    ];
    for (const [index, namespace] of namespaces.entries()) guests.push(startGuest(`${index}`, namespace));
    await Promise.all(guests.flatMap((guest) => ports.map((port) => guest.listen(port))));

    let sourcePort = 10_000;
    for (let turn = 0; turn < ruleSets; turn += 1) {
      const network = randomNetwork(random);
      await driver.apply(network);
      const packets = Array.from({ length: probesEach }, () => {
        // Never the same twice: a tracked flow would outlive the rules that let it begin.
        sourcePort += 1 + random.int(300);
        return randomPacket(random, network, sourcePort, world.outsideAddress);
      });
      await Promise.all(
        packets.map(async (packet) => {
          const decision = evaluateFlow(network, packet);
          const passed = await passes(guests, packet, decision.isAllowed);
          assert.equal(
            passed,
            decision.isAllowed,
            `SEED=${seed} ${JSON.stringify(packet)} ${JSON.stringify(decision)} ${JSON.stringify(network)}`,
          );
        }),
      );
    }
  } finally {
    await Promise.all(guests.map((guest) => guest.end()));
    await driver.destroyAll();
    await world.remove();
  }
});

/** Sends the packet. What shall pass is given time; what shall not is not waited for as long. */
async function passes(guests: readonly Guest[], packet: Packet, isExpected: boolean): Promise<boolean> {
  const index = packet.from === 'internet' ? places.length : Number(packet.from.linkId.slice(4)) - 1;
  const guest = guests[index];
  const { payload, destination } = packet;
  assert(
    guest && (payload.name === 'tcp' || payload.name === 'udp'),
    'a guest and a payload that it can send',
  );
  const options = { sourcePort: payload.sourcePort };
  if (payload.name === 'tcp')
    return isExpected
      ? (await guest.connect(destination, payload.destinationPort, options)) !== undefined
      : !(await guest.isStopped(destination, payload.destinationPort, options));
  return isExpected
    ? (await guest.exchange(destination, payload.destinationPort, 10, options)) !== undefined
    : !(await guest.isUnanswered(destination, payload.destinationPort, 10, options));
}

function randomPacket(random: Random, network: Network, sourcePort: number, outside: string): Packet {
  const payload = {
    name: pick(random, ['tcp', 'udp'] as const),
    sourcePort,
    destinationPort: pick(random, ports),
  };
  const publicAddresses = network.links.flatMap((link) => Object.values(link.publicAddresses));
  if (publicAddresses.length > 0 && random.int(5) === 0)
    return { from: 'internet', source: '198.18.77.0', destination: pick(random, publicAddresses), payload };
  const sender = pick(random, network.links);
  const others = network.links.filter(({ id }) => id !== sender.id).flatMap((link) => link.addresses);
  return {
    from: { linkId: sender.id },
    source: sender.addresses[0] ?? '',
    destination: pick(random, [...others, outside]),
    payload,
  };
}

function randomNetwork(random: Random): Network {
  return sampleNetwork('vpc-1', {
    subnets: subnetIds.map((id, index) => ({
      id,
      cidr: `10.0.${index + 1}.0/24`,
      routeTableId: `rtb-${1 + random.int(2)}`,
      accessListId: `acl-${1 + random.int(3)}`,
    })),
    links: places.map(([subnetId, address], index) => randomLink(random, index + 1, subnetId, address)),
    routeTables: ['rtb-1', 'rtb-2'].map((id) => ({ id, routes: randomRoutes(random) })),
    accessLists: ['acl-1', 'acl-2', 'acl-3'].map((id) => ({ id, entries: randomEntries(random) })),
    securityGroups: groupIds.map((id) => ({
      id,
      rules: Array.from({ length: 4 + random.int(6) }, () => randomAllow(random)),
    })),
    hasInternetGateway: random.int(4) > 0,
  });
}

function randomLink(random: Random, number: number, subnetId: string, address: string): Link {
  const groups = groupIds.filter(() => random.int(2) === 0);
  return sampleLink(number, subnetId, address, {
    securityGroupIds: groups.length > 0 ? groups : [pick(random, groupIds)],
    publicAddresses: random.int(2) === 0 ? { [address]: `198.18.77.${10 + number}` } : {},
  });
}

function randomRoutes(random: Random): readonly NetworkRoute[] {
  const routes: NetworkRoute[] = [];
  if (random.int(3) > 0) routes.push({ destination: '0.0.0.0/0', target: { type: 'internet-gateway' } });
  if (random.int(8) === 0) routes.push({ destination: '10.0.2.0/24', target: { type: 'blackhole' } });
  if (random.int(4) === 0) routes.push({ destination: '192.0.2.0/24', target: { type: 'blackhole' } });
  return routes;
}

/** Mostly allowing, with a wide one at the end: else nothing would ever pass both ways. */
function randomEntries(random: Random): readonly AccessListEntry[] {
  const numbers = Array.from({ length: 8 }, (_, index) => 10 * (index + 1));
  const drawn = numbers
    .filter(() => random.int(3) === 0)
    .map((number) => ({
      number,
      direction: pick(random, ['in', 'out'] as const),
      allow: random.int(3) > 0,
      protocol: randomProtocol(random),
      cidr: randomCidr(random),
    }));
  const wide = (['in', 'out'] as const).map((direction) => ({
    number: 100,
    direction,
    allow: random.int(12) > 0,
    protocol: { name: 'all' } as const,
    cidr: '0.0.0.0/0',
  }));
  return [...wide, ...drawn];
}

function randomAllow(random: Random): SecurityGroupAllow {
  return {
    direction: pick(random, ['in', 'out'] as const),
    protocol: randomProtocol(random),
    peer: random.int(3) === 0 ? { securityGroupId: pick(random, groupIds) } : { cidr: randomCidr(random) },
  };
}

function randomProtocol(random: Random): ProtocolMatch {
  const name = pick(random, ['tcp', 'udp', 'all', 'number', 'icmp'] as const);
  if (name === 'all') return { name };
  if (name === 'icmp') return { name, type: pick(random, [-1, 8]), code: pick(random, [-1, 0]) };
  if (name === 'number') return { name, number: pick(random, [1, 6, 17]) };
  const [fromPort, toPort] = pick(random, [
    [80, 80],
    [80, 443],
    [1024, 65_535],
    [0, 65_535],
    [1024, 12_000],
  ] as const);
  return { name, fromPort, toPort };
}

function randomCidr(random: Random): string {
  return pick(random, [
    '0.0.0.0/0',
    '0.0.0.0/0',
    '10.0.0.0/16',
    '10.0.1.0/24',
    '10.0.2.10/32',
    '10.0.2.0/23',
    '198.18.77.0/24',
  ]);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[random.int(choices.length)];
  assert(choice !== undefined, 'something to choose from');
  return choice;
}
