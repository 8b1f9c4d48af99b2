import type { Deployment } from '#/services/cloudformation/engine/deployment.ts';
import { diffProperties } from '#/services/cloudformation/engine/diff.ts';
import { resolveDynamic } from '#/services/cloudformation/engine/dynamic.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { validationError } from '#/services/cloudformation/errors.ts';
import { recordResourceEvent } from '#/services/cloudformation/stack/events.ts';
import {
  type EngineDependencies,
  providerContext,
  requireProvider,
} from '#/services/cloudformation/stack/lookup.ts';
import { incarnation, shown, writeResource } from '#/services/cloudformation/stack/record.ts';
import type { Incarnation, Stack, StackResource } from '#/services/cloudformation/stack/resource.ts';
import { leaveBehind } from '#/services/cloudformation/stack/restore.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';

/** Changes a resource that is there, in place or by a new one, or takes over what makes no difference to it. */
export function changeResource(
  engine: EngineDependencies,
  stack: Stack,
  deployment: Deployment,
  wanted: Incarnation,
  existing: StackResource,
): void {
  const { logicalId, type } = existing.spec;
  const provider = requireProvider(engine, type);
  const change = changeOf(provider, existing, wanted, type);
  const now = incarnation(existing.status);
  // After a failed operation that was not rolled back, the way back leads to what was before that one.
  const before = existing.status.before ?? now;
  const next = {
    ...wanted,
    operationId: stack.spec.operationId,
    before,
    accepted: true,
    changedAt: engine.clock.now(),
  };
  if (change === 'none') {
    // Policies and dependencies are the engine's own business: taken over without an event.
    writeResource(
      engine,
      stack,
      { logicalId, type },
      {
        ...existing.status,
        ...next,
        physicalId: now.physicalId,
        state: existing.status.state === 'UPDATE_COMPLETE' ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE',
        change: existing.status.before ? existing.status.change : 'none',
        changedAt: existing.status.changedAt,
      },
    );
    return;
  }
  const context = providerContext(engine, stack, logicalId);
  const properties = shown(wanted.properties, deployment);
  const event = (reason: string | undefined, physicalId: string | undefined): void =>
    recordResourceEvent(
      engine,
      stack,
      { logicalId, type },
      {
        state: 'UPDATE_IN_PROGRESS',
        physicalId,
        properties,
        ...(reason === undefined ? {} : { reason }),
      },
    );
  const resolved = resolveDynamic(wanted.properties, engine.call);
  let physicalId: string;
  if (change === 'update') {
    event(undefined, now.physicalId);
    physicalId = updateInPlace(engine, provider, now, resolved, context);
  } else {
    event(
      'Requested update requires the creation of a new physical resource; hence creating one.',
      now.physicalId,
    );
    if (findSchema(type)?.deleteFirst && now.physicalId !== undefined)
      provider.delete(now.physicalId, context);
    else if (now.physicalId !== before.physicalId) leaveBehind(engine, existing, now);
    physicalId = provider.create(resolved, context);
    event('Resource creation Initiated', physicalId);
  }
  writeResource(
    engine,
    stack,
    { logicalId, type },
    {
      ...next,
      physicalId,
      state: 'UPDATE_IN_PROGRESS',
      reason: undefined,
      // Once replaced stays replaced, until the operation that did it is over for good.
      change: existing.status.before && existing.status.change === 'replace' ? 'replace' : change,
    },
  );
}

/** In place, by a new one, or not at all: the schema says, and where it leaves it open, what the provider can. */
export function changeOf(
  provider: ResourceProvider,
  existing: StackResource,
  wanted: Pick<Incarnation, 'properties'>,
  type: string,
): 'none' | 'update' | 'replace' {
  const schema = findSchema(type);
  if (!schema) return 'replace';
  const changes = diffProperties(existing.status.properties, wanted.properties, schema);
  if (changes.length === 0) return 'none';
  if (changes.some(({ recreation }) => recreation === 'Always')) return 'replace';
  if (provider.update || changes.every(({ recreation }) => recreation === 'Never')) return 'update';
  return 'replace';
}

/** Changes a resource in place; throws what becomes the reason where its provider cannot. */
export function updateInPlace(
  engine: EngineDependencies,
  provider: ResourceProvider,
  before: Incarnation,
  properties: Properties,
  context: ProviderContext,
): string {
  if (!provider.update || before.physicalId === undefined) {
    throw validationError(`Resource type ${provider.type} cannot be updated in place by this region`);
  }
  return provider.update(
    before.physicalId,
    properties,
    resolveDynamic(before.properties, engine.call),
    context,
  );
}
