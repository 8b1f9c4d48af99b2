import { unreachable } from '#/lib/assert.ts';
import type { NetworkRoute } from '#/drivers/network/driver.ts';
import type { NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import type { RouteTarget } from '#/services/ec2/route-table/resource.ts';
import type { VpcParts } from '#/services/ec2/vpc/parts.ts';

/** Where a route leads now: through a link of this VPC, to its Internet gateway, or nowhere when its target is gone. */
export function resolveTarget(target: RouteTarget, parts: VpcParts): NetworkRoute['target'] {
  switch (target.type) {
    case 'gateway':
      return parts.internetGateways.some(({ id }) => id === target.gatewayId)
        ? { type: 'internet-gateway' }
        : { type: 'blackhole' };
    case 'nat-gateway':
      return toLinkTarget(
        parts.natGateways.find(({ id, spec }) => id === target.natGatewayId && spec.wish === 'available')
          ?.spec.networkInterfaceId,
        parts.networkInterfaces,
      );
    case 'network-interface':
      return toLinkTarget(target.networkInterfaceId, parts.networkInterfaces);
    case 'instance':
      return toLinkTarget(
        parts.networkInterfaces.find(
          ({ spec: { attachment } }) =>
            attachment?.instanceId === target.instanceId && attachment.deviceIndex === 0,
        )?.id,
        parts.networkInterfaces,
      );
    default:
      return unreachable(target);
  }
}

function toLinkTarget(
  linkId: string | undefined,
  networkInterfaces: readonly NetworkInterface[],
): NetworkRoute['target'] {
  const found = networkInterfaces.find(({ id }) => id === linkId);
  // An interface that nothing is attached to answers to nobody.
  return found?.spec.attachment ? { type: 'link', linkId: found.id } : { type: 'blackhole' };
}
