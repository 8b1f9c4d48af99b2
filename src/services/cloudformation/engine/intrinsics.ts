import { subnetBlocks } from '#/services/cloudformation/engine/cidr.ts';
import {
  intrinsicOf,
  isObject,
  isScalar,
  member,
  sameValue,
  type JsonObject,
} from '#/services/cloudformation/engine/value.ts';
import { templateError, templateValidationError } from '#/services/cloudformation/errors.ts';

/** What intrinsic functions look up. */
export interface Scope {
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly region: string;
  /** A parameter's, pseudo parameter's or resource's value. Throws `NotYetKnown` before the resource is there. */
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  importValue(exportName: string): unknown;
  zones(region: string): readonly string[];
}

/** The value depends on a resource that does not exist yet. */
export class NotYetKnown extends Error {
  /** `Vpc` for a `Ref`, `Vpc.CidrBlock` for a `Fn::GetAtt`. */
  readonly entity: string;

  constructor(entity: string) {
    super(`${entity} is known after apply`);
    this.name = 'NotYetKnown';
    this.entity = entity;
  }
}

/** What `AWS::NoValue` stands for: the member that has it is left out. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

/** The value with all intrinsic functions resolved. */
export function evaluate(value: unknown, scope: Scope): unknown {
  const intrinsic = intrinsicOf(value);
  if (intrinsic) {
    const evaluator = evaluators.get(intrinsic.name);
    if (evaluator) return evaluator(intrinsic.argument, scope);
    // `Condition` is also a plain member: of a policy's statement, for one.
    if (intrinsic.name !== 'Condition') {
      throw templateValidationError(`Unresolved intrinsic function ${intrinsic.name}`);
    }
  }
  if (Array.isArray(value)) {
    return value.map((item) => evaluate(item, scope)).filter((item) => item !== noValue);
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([name, inner]) => [name, evaluate(inner, scope)] as const);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== noValue));
  }
  return value;
}

/** Whether a named condition holds. */
export function holds(name: string, scope: Scope): boolean {
  const declared = member(scope.conditions, name);
  if (declared === undefined) {
    throw templateValidationError(
      `Unresolved condition dependency ${name} in the Conditions block of the template`,
    );
  }
  return evaluateCondition(declared, scope);
}

/** Evaluates `Fn::And`, `Fn::Or`, `Fn::Not`, `Fn::Equals` and `Condition`. */
export function evaluateCondition(value: unknown, scope: Scope): boolean {
  const intrinsic = intrinsicOf(value);
  const argument = intrinsic?.argument;
  switch (intrinsic?.name ?? '') {
    case 'Condition':
      return holds(text(argument, 'Condition'), scope);
    case 'Fn::And':
      return list(argument, 'Fn::And').every((item) => evaluateCondition(item, scope));
    case 'Fn::Or':
      return list(argument, 'Fn::Or').some((item) => evaluateCondition(item, scope));
    case 'Fn::Not':
      return !evaluateCondition(list(argument, 'Fn::Not')[0], scope);
    case 'Fn::Equals': {
      const [a, b] = list(argument, 'Fn::Equals');
      return sameText(evaluate(a, scope), evaluate(b, scope));
    }
    default:
      throw templateValidationError(
        'Every Condition member must be a boolean function: Fn::And, Fn::Equals, Fn::Not, Fn::Or or Condition.',
      );
  }
}

/** CloudFormation compares scalars by their text: `true` equals `"true"`. */
export function sameText(a: unknown, b: unknown): boolean {
  return isScalar(a) && isScalar(b) ? String(a) === String(b) : sameValue(a, b);
}

type Evaluator = (argument: unknown, scope: Scope) => unknown;

const evaluators: ReadonlyMap<string, Evaluator> = new Map<string, Evaluator>([
  ['Ref', (argument, scope) => scope.ref(text(argument, 'Ref'))],
  ['Fn::GetAtt', getAttribute],
  ['Fn::Sub', substitute],
  ['Fn::Join', join],
  ['Fn::Select', select],
  ['Fn::Split', split],
  ['Fn::GetAZs', getZones],
  ['Fn::FindInMap', findInMap],
  [
    'Fn::Base64',
    (argument, scope) => Buffer.from(resolvedText(argument, scope, 'Fn::Base64')).toString('base64'),
  ],
  ['Fn::Cidr', cidr],
  [
    'Fn::ImportValue',
    (argument, scope) => scope.importValue(resolvedText(argument, scope, 'Fn::ImportValue')),
  ],
  ['Fn::If', choose],
  ['Fn::And', (argument, scope) => evaluateCondition({ 'Fn::And': argument }, scope)],
  ['Fn::Or', (argument, scope) => evaluateCondition({ 'Fn::Or': argument }, scope)],
  ['Fn::Not', (argument, scope) => evaluateCondition({ 'Fn::Not': argument }, scope)],
  ['Fn::Equals', (argument, scope) => evaluateCondition({ 'Fn::Equals': argument }, scope)],
  [
    'Fn::Transform',
    () => {
      throw templateValidationError('Fn::Transform: macros are not implemented by this region');
    },
  ],
]);

function getAttribute(argument: unknown, scope: Scope): unknown {
  const [logicalId, name] = attributeParts(argument);
  return scope.attribute(logicalId, resolvedText(name, scope, 'Fn::GetAtt'));
}

/** `[id, attribute]` or `id.attribute`; the attribute may be a `Ref` to a parameter. */
export function attributeParts(argument: unknown): readonly [string, unknown] {
  const parts: readonly unknown[] =
    typeof argument === 'string'
      ? [argument.split('.')[0], argument.split('.').slice(1).join('.')]
      : list(argument, 'Fn::GetAtt');
  const [logicalId, ...rest] = parts;
  if (typeof logicalId !== 'string' || rest.length === 0 || rest[0] === '') {
    throw templateError(
      'Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute',
    );
  }
  // A YAML flow list may split a dotted name: `!GetAtt [Database, Endpoint, Address]`.
  const name = rest.every((part) => typeof part === 'string') ? rest.join('.') : rest[0];
  return [logicalId, name];
}

/** `${Name}`, `${Resource.Attribute}` and `${!literal}` of a `Fn::Sub` text. */
export const placeholder = /\$\{([^}]*)\}/g;

function substitute(argument: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(argument)
    ? [...(argument as readonly unknown[])]
    : [argument, {}];
  if (typeof template !== 'string' || !isObject(variables)) {
    throw templateError(
      "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  return template.replaceAll(placeholder, (whole, inner: string) => {
    if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
    const name = inner.trim();
    if (Object.hasOwn(variables, name)) return scalarText(evaluate(variables[name], scope), 'Fn::Sub');
    if (name === '') throw templateError(`invalid use of Fn::Sub: ${whole}`);
    const dot = name.indexOf('.');
    const value = dot === -1 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1));
    return scalarText(value, 'Fn::Sub');
  });
}

function join(argument: unknown, scope: Scope): string {
  const [delimiter, items] = list(argument, 'Fn::Join');
  const resolved = evaluate(items, scope);
  if (typeof delimiter !== 'string' || (!Array.isArray(resolved) && !isScalar(resolved))) {
    throw templateError(
      'every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.',
    );
  }
  const texts: readonly unknown[] = Array.isArray(resolved) ? resolved : [resolved];
  return texts.map((item) => scalarText(item, 'Fn::Join')).join(delimiter);
}

function select(argument: unknown, scope: Scope): unknown {
  const [index, items] = list(argument, 'Fn::Select');
  const position = Number(evaluate(index, scope));
  const resolved = evaluate(items, scope);
  if (!Array.isArray(resolved) || !Number.isInteger(position)) {
    throw templateError('Fn::Select requires a list argument with two elements: an integer index and a list');
  }
  const chosen: unknown = resolved[position];
  if (chosen === undefined || chosen === null) {
    throw templateError(`Fn::Select cannot select nonexistent value at index ${position}`);
  }
  return chosen;
}

function split(argument: unknown, scope: Scope): string[] {
  const [delimiter, source] = list(argument, 'Fn::Split');
  if (typeof delimiter !== 'string' || delimiter === '') {
    throw templateError(
      'every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.',
    );
  }
  return resolvedText(source, scope, 'Fn::Split').split(delimiter);
}

function getZones(argument: unknown, scope: Scope): readonly string[] {
  const region = resolvedText(argument, scope, 'Fn::GetAZs');
  return scope.zones(region === '' ? scope.region : region);
}

function findInMap(argument: unknown, scope: Scope): unknown {
  const [mapName, topKey, secondKey, options] = list(argument, 'Fn::FindInMap').map((part) =>
    evaluate(part, scope),
  );
  const [map, top, second] = [mapName, topKey, secondKey].map((key) => scalarText(key, 'Fn::FindInMap'));
  const found = [map, top, second].reduce<unknown>(
    (object, key) => (isObject(object) && key !== undefined ? member(object, key) : undefined),
    scope.mappings,
  );
  if (found !== undefined) return found;
  if (isObject(options) && Object.hasOwn(options, 'DefaultValue')) return options['DefaultValue'];
  throw templateError(`Unable to get mapping for ${map}::${top}::${second}`);
}

function cidr(argument: unknown, scope: Scope): string[] {
  const [block, count, hostBits = 8] = list(argument, 'Fn::Cidr').map((part) => evaluate(part, scope));
  const blocks = subnetBlocks(scalarText(block, 'Fn::Cidr'), Number(count), Number(hostBits));
  if (!blocks) throw templateError('Fn::Cidr: the block cannot be split that way');
  return blocks;
}

function choose(argument: unknown, scope: Scope): unknown {
  const parts = list(argument, 'Fn::If');
  if (parts.length !== 3)
    throw templateValidationError('Fn::If requires a list argument with three elements');
  const [condition, whenTrue, whenFalse] = parts;
  const name = text(condition, 'Fn::If');
  if (member(scope.conditions, name) === undefined)
    throw templateError(`unresolved condition dependency ${name} in Fn::If`);
  return evaluate(holds(name, scope) ? whenTrue : whenFalse, scope);
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw templateError(`${name} requires a list argument`);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw templateError(`every ${name} object must have a single String value.`);
  return value;
}

function resolvedText(value: unknown, scope: Scope, name: string): string {
  return scalarText(evaluate(value, scope), name);
}

function scalarText(value: unknown, name: string): string {
  if (value === noValue) return '';
  // A list parameter joined into a text keeps its commas, as a CommaDelimitedList was given.
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String).join(',');
  if (!isScalar(value)) throw templateError(`${name} must resolve to a string`);
  return String(value);
}
