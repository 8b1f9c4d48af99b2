import { resourceId, type Random } from '#/lib/random.ts';
import type { SecurityGroupRule } from '#/services/ec2/security-group/resource.ts';

/** The rule that every new group has: its members may talk to everyone outside. */
export function allowAllEgress(random: Random): SecurityGroupRule {
  return {
    id: resourceId('sgr', random),
    isEgress: true,
    ipProtocol: '-1',
    fromPort: -1,
    toPort: -1,
    peer: { cidrIpv4: '0.0.0.0/0' },
    description: undefined,
    tags: {},
  };
}

/** Whether two rules allow the same: AWS refuses the second. Descriptions and tags do not count. */
export function isSameRule(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return ruleKey(a) === ruleKey(b);
}

function ruleKey({ isEgress, ipProtocol, fromPort, toPort, peer }: SecurityGroupRule): string {
  return JSON.stringify([isEgress, ipProtocol, fromPort, toPort, peer]);
}

/** The rule in the words of AWS's errors: `peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW`. */
export function renderRule({ ipProtocol, fromPort, toPort, peer }: SecurityGroupRule): string {
  const who = Object.values(peer).join();
  if (ipProtocol === '-1') return `peer: ${who}, ALL, ALLOW`;
  if (ipProtocol === 'icmp') return `peer: ${who}, ICMP, type: ${fromPort}, code: ${toPort}, ALLOW`;
  return `peer: ${who}, ${ipProtocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}, ALLOW`;
}
