import type { ObservedPlace } from '#/drivers/network/linux/kernel.ts';
import type { DevicePlan, RouterPlan } from '#/drivers/network/linux/plan.ts';

/** A group of no subnet: what comes from there is dropped. */
export const goneGroup = 65_535;

/** The lines for `ip -batch` that make a router's namespace what it shall be. None when it is. */
export function routerSteps(
  plan: RouterPlan,
  now: ObservedPlace,
  namespaceNameOf: (linkId: string) => string,
): readonly string[] {
  const wished = new Set(plan.devices.map(({ name }) => name));
  const gone = [...now.devices.keys()].filter((name) => /^e\d+$/.test(name) && !wished.has(name));
  return [
    // The kernel waits once for a group, not once for each.
    ...gone.map((name) => `link set ${name} group ${goneGroup}`),
    ...(gone.length > 0 ? [`link del group ${goneGroup}`] : []),
    ...plan.devices.flatMap((device) => deviceSteps(device, now, namespaceNameOf(device.linkId))),
    ...addressSteps(plan, now),
    ...routeSteps(plan, now, new Set(gone)),
    ...plan.rules.filter((rule) => !now.rules.has(rule)).map((rule) => `rule add ${rule}`),
    ...[...now.rules].filter((rule) => !plan.rules.includes(rule)).map((rule) => `rule del ${rule}`),
  ];
}

function deviceSteps(device: DevicePlan, now: ObservedPlace, namespaceName: string): readonly string[] {
  const { name, group, mtu } = device;
  const old = now.devices.get(name);
  if (!old)
    return [
      `link add ${name} group ${group} mtu ${mtu} type veth peer name eth0 address ${device.macAddress} mtu ${mtu} netns ${namespaceName}`,
      `link set ${name} alias ${device.linkId}`,
      `link set ${name} up`,
      // The kernel answers for others only after a random delay, meant for real Ethernets.
      `ntable change name arp_cache dev ${name} proxy_delay 0`,
    ];
  return old.group === group && old.mtu === mtu && old.isUp
    ? []
    : [`link set ${name} group ${group} mtu ${mtu} up`];
}

function addressSteps(plan: RouterPlan, now: ObservedPlace): readonly string[] {
  const wished = plan.addresses.map((address) => `${address}/32`);
  const there = (now.devices.get('lo')?.addresses ?? []).filter((address) => address !== '127.0.0.1/8');
  return [
    ...wished.filter((address) => !there.includes(address)).map((address) => `addr add ${address} dev lo`),
    ...there.filter((address) => !wished.includes(address)).map((address) => `addr del ${address} dev lo`),
  ];
}

/** Routes through a device that goes are gone with it. */
function routeSteps(plan: RouterPlan, now: ObservedPlace, gone: ReadonlySet<string>): readonly string[] {
  const there = [...now.routes].filter(([, { device }]) => device === undefined || !gone.has(device));
  const texts = new Map(there.map(([key, { text }]) => [key, text]));
  return [
    ...[...plan.routes]
      .filter(([key, text]) => texts.get(key) !== text)
      .map(([, text]) => `route replace ${text}`),
    ...[...texts].filter(([key]) => !plan.routes.has(key)).map(([, text]) => `route del ${text}`),
  ];
}
