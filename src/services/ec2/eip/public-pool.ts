import { assert } from '#/lib/assert.ts';
import { cidrSize, parseCidr, renderAddress } from '#/lib/cidr.ts';
import type { Context } from '#/services/contract.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { insufficientPublicAddresses } from '#/services/ec2/errors.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';

/**
 * Takes a free public address of the region's pool: the one place where Elastic IP addresses and those that come with
 * an interface are chosen, so that none is given twice. The pool's first and last addresses are the host's and the
 * edge's. Starts at a random place, for the reason that private addresses do.
 */
export function takePublicAddress({
  store,
  random,
  publicPool,
}: Pick<Context, 'store' | 'random' | 'publicPool'>): string {
  const pool = parseCidr(publicPool);
  assert(pool, `the public pool ${publicPool} is well-formed`);
  // Those that are going count: the kernel may still send them to their former owner.
  const used = new Set([
    ...store.listAny(eipType).map((eip) => eip.spec.publicIp),
    ...store
      .listAny(networkInterfaceType)
      .flatMap(({ spec, status }) => [spec.publicIpAddress, ...(status.mappedAddresses ?? [])]),
  ]);
  const reservedFirst = 1;
  const usable = cidrSize(pool) - reservedFirst - 1;
  const start = random.int(Math.max(usable, 1));
  for (let step = 0; step < usable; step += 1) {
    const address = renderAddress(pool.base + reservedFirst + ((start + step) % usable));
    if (!used.has(address)) return address;
  }
  throw insufficientPublicAddresses();
}
