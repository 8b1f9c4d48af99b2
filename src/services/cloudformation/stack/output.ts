import type * as aws from '@aws-sdk/client-cloudformation';
import { parseTemplate } from '#/services/cloudformation/engine/template.ts';
import {
  shownTarget,
  type Stack,
  type StackEvent,
  type StackResource,
  type Target,
} from '#/services/cloudformation/stack/resource.ts';
import type { Tags } from '#/store/resource.ts';

/** A stack as DescribeStacks shows it. Tags are shown when there are none, other lists are not. */
export function toOutput(stack: Stack): aws.Stack {
  const { spec, status } = stack;
  const target = shownTarget(stack);
  return {
    StackId: stack.id,
    StackName: spec.stackName,
    ...(spec.changeSetId === undefined ? {} : { ChangeSetId: spec.changeSetId }),
    ...(spec.description === undefined ? {} : { Description: spec.description }),
    ...unlessEmpty('Parameters', toParameters(target)),
    CreationTime: new Date(stack.createdAt),
    ...(status.updatedAt === undefined ? {} : { LastUpdatedTime: new Date(status.updatedAt) }),
    ...(status.deletedAt === undefined ? {} : { DeletionTime: new Date(status.deletedAt) }),
    RollbackConfiguration: {},
    StackStatus: status.state,
    ...(status.reason === undefined ? {} : { StackStatusReason: status.reason }),
    DisableRollback: spec.onFailure === 'DO_NOTHING',
    NotificationARNs: [...spec.notificationArns],
    ...(spec.timeoutInMinutes === undefined ? {} : { TimeoutInMinutes: spec.timeoutInMinutes }),
    // Capabilities were checked by the model on the way in.
    ...unlessEmpty('Capabilities', [...spec.capabilities] as aws.Capability[]),
    ...unlessEmpty(
      'Outputs',
      status.outputs.map(({ key, value, description, exportName }) => ({
        OutputKey: key,
        OutputValue: value,
        ...(description === undefined ? {} : { Description: description }),
        ...(exportName === undefined ? {} : { ExportName: exportName }),
      })),
    ),
    ...(spec.roleArn === undefined ? {} : { RoleARN: spec.roleArn }),
    Tags: toTagList(target.tags),
    ...(status.state === 'DELETE_COMPLETE'
      ? {}
      : { EnableTerminationProtection: spec.terminationProtection }),
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

/** CloudFormation leaves most lists out of an answer when nothing is in them. */
export function unlessEmpty<Name extends string, T>(name: Name, items: T[]): { readonly [N in Name]?: T[] } {
  // A computed key has the type string; it is the name.
  return (items.length === 0 ? {} : { [name]: items }) as { readonly [N in Name]?: T[] };
}

/** Parameters as shown: NoEcho ones masked. */
export function toParameters({ template, parameters }: Target): aws.Parameter[] {
  if (parameters.length === 0) return [];
  const declared = parseTemplate(template).parameters;
  return parameters.map(({ key, value, resolvedValue }) => {
    const isHidden = declared.get(key)?.noEcho ?? false;
    return {
      ParameterKey: key,
      ParameterValue: isHidden ? '****' : value,
      ...(resolvedValue === undefined ? {} : { ResolvedValue: isHidden ? '****' : resolvedValue }),
    };
  });
}

export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** A resource as DescribeStackResources shows it. */
export function toResourceOutput(stack: Stack, { spec, status }: StackResource): aws.StackResource {
  return {
    StackName: stack.spec.stackName,
    StackId: stack.id,
    LogicalResourceId: spec.logicalId,
    ...(status.physicalId === undefined ? {} : { PhysicalResourceId: status.physicalId }),
    ResourceType: spec.type,
    Timestamp: new Date(status.changedAt),
    ResourceStatus: status.state,
    ...(status.reason === undefined ? {} : { ResourceStatusReason: status.reason }),
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

/** A resource as ListStackResources shows it. */
export function toResourceSummary({ spec, status }: StackResource): aws.StackResourceSummary {
  return {
    LogicalResourceId: spec.logicalId,
    ...(status.physicalId === undefined ? {} : { PhysicalResourceId: status.physicalId }),
    ResourceType: spec.type,
    LastUpdatedTimestamp: new Date(status.changedAt),
    ResourceStatus: status.state,
    ...(status.reason === undefined ? {} : { ResourceStatusReason: status.reason }),
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

/** A line of history as DescribeStackEvents shows it. */
export function toEventOutput({ id, spec }: StackEvent): aws.StackEvent {
  return {
    StackId: spec.stackId,
    EventId: eventIdOf(id),
    StackName: spec.stackName,
    LogicalResourceId: spec.logicalId,
    PhysicalResourceId: spec.physicalId,
    ResourceType: spec.type,
    Timestamp: new Date(spec.at),
    ResourceStatus: spec.state as aws.ResourceStatus, // the stack's own events carry its status here
    ...(spec.reason === undefined ? {} : { ResourceStatusReason: spec.reason }),
    ...(spec.properties === undefined ? {} : { ResourceProperties: spec.properties }),
    ...(spec.clientRequestToken === undefined ? {} : { ClientRequestToken: spec.clientRequestToken }),
    OperationId: spec.operationId,
  };
}

/** Without the stack's ARN, that makes the record's id unique among stacks. */
export function eventIdOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
