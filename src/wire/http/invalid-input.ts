import { AwsError } from '#/lib/aws-error.ts';
import { malformedXml } from '#/wire/http/faults.ts';
import { payloadOf } from '#/wire/codec/http-bindings.ts';
import type { Structure } from '#/wire/model.ts';
import type { Target } from '#/wire/protocol.ts';
import { renderViolations, validate, type Violation } from '#/wire/validate.ts';

/** Throws the service's error when the input is not what the model asks for. */
export function requireValid(target: Target, shape: Structure | undefined, input: unknown): void {
  if (!shape) return;
  const violations = validate(shape, input).filter((violation) => !isLeftToHandler(target, violation));
  const [first] = violations;
  if (!first) return;
  if (target.protocol === 'ec2' || target.model.service === 'rds') throw parameterError(target, first);
  if (target.protocol === 'rest-xml') throw s3Error(shape, first);
  throw new AwsError(
    target.protocol === 'query' ? 'ValidationError' : 'ValidationException',
    renderViolations(violations),
  );
}

/** EC2 calls some parameters in its errors what they were called before. */
const olderNames: ReadonlyMap<string, string> = new Map([['Resources', 'resourceIdSet']]);

/** EC2 has words of its own for each operation that is given an unknown instance type. */
function isLeftToHandler({ protocol }: Target, { kind, parameter }: Violation): boolean {
  return protocol === 'ec2' && kind === 'enum' && /(^|\.)InstanceTypes?(\.|$)/.test(parameter);
}

/** EC2 and RDS name one parameter, the first one that is wrong. */
function parameterError({ protocol }: Target, violation: Violation): AwsError {
  const { kind, parameter, printed } = violation;
  if (kind === 'missing') {
    const end = protocol === 'ec2' ? '' : '.';
    const printedName = protocol === 'ec2' ? (olderNames.get(parameter) ?? parameter) : parameter;
    return new AwsError('MissingParameter', `The request must contain the parameter ${printedName}${end}`);
  }
  if (kind === 'enum') {
    const value = printed?.slice(1, -1) ?? '';
    return new AwsError('InvalidParameterValue', `Value (${value}) for parameter ${parameter} is invalid.`);
  }
  return new AwsError('InvalidParameterValue', renderViolations([violation]));
}

function s3Error(shape: Structure, { kind, parameter, printed, rule }: Violation): AwsError {
  const [top] = parameter.split('.');
  const member = shape.members.find(({ name }) => name === top);
  if (!member?.http || payloadOf(shape) === member) return malformedXml();
  const value = printed?.replace(/^'|'$/g, '') ?? '';
  const message = kind === 'missing' ? `Missing required argument ${parameter}` : `${parameter}: ${rule}`;
  return new AwsError('InvalidArgument', message, {
    details: { ArgumentName: parameter, ArgumentValue: value },
  });
}
