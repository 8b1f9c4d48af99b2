import { namespacePath, type Site } from '#/drivers/linux/site.ts';
import {
  congestionControl,
  ipBatch,
  nftLoad,
  observePlace,
  setSysctls,
} from '#/drivers/network/linux/kernel.ts';
import type { InsidePlan } from '#/drivers/network/linux/plan.ts';

/** Makes a link's own namespace what it shall be; what is right already stays, and with it the flows. */
export async function configureInside(
  site: Site,
  linkId: string,
  plan: InsidePlan,
  isNew: boolean,
): Promise<void> {
  const place = namespacePath(site, linkId);
  const wanted = plan.addresses.map((address) => `${address}/${plan.prefixLength}`);
  const now = isNew ? [] : ((await observePlace(place)).devices.get('eth0')?.addresses ?? []);
  await Promise.all([
    setSysctls(place, settingsOf(plan)),
    ipBatch(place, [
      'link set lo up',
      `link set eth0 mtu ${plan.mtu} up`,
      ...wanted.map((address) => `addr replace ${address} dev eth0`),
      ...now.filter((address) => !wanted.includes(address)).map((address) => `addr del ${address} dev eth0`),
      `route replace default via ${plan.gateway} dev eth0 onlink`,
    ]),
  ]);
  const [first] = plan.addresses;
  if (plan.isNat && first !== undefined) await nftLoad(place, renderNat(first));
}

function settingsOf(plan: InsidePlan): Readonly<Record<string, string | number>> {
  const forwarding = {
    'net.ipv4.ip_forward': 1,
    'net.ipv4.conf.all.send_redirects': 0,
    'net.ipv4.conf.eth0.send_redirects': 0,
  };
  return {
    'net.ipv6.conf.all.disable_ipv6': 1,
    'net.ipv6.conf.default.disable_ipv6': 1,
    // The second address stays when the first one goes.
    'net.ipv4.conf.eth0.promote_secondaries': 1,
    'net.ipv4.ip_unprivileged_port_start': 0,
    ...congestionControl(),
    ...(plan.isNat ? forwarding : {}),
  };
}

/** A NAT gateway: all who come through leave under its address; nobody begins anything with the gateway itself. */
function renderNat(address: string): string {
  return `add table ip nat
delete table ip nat
table ip nat {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "eth0" ip saddr != ${address} snat to ${address}
  }
}
`;
}
