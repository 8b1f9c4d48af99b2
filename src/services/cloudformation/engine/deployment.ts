import { holds, type Scope } from '#/services/cloudformation/engine/intrinsics.ts';
import {
  parameterValues,
  type GivenParameter,
  type ParameterValue,
} from '#/services/cloudformation/engine/parameters.ts';
import { referencesIn, type Reference } from '#/services/cloudformation/engine/references.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { noValue } from '#/services/cloudformation/engine/intrinsics.ts';
import type {
  OutputDeclaration,
  ResourceDeclaration,
  Template,
} from '#/services/cloudformation/engine/template.ts';
import { findCycle } from '#/services/cloudformation/engine/graph.ts';
import { templateError, templateFormatError, validationError } from '#/services/cloudformation/errors.ts';

/** Where and as what a template is deployed: the pseudo parameters. */
export interface Place {
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly notificationArns: readonly string[];
}

/** What deployed resources and other stacks tell. */
export interface Lookup {
  /** Throws `NotYetKnown` before the resource is there. */
  ref(logicalId: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  importValue(exportName: string): unknown;
  zones(region: string): readonly string[];
}

/** A template with its parameters applied: which resources there are and how they depend on each other. */
export interface Deployment {
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly outputs: ReadonlyMap<string, OutputDeclaration>;
  /** Texts that must not be shown: values of NoEcho parameters. */
  readonly secrets: readonly string[];
  scope(lookup: Lookup): Scope;
}

export interface Node {
  readonly declaration: ResourceDeclaration;
  /** Logical ids, sorted. */
  readonly dependencies: readonly string[];
}

/** Applies parameters to a template and checks its references. Throws CloudFormation's own complaint. */
export function deploy(template: Template, given: readonly GivenParameter[], place: Place): Deployment {
  const parameters = parameterValues(template, given);
  const pseudo = pseudoParameters(place);
  const unknowing = scope(nothingKnown);
  const active = [...template.resources.values()].filter(
    ({ condition }) => condition === undefined || holds(condition, unknowing),
  );
  const outputs = new Map(
    [...template.outputs].filter(
      ([, { condition }]) => condition === undefined || holds(condition, unknowing),
    ),
  );
  const names = new Set(active.map(({ logicalId }) => logicalId));
  const nodes = new Map(
    active.map((declaration) => [
      declaration.logicalId,
      { declaration, dependencies: dependenciesOf(declaration) },
    ]),
  );
  for (const { value, exportName } of outputs.values())
    checkReferences(referencesIn([value, exportName], unknowing), 'Outputs');
  const cycle = findCycle(new Map([...nodes].map(([id, node]) => [id, node.dependencies])));
  if (cycle) throw validationError(`Circular dependency between resources: [${cycle.join(', ')}]`);
  const secrets = [...parameters.values()]
    .filter(({ declaration, value }) => declaration.noEcho && typeof value === 'string' && value !== '')
    .map(({ value }) => String(value));
  return { template, parameters, nodes, outputs, secrets, scope };

  function scope(lookup: Lookup): Scope {
    return {
      ...lookup,
      mappings: template.mappings,
      conditions: template.conditions,
      region: place.region,
      ref(name) {
        if (pseudo.has(name)) return pseudo.get(name);
        return parameters.has(name) ? parameters.get(name)?.value : lookup.ref(name);
      },
    };
  }

  function dependenciesOf(declaration: ResourceDeclaration): string[] {
    const references = referencesIn(
      [declaration.properties, declaration.metadata, declaration.creationPolicy, declaration.updatePolicy],
      unknowing,
    );
    checkReferences(references, 'Resources');
    // A dependency on a resource whose condition is false is ignored, on one that is not there at all is an error.
    const missing = declaration.dependsOn.filter((name) => !template.resources.has(name));
    if (missing.length > 0) throw unresolved(missing, 'Resources');
    const all = [...references.map(({ name }) => name), ...declaration.dependsOn];
    return [...new Set(all.filter((name) => names.has(name)))].toSorted();
  }

  function checkReferences(references: readonly Reference[], block: 'Resources' | 'Outputs'): void {
    const missing = references
      .filter(
        ({ name, attribute }) =>
          !names.has(name) && (attribute !== undefined || !(parameters.has(name) || pseudo.has(name))),
      )
      .map(({ name }) => name);
    if (missing.length > 0) throw unresolved(missing, block);
    for (const { name, attribute } of references) {
      if (attribute === undefined || attribute === '') continue;
      const type = template.resources.get(name)?.type ?? '';
      if (!hasAttribute(type, attribute)) {
        throw templateError(`resource ${name} does not support attribute type ${attribute} in Fn::GetAtt`);
      }
    }
  }
}

/** Whether `Fn::GetAtt` may ask the type for it: attributes, and properties as given. Nested stacks and custom resources name their own. */
function hasAttribute(type: string, attribute: string): boolean {
  const schema = findSchema(type);
  if (!schema || type.startsWith('Custom::') || type.startsWith('AWS::CloudFormation::')) return true;
  if (Object.hasOwn(schema.properties, attribute)) return true;
  return schema.attributes.some((known) => known === attribute || attribute.startsWith(`${known}.`));
}

function unresolved(names: readonly string[], block: string): Error {
  const unique = [...new Set(names)].join(', ');
  return templateFormatError(
    `Unresolved resource dependencies [${unique}] in the ${block} block of the template`,
  );
}

function pseudoParameters(place: Place): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['AWS::AccountId', place.account],
    ['AWS::NoValue', noValue],
    ['AWS::NotificationARNs', place.notificationArns],
    ['AWS::Partition', 'aws'],
    ['AWS::Region', place.region],
    ['AWS::StackId', place.stackId],
    ['AWS::StackName', place.stackName],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
}

/** Conditions may use parameters and mappings only. */
const nothingKnown: Lookup = {
  ref: (name) => {
    throw templateFormatError(
      `Unresolved dependencies [${name}]. Cannot reference resources in the Conditions block of the template`,
    );
  },
  attribute: (name) => {
    throw templateFormatError(
      `Unresolved dependencies [${name}]. Cannot reference resources in the Conditions block of the template`,
    );
  },
  importValue: () => {
    throw templateFormatError('Fn::ImportValue cannot be used in the Conditions block of the template');
  },
  zones: () => [],
};
