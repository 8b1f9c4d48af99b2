import type { Network } from '#/drivers/network/driver.ts';
import { runIn, tryRunIn } from '#/drivers/network/linux/kernel.ts';

/** Ends flows that hang on an address which somebody else may have by now. */
export async function forgetFlows(
  router: string,
  before: Network | undefined,
  after: Network,
): Promise<void> {
  if (!before) return;
  const addressesNow = new Set(after.links.flatMap((link) => link.addresses));
  const pairsNow = new Set(publicPairs(after).map(([inner, outer]) => `${inner} ${outer}`));
  const gone = [
    ...publicPairs(before)
      .filter(([inner, outer]) => !pairsNow.has(`${inner} ${outer}`))
      .map(([, outer]) => outer),
    ...before.links.flatMap((link) => link.addresses).filter((address) => !addressesNow.has(address)),
  ];
  if (gone.length === 0) return;
  const flows = await runIn(router, 'conntrack', ['-L']);
  for (const address of gone) {
    if (!flows.includes(`=${address} `)) continue;
    // Original source, original destination, and the address that senders were hidden behind. No such flow is no error.
    for (const side of ['-s', '-d', '-q']) await tryRunIn(router, 'conntrack', ['-D', side, address]);
  }
}

function publicPairs(network: Network): readonly (readonly [string, string])[] {
  return network.hasInternetGateway
    ? network.links.flatMap((link) => Object.entries(link.publicAddresses))
    : [];
}
