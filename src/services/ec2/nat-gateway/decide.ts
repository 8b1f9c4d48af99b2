import type { NatGateway, NatGatewayStatus } from '#/services/ec2/nat-gateway/resource.ts';

/** How long a deleted or failed gateway stays visible. https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html */
export const visibleAfterEndMs = 3_600_000;

/** What the kernel has of a gateway. */
export interface ObservedNatGateway {
  /** Its interface still exists, if only on its way out. */
  readonly hasInterface: boolean;
  readonly isLinked: boolean;
  /** Its public address is mapped. */
  readonly isMapped: boolean;
}

export type NatGatewayStep =
  | { readonly do: 'report'; readonly status: NatGatewayStatus }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'forget' };

/** Where a gateway stands: it is available when packets can go through, and deleted when none can. */
export function decideNatGateway(
  { spec, status }: Pick<NatGateway, 'spec' | 'status'>,
  observed: ObservedNatGateway,
  nowMs: number,
): NatGatewayStep {
  if (status.endedAt !== undefined) {
    const leftMs = status.endedAt + visibleAfterEndMs - nowMs;
    return leftMs > 0 ? { do: 'wait', ms: leftMs } : { do: 'forget' };
  }
  if (spec.failure) return { do: 'report', status: { state: 'failed', endedAt: nowMs } };
  if (spec.wish === 'available') {
    const state = observed.isLinked && observed.isMapped ? 'available' : 'pending';
    return { do: 'report', status: { state, endedAt: undefined } };
  }
  return observed.hasInterface
    ? { do: 'report', status: { state: 'deleting', endedAt: undefined } }
    : { do: 'report', status: { state: 'deleted', endedAt: nowMs } };
}
