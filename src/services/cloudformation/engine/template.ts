import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { parseTemplateText } from '#/services/cloudformation/engine/text.ts';
import { isObject, isScalar, member, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import { templateFormatError, validationError } from '#/services/cloudformation/errors.ts';

/** A template after reading: its sections, each checked for shape, nothing resolved yet. */
export interface Template {
  readonly description: string | undefined;
  readonly metadata: unknown;
  readonly parameters: ReadonlyMap<string, ParameterDeclaration>;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly rules: JsonObject;
  readonly resources: ReadonlyMap<string, ResourceDeclaration>;
  readonly outputs: ReadonlyMap<string, OutputDeclaration>;
  readonly transforms: readonly string[];
}

export interface ParameterDeclaration {
  readonly type: string;
  readonly default: string | undefined;
  readonly noEcho: boolean;
  readonly description: string | undefined;
  readonly allowedValues: readonly string[] | undefined;
  readonly allowedPattern: string | undefined;
  readonly constraintDescription: string | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minValue: number | undefined;
  readonly maxValue: number | undefined;
}

export interface ResourceDeclaration {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly metadata: unknown;
  readonly condition: string | undefined;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
  readonly creationPolicy: unknown;
  readonly updatePolicy: unknown;
}

export interface OutputDeclaration {
  readonly value: unknown;
  readonly description: string | undefined;
  readonly exportName: unknown;
  readonly condition: string | undefined;
}

const sections = new Set([
  'AWSTemplateFormatVersion',
  'Conditions',
  'Description',
  'Hooks',
  'Mappings',
  'Metadata',
  'Outputs',
  'Parameters',
  'Resources',
  'Rules',
  'Transform',
]);
const policies = ['Delete', 'Retain', 'Snapshot', 'RetainExceptOnCreate'];
const bodyBytesMax = 51_200;
const resourcesMax = 500;

/** Throws when a body given in the request itself is longer than one may be. */
export function requireBodySize(body: string): void {
  if (Buffer.byteLength(body) <= bodyBytesMax) return;
  throw validationError(
    `1 validation error detected: Value '${body}' at 'templateBody' failed to satisfy constraint: ` +
      `Member must have length less than or equal to ${bodyBytesMax}`,
  );
}

/** Reads and checks a template. Throws CloudFormation's own complaint. */
export function parseTemplate(text: string): Template {
  const root = parseTemplateText(text);
  const unknown = Object.keys(root).filter((name) => !sections.has(name));
  if (unknown.length > 0) {
    throw validationError(`Invalid template property or properties [${unknown.join(', ')}]`);
  }
  const version = root['AWSTemplateFormatVersion'];
  if (version !== undefined && !isVersion(version)) {
    throw templateFormatError(`unsupported value for AWSTemplateFormatVersion.`);
  }
  const resources = section(root, 'Resources');
  if (Object.keys(resources).length === 0) {
    throw templateFormatError('At least one Resources member must be defined.');
  }
  if (Object.keys(resources).length > resourcesMax) {
    throw templateFormatError(
      `Number of resources, ${Object.keys(resources).length}, is greater than maximum allowed, ${resourcesMax}`,
    );
  }
  const template = {
    description: optionalText(root['Description'], 'Description'),
    metadata: root['Metadata'],
    parameters: mapOf('Parameters', section(root, 'Parameters'), toParameter),
    mappings: toMappings(section(root, 'Mappings')),
    conditions: section(root, 'Conditions'),
    rules: section(root, 'Rules'),
    resources: mapOf('Resources', resources, toResource),
    outputs: mapOf('Outputs', section(root, 'Outputs'), toOutput),
    transforms: toTransforms(root['Transform']),
  };
  const unrecognized = new Set(
    [...template.resources.values()].map(({ type }) => type).filter((type) => !findSchema(type)),
  );
  if (unrecognized.size > 0) {
    throw templateFormatError(`Unrecognized resource types: [${[...unrecognized].join(', ')}]`);
  }
  return template;
}

function isVersion(value: unknown): boolean {
  return value === '2010-09-09' || (value instanceof Date && value.toISOString().startsWith('2010-09-09'));
}

function section(root: JsonObject, name: string): JsonObject {
  const value = root[name];
  if (value === undefined || (value === null && name !== 'Resources')) return {};
  if (!isObject(value)) {
    throw templateFormatError(
      name === 'Resources' ? 'Any Resources member must be an object.' : `${name} section must be an object.`,
    );
  }
  return value;
}

function mapOf<T>(
  sectionName: string,
  named: JsonObject,
  toItem: (name: string, value: JsonObject) => T,
): Map<string, T> {
  return new Map(
    Object.entries(named).map(([name, value]) => {
      if (!isObject(value)) throw templateFormatError(`Any ${sectionName} member must be an object.`);
      return [name, toItem(name, value)];
    }),
  );
}

function toParameter(name: string, declared: JsonObject): ParameterDeclaration {
  const { Type: type, Default: fallback } = declared;
  if (typeof type !== 'string') {
    throw templateFormatError(`Every Parameters object must contain a Type member.`);
  }
  const { AllowedValues: allowed, NoEcho: noEcho } = declared;
  return {
    type,
    default: optionalText(fallback, `/Parameters/${name}/Default`),
    noEcho: isScalar(noEcho) && String(noEcho).toLowerCase() === 'true',
    description: optionalText(declared['Description'], `/Parameters/${name}/Description`),
    allowedValues: Array.isArray(allowed) ? allowed.map(String) : undefined,
    allowedPattern: optionalText(declared['AllowedPattern'], `/Parameters/${name}/AllowedPattern`),
    constraintDescription: optionalText(
      declared['ConstraintDescription'],
      `/Parameters/${name}/ConstraintDescription`,
    ),
    minLength: optionalNumber(declared['MinLength']),
    maxLength: optionalNumber(declared['MaxLength']),
    minValue: optionalNumber(declared['MinValue']),
    maxValue: optionalNumber(declared['MaxValue']),
  };
}

const resourceMembers = new Set([
  'Condition',
  'CreationPolicy',
  'DeletionPolicy',
  'DependsOn',
  'Metadata',
  'Properties',
  'Type',
  'UpdatePolicy',
  'UpdateReplacePolicy',
  'Version',
]);

function toResource(logicalId: string, declared: JsonObject): ResourceDeclaration {
  if (!/^[A-Za-z0-9]{1,255}$/.test(logicalId)) {
    throw templateFormatError(`Resource name ${logicalId} is non alphanumeric.`);
  }
  const { Type: type, Properties: properties = {}, DependsOn: dependsOn, Condition: condition } = declared;
  if (typeof type !== 'string') {
    throw templateFormatError(`[/Resources/${logicalId}] Every Resources object must contain a Type member.`);
  }
  const [unknown] = Object.keys(declared).filter((name) => !resourceMembers.has(name));
  if (unknown !== undefined) {
    throw validationError(`Invalid template resource property '${unknown}'`);
  }
  if (properties !== null && !isObject(properties)) {
    throw templateFormatError(`[/Resources/${logicalId}] Properties must be an object.`);
  }
  if (condition !== undefined && typeof condition !== 'string') {
    throw templateFormatError(`Every Condition member must be a string.`);
  }
  const depends: readonly unknown[] = Array.isArray(dependsOn)
    ? dependsOn
    : dependsOn === undefined
      ? []
      : [dependsOn];
  return {
    logicalId,
    type,
    properties: properties ?? {},
    metadata: declared['Metadata'],
    condition,
    dependsOn: depends.map((name) => {
      if (typeof name !== 'string') {
        throw templateFormatError(`DependsOn must be a string or list of strings.`);
      }
      return name;
    }),
    deletionPolicy: policyOf(declared, 'DeletionPolicy'),
    updateReplacePolicy: policyOf(declared, 'UpdateReplacePolicy'),
    creationPolicy: declared['CreationPolicy'],
    updatePolicy: declared['UpdatePolicy'],
  };
}

function policyOf(declared: JsonObject, name: 'DeletionPolicy' | 'UpdateReplacePolicy'): string | undefined {
  const value = member(declared, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw templateFormatError(`Every ${name} member must be a string.`);
  if (!policies.includes(value)) throw templateFormatError(`Unrecognized ${name} ${value} for resource`);
  return value;
}

/** Values of mappings are written out: a function among them is refused before anything is looked up. */
function toMappings(mappings: JsonObject): JsonObject {
  for (const attributes of Object.values(mappings).flatMap(membersOf).flatMap(membersOf)) {
    if (!isScalar(attributes) && !Array.isArray(attributes))
      throw templateFormatError('Every Mappings attribute must be a String or a List.');
  }
  return mappings;
}

function membersOf(value: unknown): unknown[] {
  return isObject(value) ? Object.values(value) : [];
}

function toOutput(name: string, declared: JsonObject): OutputDeclaration {
  const { Value: value, Export: exported, Condition: condition } = declared;
  if (value === undefined || value === null) {
    throw templateFormatError(
      `Output ${name} is malformed. The Value attribute of every Outputs object must not be null.`,
    );
  }
  return {
    value,
    description: optionalText(declared['Description'], `/Outputs/${name}/Description`),
    exportName: isObject(exported) ? exported['Name'] : undefined,
    condition: typeof condition === 'string' ? condition : undefined,
  };
}

function toTransforms(declared: unknown): string[] {
  const items: readonly unknown[] = Array.isArray(declared)
    ? declared
    : declared === undefined
      ? []
      : [declared];
  return items.map((item) => (isObject(item) ? String(item['Name']) : String(item)));
}

function optionalText(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isScalar(value)) throw templateFormatError(`Every ${path} member must be a string.`);
  return String(value);
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** Names of exports that are written out in a template. */
export function declaredExports(text: string): ReadonlySet<string> {
  const names = [...parseTemplate(text).outputs.values()].map(({ exportName }) => exportName);
  return new Set(names.filter((name) => typeof name === 'string'));
}
