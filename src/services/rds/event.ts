import type { Clock } from '#/lib/clock.ts';
import { uuid, type Random } from '#/lib/random.ts';
import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';

export type RdsEvent = Resource<'Snowglobe::RDS::Event', RdsEventSpec, null>;

export interface RdsEventSpec {
  readonly sourceType: 'db-instance' | 'db-cluster';
  readonly sourceIdentifier: string;
  readonly sourceArn: string;
  readonly message: string;
  readonly categories: readonly string[];
}

export const rdsEventType = resourceType<RdsEvent>('Snowglobe::RDS::Event');

const eventsMax = 2_000;

/** Writes an event down; the oldest go when there are too many. AWS keeps them for 14 days. */
export function recordEvent(
  { store, random }: { readonly store: Store; readonly random: Random; readonly clock: Clock },
  event: RdsEventSpec,
): void {
  store.create(rdsEventType, { id: uuid(random), spec: event, status: null });
  for (const old of store.listAny(rdsEventType).slice(0, -eventsMax)) store.remove(old);
}
