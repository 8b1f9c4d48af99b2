import { trigger, type Controller } from '#/controllers/controller.ts';
import type { Dependencies } from '#/services/contract.ts';
import { eipType } from '#/services/ec2/eip/resource.ts';
import { internetGatewayType } from '#/services/ec2/internet-gateway/resource.ts';
import { natGatewayType } from '#/services/ec2/nat-gateway/resource.ts';
import { networkAclType } from '#/services/ec2/network-acl/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { routeTableType } from '#/services/ec2/route-table/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import { needsApply, toNameRecords } from '#/services/ec2/vpc/decide.ts';
import { toNetwork } from '#/services/ec2/vpc/network-model.ts';
import { readParts } from '#/services/ec2/vpc/parts.ts';
import { reportApplied, reportDestroyed } from '#/services/ec2/vpc/report.ts';
import { vpcType, type Vpc } from '#/services/ec2/vpc/resource.ts';

const verifyEveryMs = 30_000;

/**
 * Makes each VPC and all its parts one network in the kernel. The parts have no controllers of their own: their
 * changes come here, and their statuses are written from here.
 */
export function vpcController({
  store,
  drivers,
  region,
}: Pick<Dependencies, 'store' | 'drivers' | 'region'>): Controller<Vpc> {
  const { network, names } = drivers;
  // What was last applied by this process, to spare the kernel what it has. Forgotten at a restart, and then repeated.
  const applied = new Map<string, { network?: string; names?: string }>();

  return {
    type: vpcType,
    async reconcile(vpc) {
      const parts = readParts(store, vpc.id);
      if (vpc.deleting) {
        await network.destroy(vpc.id);
        await names.remove(vpc.id);
        applied.delete(vpc.id);
        reportDestroyed(store, vpc, parts);
        return undefined;
      }
      const wanted = toNetwork(vpc, parts);
      const rendered = JSON.stringify(wanted);
      const last = applied.get(vpc.id) ?? {};
      applied.set(vpc.id, last);
      // Looking costs the kernel a question: only worth it when nothing else calls for applying.
      const observed = rendered === last.network ? await network.inspect(vpc.id) : undefined;
      if (needsApply({ wanted: rendered, applied: last.network, observed })) {
        delete last.network;
        await network.apply(wanted);
        last.network = rendered;
      }
      const records = toNameRecords(vpc, parts, region);
      const renderedNames = JSON.stringify(records);
      if (renderedNames !== last.names) {
        await names.apply({ id: vpc.id, records });
        last.names = renderedNames;
      }
      reportApplied(store, vpc, parts, wanted);
      return { requeueAfterMs: verifyEveryMs };
    },
    triggers: [
      trigger(subnetType, ({ spec }) => [spec.vpcId]),
      trigger(networkInterfaceType, ({ spec }) => [spec.vpcId]),
      trigger(securityGroupType, ({ spec }) => [spec.vpcId]),
      trigger(routeTableType, ({ spec }) => [spec.vpcId]),
      trigger(networkAclType, ({ spec }) => [spec.vpcId]),
      trigger(natGatewayType, ({ spec }) => [spec.vpcId]),
      trigger(internetGatewayType, ({ spec }) => (spec.vpcId === undefined ? [] : [spec.vpcId])),
      trigger(eipType, ({ spec, status }) =>
        [spec.association?.vpcId, status.mappedVpcId].filter((id) => id !== undefined),
      ),
    ],
    effects: { list: () => network.list(), destroy: (vpcId) => network.destroy(vpcId) },
  };
}
