import type * as aws from '@aws-sdk/client-cloudformation';
import { knownAfterApply } from '#/services/cloudformation/change-set/predict.ts';
import type {
  ChangeSet,
  PlannedChange,
  PlannedDetail,
} from '#/services/cloudformation/change-set/resource.ts';
import { pageOf } from '#/services/cloudformation/page.ts';
import { toParameters, toTagList, unlessEmpty } from '#/services/cloudformation/stack/output.ts';

const changesPerPage = 500;

/** A change set as DescribeChangeSet shows it. */
export function toOutput(
  { id, spec, status, createdAt }: ChangeSet,
  withValues: boolean,
  token: string | undefined,
): Omit<aws.DescribeChangeSetCommandOutput, '$metadata'> {
  const { items, nextToken } = pageOf(spec.changes, token, changesPerPage);
  return {
    ChangeSetName: spec.name,
    ChangeSetId: id,
    StackId: spec.stackId,
    StackName: spec.stackName,
    ...(spec.description === undefined ? {} : { Description: spec.description }),
    ...unlessEmpty('Parameters', toParameters(spec.target)),
    CreationTime: new Date(createdAt),
    ExecutionStatus: status.executionState,
    Status: status.state,
    ...(status.reason === undefined ? {} : { StatusReason: status.reason }),
    NotificationARNs: [...spec.notificationArns],
    RollbackConfiguration: {},
    Capabilities: [...spec.capabilities] as aws.Capability[], // checked by the model on the way in
    ...unlessEmpty('Tags', toTagList(spec.target.tags)),
    Changes: items.map((change) => ({
      Type: 'Resource',
      ResourceChange: toResourceChange(change, withValues),
    })),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    IncludeNestedStacks: spec.includeNestedStacks,
    ...(spec.onStackFailure === undefined ? {} : { OnStackFailure: spec.onStackFailure }),
    ...(spec.importExistingResources ? { ImportExistingResources: true } : {}),
    ...(spec.deploymentMode === undefined
      ? {}
      : { DeploymentConfig: { Mode: spec.deploymentMode as aws.DeploymentConfigMode } }), // checked by the model
  };
}

/** A change set as ListChangeSets shows it. */
export function toSummary({ id, spec, status, createdAt }: ChangeSet): aws.ChangeSetSummary {
  return {
    StackId: spec.stackId,
    StackName: spec.stackName,
    ChangeSetId: id,
    ChangeSetName: spec.name,
    ExecutionStatus: status.executionState,
    Status: status.state,
    ...(status.reason === undefined ? {} : { StatusReason: status.reason }),
    CreationTime: new Date(createdAt),
    ...(spec.description === undefined ? {} : { Description: spec.description }),
    IncludeNestedStacks: spec.includeNestedStacks,
    ...(spec.importExistingResources ? { ImportExistingResources: true } : {}),
  };
}

function toResourceChange(change: PlannedChange, withValues: boolean): aws.ResourceChange {
  return {
    ...(change.policyAction === undefined ? {} : { PolicyAction: change.policyAction }),
    Action: change.action,
    LogicalResourceId: change.logicalId,
    ...(change.physicalId === undefined ? {} : { PhysicalResourceId: change.physicalId }),
    ResourceType: change.type,
    ...(change.replacement === undefined ? {} : { Replacement: change.replacement }),
    Scope: [...change.scope] as aws.ResourceAttribute[], // names of attributes are AWS's own
    Details: [
      ...change.details.flatMap((detail) => toDetails(detail, withValues)),
      ...change.scope
        .filter((name) => name !== 'Properties')
        .map((name) => ({
          Target: { Attribute: name as aws.ResourceAttribute, RequiresRecreation: 'Never' as const }, // as above
          Evaluation: 'Static' as const,
          ChangeSource: 'DirectModification' as const,
        })),
    ],
    ...(withValues && change.before !== undefined ? { BeforeContext: change.before } : {}),
    ...(withValues && change.after !== undefined ? { AfterContext: change.after } : {}),
  };
}

/** Where a parameter is part of the reason, CloudFormation tells it apart from the change of the template. */
function toDetails(detail: PlannedDetail, withValues: boolean): aws.ResourceChangeDetail[] {
  const { causingEntity, changedParameters, after } = detail;
  const target = toTarget(detail, withValues);
  if (causingEntity !== undefined) {
    return [
      {
        Target: target,
        Evaluation: after === knownAfterApply ? 'Dynamic' : 'Static',
        ChangeSource: causingEntity.includes('.') ? 'ResourceAttribute' : 'ResourceReference',
        CausingEntity: causingEntity,
      },
    ];
  }
  const direct = {
    Target: target,
    Evaluation: changedParameters.length > 0 ? ('Dynamic' as const) : ('Static' as const),
    ChangeSource: 'DirectModification' as const,
  };
  const byParameters = changedParameters.map((name) => ({
    Target: target,
    Evaluation: 'Static' as const,
    ChangeSource: 'ParameterReference' as const,
    CausingEntity: name,
  }));
  return [...byParameters, direct];
}

function toTarget(
  { name, recreation, before, after }: PlannedDetail,
  withValues: boolean,
): aws.ResourceTargetDefinition {
  return {
    Attribute: 'Properties',
    Name: name,
    RequiresRecreation: recreation,
    ...(withValues
      ? {
          Path: `/Properties/${name}`,
          ...(before === undefined ? {} : { BeforeValue: before }),
          ...(after === undefined ? {} : { AfterValue: after }),
          AttributeChangeType: before === undefined ? 'Add' : after === undefined ? 'Remove' : 'Modify',
        }
      : {}),
  };
}
