import { cidrSize, parseCidr, renderCidr } from '#/lib/cidr.ts';

/**
 * The first `count` blocks of `hostBits` host bits inside an IPv4 block, as `Fn::Cidr` gives them; undefined when
 * they do not fit. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html
 */
export function subnetBlocks(block: string, count: number, hostBits: number): string[] | undefined {
  const parsed = parseCidr(block);
  if (!parsed || !Number.isInteger(count) || count < 1 || count > 256) return undefined;
  const prefixLength = 32 - hostBits;
  if (!Number.isInteger(prefixLength) || prefixLength < parsed.prefixLength || prefixLength > 32)
    return undefined;
  const size = 2 ** hostBits;
  if (count * size > cidrSize(parsed)) return undefined;
  return Array.from({ length: count }, (_, index) =>
    renderCidr({ base: parsed.base + index * size, prefixLength }),
  );
}
