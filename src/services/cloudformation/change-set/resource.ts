import { resourceType, type Resource } from '#/store/resource.ts';
import type { OnFailure, Target } from '#/services/cloudformation/stack/resource.ts';

/** A change set; its id is its ARN. */
export type ChangeSet = Resource<'Snowglobe::CloudFormation::ChangeSet', ChangeSetSpec, ChangeSetStatus>;

export interface ChangeSetSpec {
  readonly name: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly description: string | undefined;
  readonly target: Target;
  readonly capabilities: readonly string[];
  readonly roleArn: string | undefined;
  readonly notificationArns: readonly string[];
  readonly onStackFailure: OnFailure | undefined;
  readonly includeNestedStacks: boolean;
  readonly importExistingResources: boolean;
  readonly deploymentMode: string | undefined;
  readonly clientToken: string | undefined;
  readonly changes: readonly PlannedChange[];
}

export interface ChangeSetStatus {
  readonly state: 'CREATE_COMPLETE' | 'FAILED';
  readonly reason: string | undefined;
  readonly executionState: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_COMPLETE' | 'OBSOLETE';
}

/** What would happen to one resource. */
export interface PlannedChange {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  readonly replacement: 'True' | 'False' | 'Conditional' | undefined;
  readonly policyAction:
    | 'Delete'
    | 'Retain'
    | 'Snapshot'
    | 'ReplaceAndDelete'
    | 'ReplaceAndRetain'
    | 'ReplaceAndSnapshot'
    | undefined;
  /** `Properties`, `Metadata`, a policy. */
  readonly scope: readonly string[];
  readonly details: readonly PlannedDetail[];
  /** JSON text of all properties before and after, with what is not known yet marked. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface PlannedDetail {
  readonly name: string;
  readonly recreation: 'Never' | 'Conditionally' | 'Always';
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The reference whose value is not known before the change is made. */
  readonly causingEntity: string | undefined;
  /** Parameters in the property's value that are new or have another value than before. */
  readonly changedParameters: readonly string[];
}

export const changeSetType = resourceType<ChangeSet>('Snowglobe::CloudFormation::ChangeSet', {
  stackId: ({ spec }) => [spec.stackId],
});
