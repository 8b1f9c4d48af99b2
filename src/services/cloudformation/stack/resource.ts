import type { JsonObject } from '#/services/cloudformation/engine/value.ts';
import type { GivenParameter } from '#/services/cloudformation/engine/parameters.ts';
import { resourceType, type Resource, type Tags } from '#/store/resource.ts';

/** A stack; its id is its ARN. */
export type Stack = Resource<'AWS::CloudFormation::Stack', StackSpec, StackStatus>;

/** The stack statuses of AWS that this region reaches. */
export type StackState =
  | 'REVIEW_IN_PROGRESS'
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'CREATE_FAILED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'UPDATE_ROLLBACK_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED';

/** A template with its parameters: what a stack is to become, or is. */
export interface Target {
  /** As submitted, byte for byte: the CDK compares it. */
  readonly template: string;
  readonly parameters: readonly GivenParameter[];
  readonly tags: Tags;
}

export interface StackSpec {
  readonly stackName: string;
  /** What the last operation wanted. */
  readonly target: Target;
  readonly description: string | undefined;
  readonly capabilities: readonly string[];
  readonly roleArn: string | undefined;
  readonly notificationArns: readonly string[];
  readonly terminationProtection: boolean;
  readonly timeoutInMinutes: number | undefined;
  readonly onFailure: OnFailure;
  readonly retainExceptOnCreate: boolean;
  /** Logical ids that DeleteStack leaves alone. */
  readonly retainResources: readonly string[];
  readonly changeSetId: string | undefined;
  /** Names the running or last operation; a resource says by it which operation handled it last. */
  readonly operationId: string;
  readonly clientRequestToken: string | undefined;
  /** The ARN on whose behalf the operation runs. */
  readonly principalArn: string;
}

export type OnFailure = 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';

export interface StackStatus {
  readonly state: StackState;
  readonly reason: string | undefined;
  /** What the stack last became completely, and what a failed update goes back to. */
  readonly deployed: Target | undefined;
  readonly outputs: readonly OutputValue[];
  /** Names of exports of other stacks that this one uses. */
  readonly imports: readonly string[];
  /** Milliseconds since the epoch, as are all times here; when the running operation began. */
  readonly operationStartedAt: number;
  readonly updatedAt: number | undefined;
  readonly deletedAt: number | undefined;
}

export interface OutputValue {
  readonly key: string;
  readonly value: string;
  readonly description: string | undefined;
  readonly exportName: string | undefined;
}

export const stackType = resourceType<Stack>('AWS::CloudFormation::Stack', {
  stackName: ({ spec }) => [spec.stackName],
});

/** The states in which the controller has work. */
export function isInProgress(state: StackState): boolean {
  return state.endsWith('_IN_PROGRESS') && state !== 'REVIEW_IN_PROGRESS';
}

/** What the stack shows as its template: after a failed update, what it went back to. */
export function shownTarget({ spec, status }: Stack): Target {
  return isRolledBackUpdate(status.state) ? (status.deployed ?? spec.target) : spec.target;
}

export function isRolledBackUpdate(state: StackState): boolean {
  return state.startsWith('UPDATE_ROLLBACK');
}

/** One resource of a stack. Its id is the stack's ARN and the logical id, and for what a replacement left, the physical id. */
export type StackResource = Resource<
  'Snowglobe::CloudFormation::StackResource',
  StackResourceSpec,
  StackResourceStatus
>;

export type ResourceState =
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'CREATE_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED'
  | 'DELETE_SKIPPED';

/** Whether the stack has no more to do with the resource. */
export function isGone(state: ResourceState): boolean {
  return state === 'DELETE_COMPLETE' || state === 'DELETE_SKIPPED';
}

export interface StackResourceSpec {
  readonly stackId: string;
  readonly logicalId: string;
  readonly type: string;
  /** What a replacement left behind, to go in the clean-up; the live one has the logical id. */
  readonly leftover: boolean;
}

export interface StackResourceStatus extends Incarnation {
  readonly state: ResourceState;
  readonly reason: string | undefined;
  /** Whether the provider took the change, or the deletion, that the state speaks of. */
  readonly accepted: boolean;
  /** The operation that handled it last. */
  readonly operationId: string;
  /** What that operation did to it. */
  readonly change: 'create' | 'update' | 'replace' | 'none';
  /** What it was before that operation, for going back. */
  readonly before: Incarnation | undefined;
  /** Milliseconds since the epoch; when the state last changed. */
  readonly changedAt: number;
}

/** A resource as it was made: enough to change it, to go back to it, and to delete it in order. */
export interface Incarnation {
  readonly physicalId: string | undefined;
  /** Resolved, but for dynamic references: those are resolved on use and never kept. */
  readonly properties: JsonObject;
  /** Logical ids. */
  readonly dependencies: readonly string[];
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
}

export const stackResourceType = resourceType<StackResource>('Snowglobe::CloudFormation::StackResource', {
  stackId: ({ spec }) => [spec.stackId],
});

/** One line of a stack's history. */
export type StackEvent = Resource<'Snowglobe::CloudFormation::StackEvent', StackEventSpec, undefined>;

export interface StackEventSpec {
  readonly stackId: string;
  readonly stackName: string;
  /** Milliseconds since the epoch; grows from event to event, because clients put them in order by it. */
  readonly at: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly state: StackState | ResourceState;
  readonly reason: string | undefined;
  /** JSON text. */
  readonly properties: string | undefined;
  readonly operationId: string;
  readonly clientRequestToken: string | undefined;
}

export const stackEventType = resourceType<StackEvent>('Snowglobe::CloudFormation::StackEvent', {
  stackId: ({ spec }) => [spec.stackId],
});
