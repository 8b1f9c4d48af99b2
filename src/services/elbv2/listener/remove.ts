import type { Listener } from '#/services/elbv2/listener/resource.ts';
import { ruleType } from '#/services/elbv2/rule/resource.ts';
import type { Store } from '#/store/store.ts';

/** Forgets a listener with its rules; the load balancer's controller sees that they are gone. */
export function removeListener(store: Store, listener: Listener): void {
  for (const rule of store.listBy(ruleType, 'listenerArn', listener.id)) store.remove(rule);
  store.remove(listener);
}
