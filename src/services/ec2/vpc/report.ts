import type { Network } from '#/drivers/network/driver.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import type { VpcParts } from '#/services/ec2/vpc/parts.ts';
import { vpcType, type Vpc } from '#/services/ec2/vpc/resource.ts';
import type { Resource, ResourceType } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';

const available = { state: 'available' } as const;

/**
 * Says of a VPC and its parts that the kernel has them, and forgets those that were wished gone and are. `vpc` and
 * `parts` are what `network` was made of: of a part whose wish has changed since then nothing is said.
 */
export function reportApplied(store: Store, vpc: Vpc, parts: VpcParts, network: Network): void {
  const linkIds = new Set(network.links.map(({ id }) => id));
  store.transaction(() => {
    report(store, vpcType, vpc, () => ({ ...available, appliedCidrBlocks: network.cidrs }));
    for (const subnet of parts.subnets) report(store, subnetType, subnet, () => available);
    for (const networkInterface of parts.networkInterfaces)
      report(store, networkInterfaceType, networkInterface, ({ id, status }) => ({
        ...status,
        isLinked: linkIds.has(id),
      }));
    for (const group of parts.securityGroups)
      report(store, securityGroupType, group, () => ({ isApplied: true }));
    reportMapped(store, vpc.id, parts, network);
    forgetDeleted(store, parts);
  });
}

/** Forgets a VPC whose network is gone, and all that was in it. */
export function reportDestroyed(store: Store, vpc: Vpc, parts: VpcParts): void {
  store.transaction(() => {
    reportMapped(store, vpc.id, parts, undefined);
    forgetDeleted(store, parts);
    store.remove(vpc);
  });
}

function report<R extends Resource>(
  store: Store,
  type: ResourceType<R>,
  seen: R,
  statusOf: (latest: R) => R['status'],
): void {
  const latest = store.getAny(type, seen.id);
  if (latest && !latest.deleting && latest.generation === seen.generation)
    store.setStatus(latest, statusOf(latest));
}

/**
 * Says which public addresses the network has, so that nobody else is given them. Not a claim about the wish but a fact
 * about the kernel: true whatever the wish has become.
 */
function reportMapped(store: Store, vpcId: string, parts: VpcParts, network: Network | undefined): void {
  const links = network?.links ?? [];
  const mapped = new Set(links.flatMap(({ publicAddresses }) => Object.values(publicAddresses)));
  for (const link of links) {
    const latest = store.getAny(networkInterfaceType, link.id);
    const mappedAddresses = Object.values(link.publicAddresses);
    if (latest) store.setStatus(latest, { ...latest.status, mappedAddresses });
  }
  for (const { id, spec } of parts.eips) {
    const latest = store.getAny(eipType, id);
    if (!latest) continue;
    if (mapped.has(spec.publicIp)) store.setStatus(latest, { mappedVpcId: vpcId });
    else if (latest.status.mappedVpcId === vpcId) store.setStatus(latest, { mappedVpcId: undefined });
    const reported = store.getAny(eipType, id);
    if (reported?.deleting && reported.status.mappedVpcId === undefined) store.remove(reported);
  }
}

/** None of these were in the network that is in the kernel now. */
function forgetDeleted(store: Store, parts: VpcParts): void {
  const { subnets, networkInterfaces, securityGroups, routeTables, networkAcls, internetGateways } = parts;
  for (const part of [
    ...subnets,
    ...networkInterfaces,
    ...securityGroups,
    ...routeTables,
    ...networkAcls,
    ...internetGateways,
  ])
    if (part.deleting) store.remove(part);
}
