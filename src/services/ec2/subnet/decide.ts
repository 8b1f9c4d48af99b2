import { cidrContains, cidrsOverlap, parseCidr, renderCidr } from '#/lib/cidr.ts';
import { cidrConflict, invalidCidr, subnetRange } from '#/services/ec2/errors.ts';

/**
 * A subnet's network in its canonical form: within its VPC's, /16 to /28, apart from the other subnets. Throws
 * InvalidParameterValue, InvalidSubnet.Range, InvalidSubnet.Conflict.
 */
export function requireSubnetCidr(
  text: string,
  vpcCidrs: readonly string[],
  otherSubnetCidrs: readonly string[],
): string {
  const cidr = parseCidr(text);
  if (!cidr) throw invalidCidr('cidrBlock', text);
  if (cidr.prefixLength < 16 || cidr.prefixLength > 28) throw subnetRange(text);
  const isWithinVpc = vpcCidrs.some((vpcCidr) => {
    const outer = parseCidr(vpcCidr);
    return outer !== undefined && cidrContains(outer, cidr);
  });
  if (!isWithinVpc) throw subnetRange(text);
  const canonical = renderCidr(cidr);
  if (otherSubnetCidrs.some((other) => networksOverlap(other, canonical))) throw cidrConflict(canonical);
  return canonical;
}

/** Whether two networks have an address in common. */
export function networksOverlap(a: string, b: string): boolean {
  const [first, second] = [parseCidr(a), parseCidr(b)];
  return first !== undefined && second !== undefined && cidrsOverlap(first, second);
}
