import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext, Stability } from '#/services/contract.ts';
import { withStackTags, type TagPair } from '#/services/stack-tags.ts';

/** The members of these names that a template gives, for operations that name them alike. */
export function pick<Name extends string>(
  properties: Properties,
  names: readonly Name[],
): { [Member in Name]?: never } {
  const given = names.filter((name) => properties[name] !== undefined);
  // The engine has checked the members against the type's schema, which has the operation's own types.
  return Object.fromEntries(given.map((name) => [name, properties[name]])) as { [Member in Name]?: never };
}

export function textOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

export function numberOf(properties: Properties, name: string): number | undefined {
  const text = textOf(properties, name);
  return text === undefined ? undefined : Number(text);
}

export function textsOf(properties: Properties, name: string): string[] | undefined {
  const value = properties[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** The stack's tags with the template's own, which win. */
export function tagsOf(properties: Properties, context: ProviderContext): { Key: string; Value: string }[] {
  // The engine has checked the list against the type's schema.
  const own: readonly TagPair[] = Array.isArray(properties['Tags']) ? properties['Tags'] : [];
  return withStackTags(context, own);
}

/** Whether the thing has become what was asked, by the state that Describe shows. */
export function stabilityOf(state: string | undefined): Stability {
  if (state === 'available' || state === 'stopped') return { state: 'stable' };
  if (state === undefined || state === 'failed')
    return { state: 'failed', reason: `The database is ${state ?? 'gone'}.` };
  return { state: 'in-progress' };
}

/** Does it, unless the thing is gone or going already. */
export function unlessGone(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (
      !(error instanceof AwsError && (isNotFound(error) || error.message.includes('already being deleted')))
    )
      throw error;
  }
}

/** Whether Describe no longer finds it. */
export function isGone(describe: () => unknown): boolean {
  try {
    describe();
    return false;
  } catch (error) {
    if (error instanceof AwsError && isNotFound(error)) return true;
    throw error;
  }
}

function isNotFound({ code }: AwsError): boolean {
  return /NotFound/.test(code);
}
