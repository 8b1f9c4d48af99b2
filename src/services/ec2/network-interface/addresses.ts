import { assert } from '#/lib/assert.ts';
import { cidrContainsAddress, cidrSize, parseAddress, parseCidr, renderAddress } from '#/lib/cidr.ts';
import type { Context } from '#/services/contract.ts';
import { insufficientFreeAddresses, invalidParameterValue } from '#/services/ec2/errors.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import type { Subnet } from '#/services/ec2/subnet/resource.ts';
import { AwsError } from '#/lib/aws-error.ts';

type Region = Pick<Context, 'store' | 'random'>;

/** The first four addresses of a subnet and its last are AWS's own. */
const reservedFirst = 4;

/** How many addresses of the subnet are free. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
export function countFreeAddresses(region: Pick<Context, 'store'>, subnet: Subnet): number {
  return cidrSize(networkOf(subnet)) - reservedFirst - 1 - usedAddresses(region, subnet.id).size;
}

/**
 * Takes `count` free addresses of the subnet, none of `except`. The search starts at a random place, so that an address that was just
 * given back is not the next to be used: neighbours and conntrack may still know its former owner.
 */
export function takeFreeAddresses(
  region: Region,
  subnet: Subnet,
  count: number,
  except: readonly string[] = [],
): readonly string[] {
  const used = new Set([...usedAddresses(region, subnet.id), ...except]);
  const { base, prefixLength } = networkOf(subnet);
  const usable = cidrSize({ base, prefixLength }) - reservedFirst - 1;
  const start = region.random.int(usable);
  const taken: string[] = [];
  for (let step = 0; step < usable && taken.length < count; step += 1) {
    const address = renderAddress(base + reservedFirst + ((start + step) % usable));
    if (!used.has(address)) taken.push(address);
  }
  if (taken.length < count) throw insufficientFreeAddresses(subnet.id);
  return taken;
}

/** Checks an address that the caller chose: in the subnet, not reserved, free. */
export function requireFreeAddress(region: Pick<Context, 'store'>, subnet: Subnet, text: string): string {
  const address = parseAddress(text);
  const network = networkOf(subnet);
  if (address === undefined) throw invalidParameterValue(`invalid value for parameter address: ${text}`);
  if (!cidrContainsAddress(network, address))
    throw invalidParameterValue("Address does not fall within the subnet's address range");
  const offset = address - network.base;
  if (offset < reservedFirst || offset === cidrSize(network) - 1)
    throw invalidParameterValue("Address is in subnet's reserved address range");
  if (usedAddresses(region, subnet.id).has(text))
    throw new AwsError('InvalidIPAddress.InUse', 'The specified address is already in use.');
  return text;
}

/** Also those of interfaces that are going: their links may still be in the kernel. */
function usedAddresses({ store }: Pick<Context, 'store'>, subnetId: string): ReadonlySet<string> {
  return new Set(
    store
      .listAnyBy(networkInterfaceType, 'subnetId', subnetId)
      .flatMap((networkInterface) => networkInterface.spec.privateIpAddresses),
  );
}

function networkOf(subnet: Subnet): { base: number; prefixLength: number } {
  const network = parseCidr(subnet.spec.cidrBlock);
  assert(network, `the network of ${subnet.id} is well-formed`);
  return network;
}
