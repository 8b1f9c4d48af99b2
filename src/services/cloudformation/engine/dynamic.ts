import { AwsError } from '#/lib/aws-error.ts';
import type { Calls } from '#/services/contract.ts';
import { isObject, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import { validationError } from '#/services/cloudformation/errors.ts';

const reference = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}/g;

/**
 * The properties with dynamic references replaced by what they stand for. The answer goes to a provider and
 * nowhere else. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 */
export function resolveDynamic(properties: JsonObject, call: Calls): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, resolve(value)]));

  function resolve(value: unknown): unknown {
    if (typeof value === 'string') {
      return value.replaceAll(reference, (_, service: string, rest: string) =>
        service === 'secretsmanager' ? readSecret(rest, call) : readParameter(rest, call),
      );
    }
    if (Array.isArray(value)) return value.map(resolve);
    if (isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner)]));
    }
    return value;
  }
}

/** `name` or `name:version`. */
function readParameter(name: string, call: Calls): string {
  try {
    return call.ssm.GetParameter({ Name: name, WithDecryption: true }).Parameter?.Value ?? '';
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ParameterNotFound') throw error;
    throw validationError(`Parameters: [ssm:${name}] cannot be found.`);
  }
}

/** `secret-id:SecretString:json-key:version-stage:version-id`; a secret's ARN has colons of its own. */
function readSecret(rest: string, call: Calls): string {
  const parts = rest.split(':');
  const idParts = rest.startsWith('arn:') ? 7 : 1;
  const secretId = parts.slice(0, idParts).join(':');
  const [, key = '', stage = '', version = ''] = parts.slice(idParts);
  const { SecretString: text } = call.secretsmanager.GetSecretValue({
    SecretId: secretId,
    ...(stage === '' ? {} : { VersionStage: stage }),
    ...(version === '' ? {} : { VersionId: version }),
  });
  if (text === undefined) throw validationError(`Secrets Manager secret ${secretId} has no SecretString`);
  if (key === '') return text;
  const value = memberOfSecret(text, key);
  if (value === undefined) {
    throw validationError(`Could not find a value associated with JSONKey in SecretString`);
  }
  return value;
}

function memberOfSecret(text: string, key: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw validationError('Could not parse SecretString JSON');
  }
  if (!isObject(parsed) || !Object.hasOwn(parsed, key)) return undefined;
  const value = parsed[key];
  return typeof value === 'string' ? value : JSON.stringify(value);
}
