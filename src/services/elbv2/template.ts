import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext } from '#/services/contract.ts';
import { withStackTags } from '#/services/stack-tags.ts';

const numbers = new Set([
  'Port',
  'Priority',
  'Weight',
  'Order',
  'DurationSeconds',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
]);
/** Spelled as text by the API even where they look like numbers. */
const texts = new Set(['HealthCheckPort', 'StatusCode', 'HttpCode', 'Value', 'Key']);
const booleans = new Set(['Enabled', 'HealthCheckEnabled']);

/**
 * The named properties as the API spells them: a template may give numbers as text and text as numbers. The answer
 * has the shape of an operation's input, because the types' properties are named as the API's members are.
 */
export function toInput<T>(properties: Properties, names: readonly (keyof T & string)[]): Partial<T> {
  const given = names.filter((name) => properties[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, convert(name, properties[name])])) as Partial<T>; // see above
}

function convert(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => convert(name, item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, convert(key, member)]));
  // A redirect's port is text (`#{port}`); any other is a number.
  if (numbers.has(name) && typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : value;
  if (booleans.has(name)) return value === true || value === 'true';
  if (texts.has(name)) return String(value);
  return value;
}

/** A redirect's port is text in the API, whatever the template made of it. */
export function withTextPorts<T>(actions: readonly T[]): T[] {
  return actions.map((action) => {
    const { RedirectConfig } = action as { RedirectConfig?: { Port?: string | number } }; // an action of the API
    if (RedirectConfig?.Port === undefined) return action;
    return { ...action, RedirectConfig: { ...RedirectConfig, Port: String(RedirectConfig.Port) } };
  });
}

/** The stack's tags and the resource's own, which win; undefined when there are none. */
export function templateTags(
  properties: Properties,
  context: ProviderContext,
): { Key: string; Value: string }[] | undefined {
  const own = (properties['Tags'] ?? []) as readonly { Key: string; Value: unknown }[]; // the schema says so
  const list = withStackTags(
    context,
    own.map(({ Key, Value }) => ({ Key, Value: String(Value) })),
  );
  return list.length === 0 ? undefined : list;
}

/** Puts the tags of a changed template on a resource. */
export function retag(
  arn: string,
  properties: Properties,
  previous: Properties,
  context: ProviderContext,
): void {
  const tags = templateTags(properties, context) ?? [];
  const before = (previous['Tags'] ?? []) as readonly { Key: string }[]; // the schema says so
  const TagKeys = before.map(({ Key }) => Key).filter((key) => !tags.some(({ Key }) => Key === key));
  if (TagKeys.length > 0) context.call.elbv2.RemoveTags({ ResourceArns: [arn], TagKeys });
  if (tags.length > 0) context.call.elbv2.AddTags({ ResourceArns: [arn], Tags: tags });
}

/** What `look` answers, or undefined when the resource is gone. */
export function unlessMissing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof AwsError && error.code.endsWith('NotFound')) return undefined;
    throw error;
  }
}
