import type {
  AccessList,
  Link,
  Network,
  NetworkSecurityGroup,
  ProtocolMatch,
  SecurityGroupAllow,
} from '#/drivers/network/driver.ts';

/** Networks for tests: each function gives a whole part with defaults for what a test does not care about. */
export const everything: ProtocolMatch = { name: 'all' };

export function tcp(fromPort: number, toPort = fromPort): ProtocolMatch {
  return { name: 'tcp', fromPort, toPort };
}

export function allowIn(
  peer: SecurityGroupAllow['peer'],
  protocol: ProtocolMatch = everything,
): SecurityGroupAllow {
  return { direction: 'in', peer, protocol };
}

export function allowOut(
  peer: SecurityGroupAllow['peer'],
  protocol: ProtocolMatch = everything,
): SecurityGroupAllow {
  return { direction: 'out', peer, protocol };
}

export const anywhere = { cidr: '0.0.0.0/0' } as const;

/** What a new network has: everything may pass. */
export function openAccessList(id: string): AccessList {
  return {
    id,
    entries: (['in', 'out'] as const).map((direction) => ({
      number: 100,
      direction,
      allow: true,
      protocol: everything,
      cidr: '0.0.0.0/0',
    })),
  };
}

export const openGroup: NetworkSecurityGroup = {
  id: 'sg-open',
  rules: [allowIn(anywhere), allowOut(anywhere)],
};

export function sampleLink(
  number: number,
  subnetId: string,
  address: string,
  more: Partial<Link> = {},
): Link {
  return {
    id: `eni-${number}`,
    subnetId,
    addresses: [address],
    macAddress: `0e:00:00:00:00:${number.toString(16).padStart(2, '0')}`,
    securityGroupIds: ['sg-open'],
    sourceDestCheck: true,
    publicAddresses: {},
    isNat: false,
    ...more,
  };
}

/** Two subnets, `public` with the Internet gateway and `private` without, and no links. */
export function sampleNetwork(id: string, more: Partial<Network> = {}): Network {
  return {
    id,
    cidrs: ['10.0.0.0/16'],
    subnets: [
      { id: 'subnet-public', cidr: '10.0.1.0/24', routeTableId: 'rtb-public', accessListId: 'acl-open' },
      { id: 'subnet-private', cidr: '10.0.2.0/24', routeTableId: 'rtb-private', accessListId: 'acl-open' },
    ],
    links: [],
    routeTables: [
      {
        id: 'rtb-public',
        routes: [{ destination: '0.0.0.0/0', target: { type: 'internet-gateway' } }],
      },
      { id: 'rtb-private', routes: [] },
    ],
    accessLists: [openAccessList('acl-open')],
    securityGroups: [openGroup],
    hasInternetGateway: true,
    hasNameServer: true,
    ...more,
  };
}
