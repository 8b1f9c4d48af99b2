import { trigger, type Controller } from '#/controllers/controller.ts';
import type { BalancerDriver, ObservedTarget } from '#/drivers/balancer/driver.ts';
import type { NamesDriver } from '#/drivers/names/driver.ts';
import type { NetworkDriver } from '#/drivers/network/driver.ts';
import type { Dependencies } from '#/services/contract.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import { deleteManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { listenerType } from '#/services/elbv2/listener/resource.ts';
import { decideState, decideRecord } from '#/services/elbv2/load-balancer/decide.ts';
import { buildNode, nodeId } from '#/services/elbv2/load-balancer/model.ts';
import {
  loadBalancerType,
  nodePrefix,
  type LoadBalancer,
  type LoadBalancerNodeStatus,
  type LoadBalancerZone,
  type NodeTarget,
} from '#/services/elbv2/load-balancer/resource.ts';
import { loadBalancersOfTargetGroup } from '#/services/elbv2/routing.ts';
import { ruleType } from '#/services/elbv2/rule/resource.ts';
import { targetGroupType } from '#/services/elbv2/target-group/resource.ts';

/** Runs a node in each zone of a load balancer, tells what the nodes find, and names them. */
export function loadBalancerController(dependencies: Dependencies): Controller<LoadBalancer> {
  const { store, drivers } = dependencies;
  const {
    balancer,
    names,
    network,
  }: { balancer: BalancerDriver; names: NamesDriver; network: NetworkDriver } = drivers;

  async function applyZone(loadBalancer: LoadBalancer, zone: LoadBalancerZone): Promise<void> {
    const networkInterface = store.get(networkInterfaceType, zone.networkInterfaceId);
    const address = networkInterface?.spec.privateIpAddresses[0];
    if (!networkInterface?.status.isLinked || address === undefined) return; // its link wakes us
    const place = { namespace: network.namespaceOf(networkInterface.id), address };
    await balancer.apply(buildNode(store, loadBalancer, zone, place));
  }

  async function observeZone(
    loadBalancer: LoadBalancer,
    zone: LoadBalancerZone,
  ): Promise<LoadBalancerNodeStatus> {
    const observed = await balancer.inspect(nodeId(loadBalancer, zone));
    return {
      availabilityZone: zone.availabilityZone,
      isRunning: observed?.isRunning ?? false,
      targets: (observed?.targets ?? []).map(toNodeTarget),
    };
  }

  async function retireNodes(loadBalancer: LoadBalancer): Promise<void> {
    const wanted = loadBalancer.deleting
      ? []
      : loadBalancer.spec.zones.map((zone) => nodeId(loadBalancer, zone));
    for (const id of await balancer.list()) {
      if (id.startsWith(`${nodePrefix(loadBalancer.spec)}.`) && !wanted.includes(id))
        await balancer.destroy(id);
    }
    const { retiredNetworkInterfaceIds, zones } = loadBalancer.spec;
    const retired = [
      ...retiredNetworkInterfaceIds,
      ...(loadBalancer.deleting ? zones.map(({ networkInterfaceId }) => networkInterfaceId) : []),
    ];
    if (retired.length === 0) return;
    store.transaction(() => {
      for (const id of retired) deleteManagedInterface(dependencies, id);
      const latest = store.getAny(loadBalancerType, loadBalancer.id);
      if (!latest || latest.deleting) return;
      const left = latest.spec.retiredNetworkInterfaceIds.filter((id) => !retired.includes(id));
      store.setSpec(latest, { ...latest.spec, retiredNetworkInterfaceIds: left });
    });
  }

  return {
    type: loadBalancerType,
    async reconcile(loadBalancer) {
      const viewId = `public-elb-${loadBalancer.spec.balancerId}`;
      await retireNodes(loadBalancer);
      if (loadBalancer.deleting) {
        await names.remove(viewId);
        // Its subnets can go only after its interfaces: it stays until they have.
        const isLeft = loadBalancer.spec.zones.some((zone) =>
          store.getAny(networkInterfaceType, zone.networkInterfaceId),
        );
        if (!isLeft) store.remove(loadBalancer);
        return undefined;
      }
      // One zone's trouble is not the other's: all are tried, and the first failure is reported at the end.
      const { zones } = loadBalancer.spec;
      const attempts = await Promise.allSettled(zones.map((zone) => applyZone(loadBalancer, zone)));
      const nodes = await Promise.all(zones.map((zone) => observeZone(loadBalancer, zone)));
      const latest = store.get(loadBalancerType, loadBalancer.id);
      if (!latest) return undefined;
      const interfaces = zones.map(({ networkInterfaceId }) =>
        store.get(networkInterfaceType, networkInterfaceId),
      );
      const record = decideRecord(latest, nodes, interfaces);
      await names.apply({ id: viewId, records: record ? [record] : [] });
      store.setStatus(latest, { state: decideState(latest, nodes), nodes });
      const failure = attempts.find((attempt) => attempt.status === 'rejected');
      if (failure) throw failure.reason;
      return undefined;
    },
    triggers: [
      trigger(listenerType, ({ spec }) => [spec.loadBalancerArn]),
      trigger(ruleType, ({ spec }) => {
        const listener = store.getAny(listenerType, spec.listenerArn);
        return listener ? [listener.spec.loadBalancerArn] : [];
      }),
      trigger(targetGroupType, ({ id }) => loadBalancersOfTargetGroup(store, id)),
      trigger(networkInterfaceType, ({ id }) =>
        store.listAnyBy(loadBalancerType, 'networkInterfaceId', id).map((loadBalancer) => loadBalancer.id),
      ),
      trigger(instanceType, ({ id }) =>
        store
          .listBy(targetGroupType, 'targetId', id)
          .flatMap((group) => loadBalancersOfTargetGroup(store, group.id)),
      ),
    ],
    watch: (enqueue) =>
      balancer.watch((id) => {
        const prefix = id.split('.').slice(0, 2).join('.');
        for (const found of store.listAnyBy(loadBalancerType, 'nodePrefix', prefix)) enqueue(found.id);
      }),
    effects: {
      async list() {
        return (await balancer.list()).map((id) => {
          const prefix = id.split('.').slice(0, 2).join('.');
          return store.listAnyBy(loadBalancerType, 'nodePrefix', prefix)[0]?.id ?? id;
        });
      },
      destroy: (id) => balancer.destroy(id),
    },
  };
}

// How many requests are under way changes all the time and is nobody's state.
function toNodeTarget({
  targetGroupId,
  address,
  port,
  health,
  reason,
  responseCode,
}: ObservedTarget): NodeTarget {
  return { targetGroupId, address, port, health, reason, responseCode };
}
