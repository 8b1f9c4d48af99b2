import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AccessListEntry, Network } from '#/drivers/network/driver.ts';
import { evaluateFlow, hasInternetPath, matches, type Packet } from '#/drivers/network/evaluate.ts';
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

const web = sampleLink(1, 'subnet-public', '10.0.1.10', {
  securityGroupIds: ['sg-web'],
  publicAddresses: { '10.0.1.10': '198.18.77.10' },
});
const neighbour = sampleLink(2, 'subnet-public', '10.0.1.11');
const app = sampleLink(3, 'subnet-private', '10.0.2.10', { securityGroupIds: ['sg-app'] });
const nat = sampleLink(4, 'subnet-public', '10.0.1.5', {
  securityGroupIds: [],
  isNat: true,
  publicAddresses: { '10.0.1.5': '198.18.77.5' },
});

const network = sampleNetwork('vpc-1', {
  links: [web, neighbour, app, nat],
  securityGroups: [
    openGroup,
    { id: 'sg-web', rules: [allowIn(anywhere, tcp(80)), allowOut(anywhere)] },
    { id: 'sg-app', rules: [allowIn({ securityGroupId: 'sg-web' }, tcp(8080))] },
  ],
});

function packet(from: Packet['from'], source: string, destination: string, destinationPort: number): Packet {
  return { from, source, destination, payload: { name: 'tcp', sourcePort: 40_000, destinationPort } };
}

const fromWeb = (destination: string, port: number): Packet =>
  packet({ linkId: 'eni-1' }, '10.0.1.10', destination, port);
const fromNeighbour = (destination: string, port: number): Packet =>
  packet({ linkId: 'eni-2' }, '10.0.1.11', destination, port);
const fromApp = (destination: string, port: number): Packet =>
  packet({ linkId: 'eni-3' }, '10.0.2.10', destination, port);
const fromOutside = (destination: string, port: number): Packet =>
  packet('internet', '192.0.2.1', destination, port);

function withEntries(...entries: readonly AccessListEntry[]): Network {
  return {
    ...network,
    subnets: network.subnets.map((subnet) =>
      subnet.id === 'subnet-private' ? { ...subnet, accessListId: 'acl-own' } : subnet,
    ),
    accessLists: [openAccessList('acl-open'), { id: 'acl-own', entries }],
  };
}

describe('a flow comes about', () => {
  const allowed: Record<string, readonly [Packet, unknown]> = {
    'where a group allows its port': [fromNeighbour('10.0.1.10', 80), { linkId: 'eni-1' }],
    'where a group allows a member of another': [fromWeb('10.0.2.10', 8080), { linkId: 'eni-3' }],
    'from outside to a public address': [fromOutside('198.18.77.10', 80), { linkId: 'eni-1' }],
    'to outside from a public address': [fromWeb('192.0.2.1', 443), 'internet'],
    'with the instance metadata, whatever the groups': [fromApp('169.254.169.254', 80), 'services'],
    'with the name server, whatever the groups': [fromApp('10.0.0.2', 53), 'services'],
  };
  for (const [name, [what, to]] of Object.entries(allowed))
    test(name, () => assert.deepEqual(evaluateFlow(network, what), { isAllowed: true, to }));
});

describe('a flow is stopped', () => {
  const denied: Record<string, readonly [Network, Packet, unknown]> = {
    'by the receiver’s groups': [
      network,
      fromNeighbour('10.0.1.10', 81),
      { stage: 'security-group-in', linkId: 'eni-1' },
    ],
    'by the sender’s groups': [
      network,
      fromApp('10.0.1.11', 80),
      { stage: 'security-group-out', linkId: 'eni-3' },
    ],
    'by a group whose member the sender is not': [
      network,
      fromNeighbour('10.0.2.10', 8080),
      { stage: 'security-group-in', linkId: 'eni-3' },
    ],
    'by a false sender': [
      network,
      packet({ linkId: 'eni-2' }, '10.0.1.99', '10.0.1.10', 80),
      { stage: 'source-check' },
    ],
    'for want of a public address': [network, fromNeighbour('192.0.2.1', 80), { stage: 'internet-gateway' }],
    'at a public address of nobody': [
      network,
      fromOutside('198.18.77.99', 80),
      { stage: 'internet-gateway' },
    ],
    'for want of an Internet gateway': [
      { ...network, hasInternetGateway: false },
      fromOutside('198.18.77.10', 80),
      { stage: 'internet-gateway' },
    ],
    'at an address of nobody': [network, fromWeb('10.0.9.9', 80), { stage: 'route' }],
    'by a list that does not name it': [
      withEntries(),
      fromWeb('10.0.2.10', 8080),
      { stage: 'access-list-in', subnetId: 'subnet-private', number: undefined },
    ],
    'by the lowest number': [
      withEntries(
        { number: 100, direction: 'in', allow: true, protocol: everything, cidr: '0.0.0.0/0' },
        { number: 90, direction: 'in', allow: false, protocol: everything, cidr: '10.0.1.10/32' },
      ),
      fromWeb('10.0.2.10', 8080),
      { stage: 'access-list-in', subnetId: 'subnet-private', number: 90 },
    ],
    'by a list that stops its answers': [
      withEntries(
        { number: 100, direction: 'in', allow: true, protocol: tcp(8080), cidr: '0.0.0.0/0' },
        { number: 100, direction: 'out', allow: true, protocol: tcp(1024, 32_000), cidr: '0.0.0.0/0' },
      ),
      fromWeb('10.0.2.10', 8080),
      { stage: 'access-list-out', subnetId: 'subnet-private', number: undefined },
    ],
  };
  for (const [name, [where, what, by]] of Object.entries(denied))
    test(name, () => assert.deepEqual(evaluateFlow(where, what), { isAllowed: false, by }));
});

test('the longest prefix decides a route, also one longer than the local one', () => {
  const routes = [
    { destination: '0.0.0.0/0', target: { type: 'internet-gateway' } },
    { destination: '10.0.2.0/24', target: { type: 'blackhole' } },
  ] as const;
  const detour = { ...network, routeTables: [{ id: 'rtb-public', routes }] };

  const decision = evaluateFlow(detour, fromWeb('10.0.2.10', 8080));

  assert.deepEqual(decision, { isAllowed: false, by: { stage: 'route' } });
});

test('a link reaches the Internet by its public address or through a NAT gateway that has one', () => {
  const throughNat = (publicAddresses: Record<string, string>): Network => ({
    ...network,
    links: [web, neighbour, app, { ...nat, publicAddresses }],
    routeTables: network.routeTables.map((table) =>
      table.id === 'rtb-private'
        ? { ...table, routes: [{ destination: '0.0.0.0/0', target: { type: 'link', linkId: 'eni-4' } }] }
        : table,
    ),
  });

  assert.equal(hasInternetPath(network, web), true);
  assert.equal(hasInternetPath(network, neighbour), false);
  assert.equal(hasInternetPath(network, app), false);
  assert.equal(hasInternetPath(throughNat(nat.publicAddresses), app), true);
  assert.equal(hasInternetPath(throughNat({}), app), false);
});

test('a rule about ICMP may name a type and a code', () => {
  const ping = { name: 'icmp', type: 8, code: 0 } as const;

  assert.equal(matches({ name: 'icmp', type: -1, code: -1 }, ping), true);
  assert.equal(matches({ name: 'icmp', type: 8, code: -1 }, ping), true);
  assert.equal(matches({ name: 'icmp', type: 8, code: 1 }, ping), false);
  assert.equal(matches({ name: 'number', number: 1 }, ping), true);
});
