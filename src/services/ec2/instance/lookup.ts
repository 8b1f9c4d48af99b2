import { instanceIdMalformed, instancesNotFound } from '#/services/ec2/compute-errors.ts';
import { instanceType, type Instance } from '#/services/ec2/instance/resource.ts';
import type { Store } from '#/store/store.ts';

/** The instances of these ids, or all when none are given. Throws InvalidInstanceID.Malformed and .NotFound. */
export function chooseInstances(store: Store, ids: readonly string[] | undefined): readonly Instance[] {
  if (ids === undefined || ids.length === 0) return store.list(instanceType);
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8,17}$/.test(id));
  if (malformed !== undefined) throw instanceIdMalformed(malformed);
  const found = new Map([...new Set(ids)].map((id) => [id, store.get(instanceType, id)]));
  const missing = [...found].flatMap(([id, instance]) => (instance ? [] : [id]));
  if (missing.length > 0) throw instancesNotFound(missing);
  return [...found.values()].flatMap((instance) => instance ?? []);
}

/** The instance of an id. Throws InvalidInstanceID.Malformed and .NotFound. */
export function requireInstance(store: Store, id: string): Instance {
  const [found] = chooseInstances(store, [id]);
  if (!found) throw instancesNotFound([id]);
  return found;
}
