import type * as aws from '@aws-sdk/client-cloudformation';
import type { CloudformationApi } from '#/wire/api/cloudformation.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { changeSetType } from '#/services/cloudformation/change-set/resource.ts';
import { neededCapabilityOf } from '#/services/cloudformation/engine/capabilities.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { parseTemplate, type Template } from '#/services/cloudformation/engine/template.ts';
import { changeSetNotFound, validationError } from '#/services/cloudformation/errors.ts';
import {
  noTemplate,
  readTemplate,
  requireTemplate,
  type ReadObject,
} from '#/services/cloudformation/source.ts';
import { unlessEmpty } from '#/services/cloudformation/stack/output.ts';
import { shownTarget } from '#/services/cloudformation/stack/resource.ts';
import { findStack, requireStack } from '#/services/cloudformation/stack/target.ts';

/** Operations about templates. */
export function templateOperations(readObject: ReadObject) {
  return {
    GetTemplate(input, context) {
      return { TemplateBody: storedTemplate(input, context), StagesAvailable: ['Original', 'Processed'] };
    },

    async GetTemplateSummary(input, context) {
      const { StackName: stackName } = input;
      const given = await readTemplate(input, readObject);
      const body = given ?? (stackName === undefined ? undefined : summarizedTemplate(context, stackName));
      if (body === undefined) throw noTemplate();
      const template = parseTemplate(body);
      return {
        Parameters: toDeclarations(template),
        ...(template.description === undefined ? {} : { Description: template.description }),
        ...toCapabilities(template),
        ResourceTypes: [...template.resources.values()].map(({ type }) => type),
        Version: '2010-09-09',
        ...(template.metadata === undefined ? {} : { Metadata: JSON.stringify(template.metadata) }),
        ...unlessEmpty('DeclaredTransforms', [...template.transforms]),
        ResourceIdentifierSummaries: toIdentifiers(template),
      };
    },

    async ValidateTemplate(input) {
      const template = parseTemplate(await requireTemplate(input, readObject));
      return {
        Parameters: toDeclarations(template).map(({ ParameterKey, DefaultValue, NoEcho, Description }) => ({
          ParameterKey,
          ...(DefaultValue === undefined ? {} : { DefaultValue }),
          NoEcho,
          ...(Description === undefined ? {} : { Description }),
        })),
        ...(template.description === undefined ? {} : { Description: template.description }),
        ...toCapabilities(template),
        ...unlessEmpty('DeclaredTransforms', [...template.transforms]),
      };
    },
  } satisfies Handlers<CloudformationApi>;
}

function summarizedTemplate(context: Context, stackName: string): string {
  const stack = requireStack(context, stackName);
  if (stack.status.state === 'REVIEW_IN_PROGRESS')
    throw validationError('GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.');
  return shownTarget(stack).template;
}

/** As submitted, byte for byte. */
function storedTemplate(input: CloudformationApi['GetTemplate']['input'], context: Context): string {
  const { StackName: stackName, ChangeSetName: changeSetName } = input;
  if (changeSetName !== undefined) {
    const stack = stackName === undefined ? undefined : findStack(context, stackName);
    const changeSet = changeSetName.startsWith('arn:')
      ? context.store.get(changeSetType, changeSetName)
      : context.store
          .listBy(changeSetType, 'stackId', stack?.id ?? '')
          .find(({ spec }) => spec.name === changeSetName);
    if (!changeSet) throw changeSetNotFound(changeSetName);
    return changeSet.spec.target.template;
  }
  if (stackName === undefined)
    throw validationError('StackName is required if ChangeSetName is not specified.');
  const stack = requireStack(context, stackName);
  // A stack under review has no template yet.
  return stack.status.state === 'REVIEW_IN_PROGRESS' ? '{}' : shownTarget(stack).template;
}

function toCapabilities(template: Template): {
  Capabilities?: aws.Capability[];
  CapabilitiesReason?: string;
} {
  const needed = neededCapabilityOf(template);
  if (needed === undefined) return {};
  return {
    Capabilities: [needed.capability],
    CapabilitiesReason: `The following resource(s) require capabilities: [${needed.types.join(', ')}]`,
  };
}

/** What would have to be told of existing resources to import them. */
function toIdentifiers({ resources }: Template): aws.ResourceIdentifierSummary[] {
  const byType = Map.groupBy(resources.values(), ({ type }) => type);
  return [...byType].flatMap(([type, declarations]) => {
    const identifiers = findSchema(type)?.id ?? [];
    if (identifiers.length === 0) return [];
    return {
      ResourceType: type,
      LogicalResourceIds: declarations.map(({ logicalId }) => logicalId),
      ResourceIdentifiers: [...identifiers],
    };
  });
}

function toDeclarations({ parameters }: Template): aws.ParameterDeclaration[] {
  return [...parameters].map(([name, parameter]) => ({
    ParameterKey: name,
    ...(parameter.default === undefined ? {} : { DefaultValue: parameter.default }),
    ParameterType: parameter.type,
    NoEcho: parameter.noEcho,
    ...(parameter.description === undefined ? {} : { Description: parameter.description }),
    ParameterConstraints: parameter.allowedValues ? { AllowedValues: [...parameter.allowedValues] } : {},
  }));
}
