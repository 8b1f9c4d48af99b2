import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Network } from '#/drivers/network/driver.ts';
import { renderHostFilters } from '#/drivers/network/linux/edge.ts';
import type { ObservedPlace } from '#/drivers/network/linux/kernel.ts';
import { assignNumbers, freeNetworkNumber, planRouter, type Numbers } from '#/drivers/network/linux/plan.ts';
import { renderFilters } from '#/drivers/network/linux/render.ts';
import { routerSteps } from '#/drivers/network/linux/steps.ts';
import {
  allowIn,
  anywhere,
  openAccessList,
  sampleLink,
  sampleNetwork,
  tcp,
} from '#/drivers/network/samples.ts';

const unnumbered: Numbers = { network: 1, links: new Map(), subnets: new Map(), routeTables: new Map() };

function numbersOf(network: Network): Numbers {
  return assignNumbers(network, unnumbered);
}

/** The lines of a chain or a set, without what stands around them. */
function partOf(text: string, name: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const start = lines.findIndex((line) => line.endsWith(` ${name} {`));
  assert.notEqual(start, -1, `${name} is in the text`);
  return lines.slice(start + 1, lines.indexOf('}', start));
}

describe('rendered packet filters', () => {
  const link = sampleLink(1, 'subnet-public', '10.0.1.10', {
    securityGroupIds: ['sg-web', 'sg-gone'],
    publicAddresses: { '10.0.1.10': '198.18.77.10' },
  });
  const network = sampleNetwork('vpc-1', {
    links: [link],
    securityGroups: [
      {
        id: 'sg-web',
        rules: [
          allowIn(anywhere, tcp(80)),
          allowIn({ cidr: '10.0.0.9/16' }, { name: 'udp', fromPort: 5000, toPort: 6000 }),
          allowIn({ securityGroupId: 'sg-web' }, { name: 'tcp', fromPort: 0, toPort: 65_535 }),
          allowIn({ securityGroupId: 'sg-gone' }),
          allowIn(anywhere, { name: 'icmp', type: 8, code: -1 }),
          allowIn(anywhere, { name: 'icmp', type: -1, code: -1 }),
          allowIn(anywhere, { name: 'number', number: 47 }),
        ],
      },
    ],
    accessLists: [
      {
        id: 'acl-open',
        entries: [
          { number: 100, direction: 'in', allow: true, protocol: { name: 'all' }, cidr: '0.0.0.0/0' },
          { number: 90, direction: 'in', allow: false, protocol: tcp(22), cidr: '192.0.2.0/24' },
        ],
      },
    ],
  });
  const text = renderFilters(network, numbersOf(network));

  test('a security group allows what its rules name, and no member of a group that is gone', () => {
    assert.deepEqual(partOf(text, 'of_sg_web_in'), [
      'tcp dport 80 accept',
      'ip saddr 10.0.0.0/16 udp dport 5000-6000 accept',
      'ip saddr @members_sg_web meta l4proto tcp accept',
      'icmp type 8 accept',
      'ip protocol icmp accept',
      'ip protocol 47 accept',
    ]);
    assert.deepEqual(partOf(text, 'of_sg_web_out'), []);
  });

  test('a link in groups passes by one of them or not at all', () => {
    assert.deepEqual(partOf(text, 'groups_1_in'), ['jump of_sg_web_in', 'counter drop']);
  });

  test('an access list decides by the lowest number and ends with no', () => {
    assert.deepEqual(partOf(text, 'of_acl_open_in'), [
      'ip saddr 192.0.2.0/24 tcp dport 22 drop',
      'accept',
      'counter drop',
    ]);
    assert.deepEqual(partOf(text, 'of_acl_open_out'), ['counter drop']);
  });

  test('without an Internet gateway no public address is known', () => {
    const closed = renderFilters({ ...network, hasInternetGateway: false }, numbersOf(network));

    assert.match(text, /198\.18\.77\.10/);
    assert.doesNotMatch(closed, /198\.18\.77\.10/);
  });

  test('without name server support no name is asked', () => {
    const mute = renderFilters({ ...network, hasNameServer: false }, numbersOf(network));

    assert.match(text, /th dport 53/);
    assert.doesNotMatch(mute, /th dport 53/);
  });

  test('what is not an address never reaches the program', () => {
    const evil = { ...link, addresses: ['10.0.1.10 }; flush ruleset'] };

    assert.throws(() => renderFilters({ ...network, links: [evil] }, numbersOf(network)), /is an address/);
  });
});

describe('numbers', () => {
  const network = sampleNetwork('vpc-1', {
    links: [sampleLink(1, 'subnet-public', '10.0.1.10'), sampleLink(2, 'subnet-public', '10.0.1.11')],
  });

  test('stay with their parts, and those of the gone are not given again at once', () => {
    const before = numbersOf(network);
    const [, second] = network.links;
    assert(second);

    const later = assignNumbers(
      { ...network, links: [sampleLink(3, 'subnet-public', '10.0.1.12'), second] },
      before,
    );

    assert.deepEqual(
      later.links,
      new Map([
        ['eni-3', 3],
        ['eni-2', 2],
      ]),
    );
    assert.deepEqual(later.subnets, before.subnets);
  });

  test('begin again at the first free one after the last', () => {
    const links = new Map([
      ['eni-9', 1023],
      ['eni-1', 1],
    ]);

    assert.deepEqual(
      assignNumbers(network, { ...unnumbered, links }).links,
      new Map([
        ['eni-1', 1],
        ['eni-2', 2],
      ]),
    );
  });

  test('of networks are the least that nobody has', () => {
    assert.equal(freeNetworkNumber(new Set([1, 2, 4])), 3);
  });
});

describe('steps of a router', () => {
  const network = sampleNetwork('vpc-1', {
    links: [sampleLink(1, 'subnet-public', '10.0.1.10')],
    accessLists: [openAccessList('acl-open')],
  });
  const plan = planRouter(network, numbersOf(network), 1400);
  const asPlanned: ObservedPlace = {
    devices: new Map([
      [
        'e1',
        { name: 'e1', alias: 'eni-1/x', group: 10, mtu: 1400, macAddress: '', isUp: true, addresses: [] },
      ],
      [
        'lo',
        {
          name: 'lo',
          alias: '',
          group: 0,
          mtu: 65_536,
          macAddress: '',
          isUp: true,
          addresses: ['127.0.0.1/8', ...plan.addresses.map((address) => `${address}/32`)],
        },
      ],
    ]),
    routes: new Map(
      [...plan.routes].map(([key, text]) => [key, { text, device: / dev (\S+)/.exec(text)?.[1] }]),
    ),
    rules: new Set(plan.rules),
  };
  const stepsFrom = (now: ObservedPlace): readonly string[] =>
    routerSteps(plan, now, (linkId) => `sg-t-${linkId}`);

  test('are none when all is as planned', () => {
    assert.deepEqual(stepsFrom(asPlanned), []);
  });

  test('put back what is missing and remove what is too much', () => {
    const [lost] = asPlanned.rules;
    const now: ObservedPlace = {
      devices: asPlanned.devices,
      routes: new Map([
        ...[...asPlanned.routes].filter(([key]) => key !== 'default 1000 0'),
        ['192.0.2.0/24 1000 0', { text: 'blackhole 192.0.2.0/24 table 1000', device: undefined }],
      ]),
      rules: new Set([...asPlanned.rules].filter((rule) => rule !== lost)),
    };

    assert.deepEqual(stepsFrom(now), [
      'route replace default via 100.127.0.5 dev igw table 1000',
      'route del blackhole 192.0.2.0/24 table 1000',
      'rule add pref 50 to 100.127.255.252/30 lookup 254',
    ]);
  });

  test('do not delete routes of a device that goes', () => {
    const [, old] = [...asPlanned.devices];
    assert(old);
    const now: ObservedPlace = {
      ...asPlanned,
      devices: new Map([...asPlanned.devices, ['e7', { ...old[1], name: 'e7', addresses: [] }]]),
      routes: new Map([
        ...asPlanned.routes,
        ['10.0.1.77 254 0', { text: '10.0.1.77 dev e7 scope link', device: 'e7' }],
      ]),
    };

    assert.deepEqual(stepsFrom(now), ['link set e7 group 65535', 'link del group 65535']);
  });

  test('let a route whose link is gone swallow what it gets', () => {
    const orphan = {
      ...network,
      routeTables: [
        {
          id: 'rtb-public',
          routes: [{ destination: '0.0.0.0/0', target: { type: 'link', linkId: 'eni-9' } as const }],
        },
        { id: 'rtb-private', routes: [] },
      ],
    };

    assert.equal(
      planRouter(orphan, numbersOf(orphan), 1400).routes.get('default 1000 0'),
      'blackhole default table 1000',
    );
  });
});

test('the host lets guests leave by its uplink only', () => {
  const site = { name: 'eu-west-3', stateDir: '/s', imagesDir: '/i', publicPool: '198.18.7.0/24' };

  const text = renderHostFilters(site, ['eth0']);

  assert.match(text, /^add table ip sg_eu_west_3$/m);
  assert.deepEqual(partOf(text, 'input'), [
    'type filter hook input priority filter - 5; policy accept;',
    'iifname "sg-eu-west-3" ct state established,related accept',
    'iifname "sg-eu-west-3" counter drop',
  ]);
  assert.match(text, /iifname "sg-eu-west-3" oifname != \{ "eth0" \} counter drop/);
});
