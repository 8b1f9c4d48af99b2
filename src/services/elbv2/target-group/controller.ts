import { trigger, type Controller } from '#/controllers/controller.ts';
import type { Dependencies } from '#/services/contract.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import { listenerType } from '#/services/elbv2/listener/resource.ts';
import { loadBalancerType } from '#/services/elbv2/load-balancer/resource.ts';
import {
  loadBalancersOfTargetGroup,
  targetGroupsOf,
  targetGroupsOfLoadBalancer,
} from '#/services/elbv2/routing.ts';
import { ruleType } from '#/services/elbv2/rule/resource.ts';
import { decideTargets } from '#/services/elbv2/target-group/decide.ts';
import { targetGroupType, type TargetGroup } from '#/services/elbv2/target-group/resource.ts';
import { resolveTarget } from '#/services/elbv2/targets.ts';

/** Tells each target's health by what its load balancer's nodes find, and lets drained targets go. */
export function targetGroupController({ store, clock }: Dependencies): Controller<TargetGroup> {
  return {
    type: targetGroupType,
    reconcile({ id }) {
      const again = store.transaction(() => {
        const group = store.getAny(targetGroupType, id);
        if (!group) return undefined;
        if (group.deleting) return store.remove(group);
        const resolved = group.spec.targets.map((target) => resolveTarget(store, group, target));
        const loadBalancers = loadBalancersOfTargetGroup(store, id).flatMap(
          (arn) => store.get(loadBalancerType, arn) ?? [],
        );
        const { targets, health, lookAgainAtMs } = decideTargets(group, resolved, loadBalancers, clock.now());
        if (JSON.stringify(targets) !== JSON.stringify(group.spec.targets))
          store.setSpec(group, { ...group.spec, targets });
        store.setStatus(group, { health });
        return lookAgainAtMs === undefined
          ? undefined
          : { requeueAfterMs: Math.max(1, lookAgainAtMs - clock.now()) };
      });
      return Promise.resolve(again ?? undefined);
    },
    triggers: [
      trigger(loadBalancerType, ({ id }) => targetGroupsOfLoadBalancer(store, id)),
      trigger(listenerType, ({ spec }) => targetGroupsOf(spec.defaultActions)),
      trigger(ruleType, ({ spec }) => targetGroupsOf(spec.actions)),
      trigger(instanceType, ({ id }) =>
        store.listBy(targetGroupType, 'targetId', id).map((group) => group.id),
      ),
    ],
  };
}
