import { unreachable } from '#/lib/assert.ts';
import { trigger, type Controller } from '#/controllers/controller.ts';
import type { Dependencies } from '#/services/contract.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { decideNatGateway, type ObservedNatGateway } from '#/services/ec2/nat-gateway/decide.ts';
import { natGatewayType, type NatGateway } from '#/services/ec2/nat-gateway/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import type { Store } from '#/store/store.ts';

/** Follows a gateway through its life. Its interface and address are realised by the VPC's controller. */
export function natGatewayController({
  store,
  clock,
}: Pick<Dependencies, 'store' | 'clock'>): Controller<NatGateway> {
  return {
    type: natGatewayType,
    // oxlint-disable-next-line typescript/require-await -- the store answers at once
    async reconcile(gateway) {
      const step = decideNatGateway(gateway, observe(store, gateway), clock.now());
      switch (step.do) {
        case 'report':
          // A new status brings the next look.
          store.setStatus(gateway, step.status);
          return undefined;
        case 'wait':
          return { requeueAfterMs: step.ms };
        case 'forget':
          store.remove(gateway);
          return undefined;
        default:
          return unreachable(step);
      }
    },
    triggers: [
      trigger(networkInterfaceType, ({ id }) =>
        store.listAnyBy(natGatewayType, 'networkInterfaceId', id).map((gateway) => gateway.id),
      ),
      trigger(eipType, ({ id }) =>
        store.listAnyBy(natGatewayType, 'allocationId', id).map((gateway) => gateway.id),
      ),
    ],
  };
}

function observe(store: Store, { spec }: NatGateway): ObservedNatGateway {
  const own =
    spec.networkInterfaceId === undefined
      ? undefined
      : store.getAny(networkInterfaceType, spec.networkInterfaceId);
  return {
    hasInterface: own !== undefined,
    isLinked: own?.status.isLinked ?? false,
    isMapped: own?.status.mappedAddresses?.includes(spec.publicIp) ?? false,
  };
}
