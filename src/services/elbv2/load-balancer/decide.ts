import type { NameRecord } from '#/drivers/names/driver.ts';
import type { NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import type { LoadBalancer, LoadBalancerNodeStatus } from '#/services/elbv2/load-balancer/resource.ts';

/** Active once every node runs, and from then on. */
export function decideState(
  { status }: LoadBalancer,
  nodes: readonly LoadBalancerNodeStatus[],
): LoadBalancer['status']['state'] {
  if (status.state === 'active') return 'active';
  return nodes.length > 0 && nodes.every(({ isRunning }) => isRunning) ? 'active' : 'provisioning';
}

/**
 * What the load balancer's name resolves to: its nodes that run, or all when none does. `interfaces` are those of the
 * load balancer's zones, in the order of `nodes`.
 */
export function decideRecord(
  { spec }: LoadBalancer,
  nodes: readonly LoadBalancerNodeStatus[],
  interfaces: readonly (NetworkInterface | undefined)[],
): NameRecord | undefined {
  const addressOf = (networkInterface: NetworkInterface | undefined): string[] => {
    const address =
      spec.scheme === 'internet-facing'
        ? networkInterface?.spec.publicIpAddress
        : networkInterface?.spec.privateIpAddresses[0];
    return address === undefined ? [] : [address];
  };
  const running = interfaces.filter((_, index) => nodes[index]?.isRunning).flatMap(addressOf);
  const addresses = running.length > 0 ? running : interfaces.flatMap(addressOf);
  if (addresses.length === 0) return undefined;
  return { name: spec.dnsName.toLowerCase(), ttlSeconds: 60, data: { type: 'A', addresses } };
}
