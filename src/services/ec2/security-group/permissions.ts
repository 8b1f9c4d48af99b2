import type * as aws from '@aws-sdk/client-ec2';
import { isIPv6 } from 'node:net';
import { AwsError } from '#/lib/aws-error.ts';
import { parseCidr, renderCidr } from '#/lib/cidr.ts';
import { resourceId, type Random } from '#/lib/random.ts';
import { groupNotFound, invalidParameterValue } from '#/services/ec2/errors.ts';
import type { SecurityGroup, SecurityGroupRule } from '#/services/ec2/security-group/resource.ts';
import type { Defined } from '#/wire/api/operation.ts';
import type { Tags } from '#/store/resource.ts';

/** One `IpPermissions` member as it comes in. */
export type Permission = Defined<aws.IpPermission>;

/** What turning permissions into rules needs to know. */
export interface RuleMaker {
  readonly random: Random;
  readonly isEgress: boolean;
  readonly tags: Tags;
  /** The group by id or (in the same VPC) by name; undefined when there is none. */
  readonly findGroup: (idOrName: { id?: string; name?: string }) => SecurityGroup | undefined;
}

/** The rules of permissions: one for each peer. Throws what AWS says of malformed ones. */
export function toRules(permissions: readonly Permission[], maker: RuleMaker): readonly SecurityGroupRule[] {
  return permissions.flatMap((permission) => {
    const match = toMatch(permission.IpProtocol, permission.FromPort, permission.ToPort);
    return peersOf(permission, maker).map(({ peer, description }) => ({
      id: resourceId('sgr', maker.random),
      isEgress: maker.isEgress,
      ...match,
      peer,
      description: requireDescription(description),
      tags: maker.tags,
    }));
  });
}

/** Protocol and ports in their canonical form: names in lower case, -1 for all. */
export function toMatch(
  ipProtocol: string | undefined,
  fromPort: number | undefined,
  toPort: number | undefined,
): Pick<SecurityGroupRule, 'ipProtocol' | 'fromPort' | 'toPort'> {
  const protocol = toProtocol(ipProtocol ?? '-1');
  if (protocol === 'icmp' || protocol === 'icmpv6')
    return { ipProtocol: protocol, fromPort: fromPort ?? -1, toPort: toPort ?? -1 };
  if (protocol !== 'tcp' && protocol !== 'udp') return { ipProtocol: protocol, fromPort: -1, toPort: -1 };
  if (fromPort === undefined || toPort === undefined)
    throw invalidParameterValue(
      'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.',
    );
  // -1 to -1 is another way to say all ports.
  if (fromPort === -1 && toPort === -1) return { ipProtocol: protocol, fromPort: 0, toPort: 65_535 };
  if (fromPort < 0 || toPort > 65_535 || fromPort > toPort)
    throw invalidParameterValue(`Invalid ${protocol.toUpperCase()} port range (${fromPort}, ${toPort})`);
  return { ipProtocol: protocol, fromPort, toPort };
}

/** A peer network in its canonical form. Throws InvalidParameterValue. */
export function toCidrPeer(text: string): { readonly cidrIpv4: string } {
  const cidr = parseCidr(text);
  if (!cidr) throw invalidParameterValue(`CIDR block ${text} is malformed`);
  return { cidrIpv4: renderCidr(cidr) };
}

/** A peer network of IPv6; stored and shown, though the data plane has no IPv6. Throws InvalidParameterValue. */
export function toCidrIpv6Peer(text: string): { readonly cidrIpv6: string } {
  const [address = '', length = '', ...rest] = text.split('/');
  if (rest.length > 0 || !isIPv6(address) || !/^\d{1,3}$/.test(length) || Number(length) > 128)
    throw invalidParameterValue(`CIDR block ${text} is malformed`);
  return { cidrIpv6: text.toLowerCase() };
}

/** Rules as `IpPermissions`: those of the same protocol and ports together. */
export function toPermissions(rules: readonly SecurityGroupRule[], account: string): aws.IpPermission[] {
  const byMatch = Map.groupBy(rules, ({ ipProtocol, fromPort, toPort }) =>
    [ipProtocol, fromPort, toPort].join(' '),
  );
  return [...byMatch.values()].map((group) => toPermission(group, account));
}

function toPermission(rules: readonly SecurityGroupRule[], account: string): aws.IpPermission {
  const [first] = rules;
  const hasPorts = first !== undefined && first.ipProtocol !== '-1';
  return {
    IpProtocol: first?.ipProtocol,
    ...(hasPorts ? { FromPort: first.fromPort, ToPort: first.toPort } : {}),
    IpRanges: rules.flatMap(({ peer, description }) =>
      'cidrIpv4' in peer ? [{ CidrIp: peer.cidrIpv4, Description: description }] : [],
    ),
    Ipv6Ranges: rules.flatMap(({ peer, description }) =>
      'cidrIpv6' in peer ? [{ CidrIpv6: peer.cidrIpv6, Description: description }] : [],
    ),
    UserIdGroupPairs: rules.flatMap(({ peer, description }) =>
      'referencedGroupId' in peer
        ? [{ GroupId: peer.referencedGroupId, UserId: account, Description: description }]
        : [],
    ),
    PrefixListIds: [],
  };
}

interface Peer {
  readonly peer: SecurityGroupRule['peer'];
  readonly description: string | undefined;
}

function peersOf(permission: Permission, maker: RuleMaker): readonly Peer[] {
  const [prefixList] = permission.PrefixListIds ?? [];
  if (prefixList)
    throw new AwsError(
      'InvalidPrefixListID.NotFound',
      `The prefix list ID '${prefixList.PrefixListId ?? ''}' does not exist`,
    );
  return [
    ...(permission.IpRanges ?? []).map((range) => ({
      peer: toCidrPeer(range.CidrIp ?? ''),
      description: range.Description,
    })),
    ...(permission.Ipv6Ranges ?? []).map((range) => ({
      peer: toCidrIpv6Peer(range.CidrIpv6 ?? ''),
      description: range.Description,
    })),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => {
      const group = maker.findGroup({
        ...(pair.GroupId === undefined ? {} : { id: pair.GroupId }),
        ...(pair.GroupName === undefined ? {} : { name: pair.GroupName }),
      });
      if (!group) throw groupNotFound(pair.GroupId ?? pair.GroupName ?? '');
      return { peer: { referencedGroupId: group.id }, description: pair.Description };
    }),
  ];
}

const protocolNames: ReadonlyMap<string, string> = new Map([
  ['1', 'icmp'],
  ['6', 'tcp'],
  ['17', 'udp'],
  ['58', 'icmpv6'],
  ['all', '-1'],
]);

function toProtocol(text: string): string {
  const lower = text.toLowerCase();
  const protocol = protocolNames.get(lower) ?? lower;
  const isNumber = /^\d{1,3}$/.test(protocol) && Number(protocol) <= 255;
  if (!isNumber && !['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol))
    throw invalidParameterValue(`Invalid value '${text}' for IP protocol. Unknown protocol.`);
  return protocol;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html */
function requireDescription(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/.test(text))
    throw invalidParameterValue(
      'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
    );
  return text === '' ? undefined : text;
}
