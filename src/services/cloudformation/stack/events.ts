import { uuid } from '#/lib/random.ts';
import type { Dependencies } from '#/services/contract.ts';
import {
  stackEventType,
  type ResourceState,
  type Stack,
  type StackResource,
  type StackState,
} from '#/services/cloudformation/stack/resource.ts';

/** What writes need: handlers' contexts and dependencies both have it. */
export type Scribe = Pick<Dependencies, 'store' | 'clock' | 'random'>;

/** Writes a line of history about the stack itself. */
export function recordStackEvent(scribe: Scribe, stack: Stack, state: StackState, reason?: string): void {
  scribe.store.create(stackEventType, {
    id: uuid(scribe.random),
    spec: {
      stackId: stack.id,
      stackName: stack.spec.stackName,
      at: nextMoment(scribe, stack.id),
      logicalId: stack.spec.stackName,
      physicalId: stack.id,
      type: 'AWS::CloudFormation::Stack',
      state,
      reason,
      properties: undefined,
      operationId: stack.spec.operationId,
      clientRequestToken: stack.spec.clientRequestToken,
    },
    status: undefined,
  });
}

export interface ResourceEvent {
  readonly state: ResourceState;
  readonly reason?: string;
  readonly physicalId?: string | undefined;
  /** JSON text; events of deletion have none. */
  readonly properties?: string;
}

/** Writes a line of history about one of the stack's resources. */
export function recordResourceEvent(
  scribe: Scribe,
  stack: Stack,
  { logicalId, type }: Pick<StackResource['spec'], 'logicalId' | 'type'>,
  event: ResourceEvent,
): void {
  const isRemoval = event.state.startsWith('DELETE');
  const suffix = isRemoval
    ? uuid(scribe.random)
    : `${event.state}-${new Date(scribe.clock.now()).toISOString()}`;
  const id = `${logicalId}-${suffix}`;
  // Two events of one state may fall into one millisecond: "in progress" and "initiated".
  const isTaken = scribe.store.getAny(stackEventType, `${stack.id}/${id}`) !== undefined;
  scribe.store.create(stackEventType, {
    id: `${stack.id}/${isTaken ? `${id}-${uuid(scribe.random).slice(0, 8)}` : id}`,
    spec: {
      stackId: stack.id,
      stackName: stack.spec.stackName,
      at: nextMoment(scribe, stack.id),
      logicalId,
      physicalId: event.physicalId ?? '',
      type,
      state: event.state,
      reason: event.reason,
      properties: isRemoval ? undefined : event.properties,
      operationId: stack.spec.operationId,
      clientRequestToken: stack.spec.clientRequestToken,
    },
    status: undefined,
  });
}

function nextMoment({ store, clock }: Scribe, stackId: string): number {
  const last = store.listBy(stackEventType, 'stackId', stackId).at(-1);
  return Math.max(clock.now(), (last?.spec.at ?? 0) + 1);
}
