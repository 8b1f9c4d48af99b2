import { AwsError } from '#/lib/aws-error.ts';
import type { Calls } from '#/services/contract.ts';
import type { ParameterDeclaration, Template } from '#/services/cloudformation/engine/template.ts';
import { validationError } from '#/services/cloudformation/errors.ts';

/** A parameter as the stack remembers it. */
export interface GivenParameter {
  readonly key: string;
  /** As given; a Systems Manager parameter's is its name. */
  readonly value: string;
  /** What the Systems Manager parameter held at the time. */
  readonly resolvedValue?: string;
}

/** A parameter ready for use in functions. */
export interface ParameterValue {
  readonly declaration: ParameterDeclaration;
  /** What `Ref` gives: a list for the list types. */
  readonly value: string | readonly string[];
}

export interface ParameterInput {
  readonly ParameterKey?: string;
  readonly ParameterValue?: string;
  readonly UsePreviousValue?: boolean;
}

/** Joins what the request gives with defaults and previous values, and checks it. Throws `ValidationError`. */
export function resolveParameters(
  template: Template,
  inputs: readonly ParameterInput[],
  previous: readonly GivenParameter[],
  call: Calls,
): GivenParameter[] {
  const given = new Map(inputs.map((input) => [input.ParameterKey ?? '', input]));
  const unknown = [...given.keys()].filter((key) => !template.parameters.has(key));
  if (unknown.length > 0) {
    throw validationError(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
  }
  const before = new Map(previous.map((parameter) => [parameter.key, parameter.value]));
  const chosen = [...template.parameters].map(([key, declaration]) => {
    const input = given.get(key);
    const value = input?.UsePreviousValue ? before.get(key) : (input?.ParameterValue ?? declaration.default);
    return { key, declaration, value };
  });
  const missing = chosen.filter(({ value }) => value === undefined).map(({ key }) => key);
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  return chosen.map(({ key, declaration, value = '' }) => {
    checkParameter(key, declaration, value);
    const inner = ssmValueType(declaration.type);
    return inner === undefined
      ? { key, value }
      : { key, value, resolvedValue: readSsmParameter(value, call) };
  });
}

/** The parameters by name, as functions use them. */
export function parameterValues(
  template: Template,
  given: readonly GivenParameter[],
): ReadonlyMap<string, ParameterValue> {
  const values = new Map<string, ParameterValue>();
  for (const { key, value, resolvedValue } of given) {
    const declaration = template.parameters.get(key);
    if (!declaration) continue;
    const text = resolvedValue ?? value;
    const type = ssmValueType(declaration.type) ?? declaration.type;
    const isList = type === 'CommaDelimitedList' || type.startsWith('List<');
    values.set(key, { declaration, value: isList ? splitList(text) : text });
  }
  return values;
}

/** `String` of `AWS::SSM::Parameter::Value<String>`; undefined for other types. */
export function ssmValueType(type: string): string | undefined {
  return /^AWS::SSM::Parameter::Value<(.+)>$/.exec(type)?.[1];
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

function readSsmParameter(name: string, call: Calls): string {
  try {
    const { Parameter } = call.ssm.GetParameter({ Name: name, WithDecryption: false });
    return Parameter?.Value ?? '';
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ParameterNotFound') throw error;
    throw validationError(`Unable to fetch parameters [${name}] from parameter store for this account.`);
  }
}

const plainTypes = new Set([
  'AWS::EC2::AvailabilityZone::Name',
  'AWS::EC2::Image::Id',
  'AWS::EC2::Instance::Id',
  'AWS::EC2::KeyPair::KeyName',
  'AWS::EC2::SecurityGroup::GroupName',
  'AWS::EC2::SecurityGroup::Id',
  'AWS::EC2::Subnet::Id',
  'AWS::EC2::VPC::Id',
  'AWS::EC2::Volume::Id',
  'AWS::Route53::HostedZone::Id',
  'AWS::SSM::Parameter::Name',
  'CommaDelimitedList',
  'Number',
  'String',
]);

/** Whether CloudFormation has a parameter type of that name. */
export function isParameterType(type: string): boolean {
  const inner = ssmValueType(type) ?? type;
  const item = /^List<(.+)>$/.exec(inner)?.[1] ?? inner;
  return plainTypes.has(item);
}

function checkParameter(key: string, declaration: ParameterDeclaration, value: string): void {
  const { type, allowedValues, allowedPattern, minLength, maxLength, minValue, maxValue } = declaration;
  if (!isParameterType(type)) {
    throw validationError(`Template format error: Unrecognized parameter type: ${type}`);
  }
  const isList = type === 'CommaDelimitedList' || type.startsWith('List<');
  const items = isList ? splitList(value) : [value];
  for (const item of items) {
    if (allowedValues && !allowedValues.includes(item)) {
      throw violated(`Parameter '${key}' must be one of AllowedValues`);
    }
    // The pattern must match the whole value.
    if (allowedPattern !== undefined && !new RegExp(`^(?:${allowedPattern})$`).test(item)) {
      throw violated(`Parameter '${key}' must match pattern ${allowedPattern}`);
    }
    if (minLength !== undefined && item.length < minLength) {
      throw violated(`Parameter '${key}' must contain at least ${minLength} characters`);
    }
    if (maxLength !== undefined && item.length > maxLength) {
      throw violated(`Parameter '${key}' must contain at most ${maxLength} characters`);
    }
    if (type !== 'Number' && type !== 'List<Number>') continue;
    const number = Number(item);
    if (item.trim() === '' || Number.isNaN(number))
      throw validationError(`Parameter '${key}' must be a number.`);
    if (minValue !== undefined && number < minValue) {
      throw violated(`Parameter '${key}' must be a number not less than ${minValue}`);
    }
    if (maxValue !== undefined && number > maxValue) {
      throw violated(`Parameter '${key}' must be a number not greater than ${maxValue}`);
    }
  }
  checkId(key, type, items);

  function violated(text: string): AwsError {
    return validationError(
      declaration.constraintDescription === undefined
        ? text
        : `Parameter ${key} failed to satisfy constraint: ${declaration.constraintDescription}`,
    );
  }
}

const idPatterns: ReadonlyMap<string, RegExp> = new Map([
  ['AWS::EC2::Image::Id', /^ami-[0-9a-f]+$/],
  ['AWS::EC2::Instance::Id', /^i-[0-9a-f]+$/],
  ['AWS::EC2::SecurityGroup::Id', /^sg-[0-9a-f]+$/],
  ['AWS::EC2::Subnet::Id', /^subnet-[0-9a-f]+$/],
  ['AWS::EC2::VPC::Id', /^vpc-[0-9a-f]+$/],
  ['AWS::EC2::Volume::Id', /^vol-[0-9a-f]+$/],
]);

function checkId(key: string, type: string, items: readonly string[]): void {
  const item = /^List<(.+)>$/.exec(type)?.[1] ?? type;
  const pattern = idPatterns.get(item);
  const wrong = pattern && items.find((id) => !pattern.test(id));
  if (wrong === undefined) return;
  throw validationError(
    `Parameter validation failed: parameter value ${wrong} for parameter name ${key} does not exist`,
  );
}
