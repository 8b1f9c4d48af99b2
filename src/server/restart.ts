import { instanceType } from '#/services/ec2/instance/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import type { Store } from '#/store/store.ts';

/**
 * After everything was stopped, what ran must run again, as after a power failure that all instances survived: links
 * are gone from the kernel, and instances wait for them and boot with the disks they had. Without this their
 * controllers would see machines that ended by themselves, and groups would replace them.
 */
export function markRestarted(store: Store): void {
  store.transaction(() => {
    for (const networkInterface of store.listAny(networkInterfaceType)) {
      store.setStatus(networkInterface, { ...networkInterface.status, isLinked: false });
    }
    for (const instance of store.listAny(instanceType)) {
      if (instance.spec.wish !== 'running' || instance.status.state !== 'running') continue;
      store.setStatus(instance, {
        ...instance.status,
        state: 'pending',
        systemReachable: undefined,
        instanceReachable: undefined,
      });
    }
  });
}
