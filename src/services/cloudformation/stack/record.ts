import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import type { JsonObject } from '#/services/cloudformation/engine/value.ts';
import { removalOf } from '#/services/cloudformation/stack/decide.ts';
import { type ResourceEvent, recordResourceEvent } from '#/services/cloudformation/stack/events.ts';
import { type EngineDependencies, findResource } from '#/services/cloudformation/stack/lookup.ts';
import {
  type Incarnation,
  type Stack,
  type StackResource,
  type StackResourceStatus,
  stackResourceType,
} from '#/services/cloudformation/stack/resource.ts';

/** Writes a resource's new state and the event that tells of it. */
export function settle(
  engine: EngineDependencies,
  stack: Stack,
  record: StackResource,
  event: ResourceEvent,
): void {
  engine.store.transaction(() => {
    recordResourceEvent(engine, stack, record.spec, event);
    const latest = engine.store.get(stackResourceType, record.id) ?? record;
    const isRemoval = event.state.startsWith('DELETE');
    engine.store.setStatus(latest, {
      ...latest.status,
      ...(isRemoval
        ? { operationId: removalOf({ state: stack.status.state, operationId: stack.spec.operationId }) }
        : {}),
      state: event.state,
      reason: event.reason,
      changedAt: engine.clock.now(),
    });
  });
}

/** Writes what a resource of the stack has become. */
export function writeResource(
  engine: EngineDependencies,
  stack: Stack,
  { logicalId, type }: { logicalId: string; type: string },
  status: StackResourceStatus,
): void {
  const spec = { stackId: stack.id, logicalId, type, leftover: false };
  const existing = findResource(engine, stack.id, logicalId);
  if (!existing) {
    engine.store.create(stackResourceType, { id: `${stack.id}/${logicalId}`, spec, status });
    return;
  }
  // A logical id that was free again may come back with another type.
  const latest = existing.spec.type === type ? existing : engine.store.setSpec(existing, spec);
  if (latest) engine.store.setStatus(latest, status);
}

/** What a status says of the resource as it was made. */
export function incarnation({
  physicalId,
  properties,
  dependencies,
  deletionPolicy,
  updateReplacePolicy,
}: StackResourceStatus): Incarnation {
  return { physicalId, properties, dependencies, deletionPolicy, updateReplacePolicy };
}

/** The properties as events show them: without the values of NoEcho parameters. */
export function shown(properties: JsonObject, { secrets }: Deployment): string {
  return secrets.reduce(
    (text, secret) => text.replaceAll(JSON.stringify(secret).slice(1, -1), '****'),
    JSON.stringify(properties),
  );
}
