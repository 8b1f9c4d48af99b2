import type { NetworkAclEntry } from '#/services/ec2/network-acl/resource.ts';

/** The number of the entry that ends every list: what no other matched is denied. */
export const finalRuleNumber = 32_767;

/** What a default list starts with: everything, both ways. */
export const allowAllEntries: readonly NetworkAclEntry[] = [true, false].map((isEgress) => ({
  ruleNumber: 100,
  isEgress,
  protocol: '-1',
  ruleAction: 'allow',
  cidrBlock: '0.0.0.0/0',
  ipv6CidrBlock: undefined,
  portRange: undefined,
  icmp: undefined,
}));

/** The entries as Describe shows them: with the final deny of each direction. */
export function withFinalDeny(entries: readonly NetworkAclEntry[]): readonly NetworkAclEntry[] {
  const final = [true, false].map((isEgress): NetworkAclEntry => ({
    ruleNumber: finalRuleNumber,
    isEgress,
    protocol: '-1',
    ruleAction: 'deny',
    cidrBlock: '0.0.0.0/0',
    ipv6CidrBlock: undefined,
    portRange: undefined,
    icmp: undefined,
  }));
  return [...entries, ...final].toSorted(
    (a, b) => Number(b.isEgress) - Number(a.isEgress) || a.ruleNumber - b.ruleNumber,
  );
}
