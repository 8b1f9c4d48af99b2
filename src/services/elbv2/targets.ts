import { instanceType, type InstanceStateName } from '#/services/ec2/instance/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import type { RegisteredTarget, TargetGroup } from '#/services/elbv2/target-group/resource.ts';
import type { Store } from '#/store/store.ts';

/** Where a registered target is found. */
export interface ResolvedTarget {
  readonly target: RegisteredTarget;
  /** Its private address; undefined while an instance has none. */
  readonly address: string | undefined;
  /** Undefined for an address outside the zones. */
  readonly availabilityZone: string | undefined;
  /** The instance's state; `running` for an address; undefined for an instance that is gone. */
  readonly state: InstanceStateName | undefined;
  /** Whether somebody wishes the instance to be terminated, or it is. */
  readonly isTerminating: boolean;
}

/** A target's address and state. */
export function resolveTarget(store: Store, group: TargetGroup, target: RegisteredTarget): ResolvedTarget {
  if (group.spec.targetType === 'ip') {
    const { availabilityZone } = target;
    return { target, address: target.id, availabilityZone, state: 'running', isTerminating: false };
  }
  const instance = store.get(instanceType, target.id);
  if (!instance)
    return {
      target,
      address: undefined,
      availabilityZone: undefined,
      state: undefined,
      isTerminating: true,
    };
  const [primaryId] = instance.spec.networkInterfaceIds;
  const primary = primaryId === undefined ? undefined : store.getAny(networkInterfaceType, primaryId);
  return {
    target,
    address: primary?.spec.privateIpAddresses[0],
    availabilityZone: instance.spec.availabilityZone,
    state: instance.status.state,
    isTerminating: instance.spec.wish === 'terminated' || instance.status.state === 'terminated',
  };
}

/** Whether a balancer may send requests or checks to it, as far as its own state goes. */
export function isUsable({ address, state }: ResolvedTarget): boolean {
  return address !== undefined && state !== undefined && state !== 'stopped' && state !== 'terminated';
}
