import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext, ResourceProvider, Stability } from '#/services/contract.ts';
import type { TagMember } from '#/services/ec2/tags.ts';
import { withStackTags } from '#/services/stack-tags.ts';
import { unlessRefused } from '#/services/unless-refused.ts';

// Reading the properties of a template's resources. Templates may write numbers and booleans as text.

export function textOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The text. Throws ValidationError, as CloudFormation says it. */
export function requireText(properties: Properties, name: string): string {
  const text = textOf(properties, name);
  if (text === undefined) throw new AwsError('ValidationError', `Property ${name} cannot be empty.`);
  return text;
}

export function flagOf(properties: Properties, name: string): boolean | undefined {
  const text = textOf(properties, name);
  return text === undefined ? undefined : text === 'true';
}

export function numberOf(properties: Properties, name: string): number | undefined {
  const text = textOf(properties, name);
  return text === undefined ? undefined : Number(text);
}

export function textsOf(properties: Properties, name: string): string[] | undefined {
  const value = properties[name];
  return Array.isArray(value) ? value.map(String) : undefined;
}

/** A list of objects; empty when absent. */
export function objectsOf(properties: Properties, name: string): readonly Properties[] {
  const value = properties[name];
  // The engine has checked the list against the type's schema.
  return Array.isArray(value) ? (value as readonly Properties[]) : [];
}

/** An object within; undefined when absent. */
export function objectOf(properties: Properties, name: string): Properties | undefined {
  const value = properties[name];
  // The engine has checked the object against the type's schema.
  return typeof value === 'object' && value !== null ? (value as Properties) : undefined;
}

/** The members that have a value: an input has no undefined ones. */
export function given<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  // What is left has lost its undefined members only.
  return Object.fromEntries(present) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}

/** The tags that a resource of a stack gets: the stack's, and its own, which win. */
export function tagsOfStack(
  properties: Properties,
  context: ProviderContext,
): { Key: string; Value: string }[] {
  const own = objectsOf(properties, 'Tags').map((tag) => ({
    Key: textOf(tag, 'Key') ?? '',
    Value: textOf(tag, 'Value') ?? '',
  }));
  return withStackTags(context, own);
}

/** Brings the tags of a resource to what an updated template says. */
export function updateTags(
  id: string,
  properties: Properties,
  previous: Properties,
  context: ProviderContext,
): void {
  const wanted = tagsOfStack(properties, context);
  const stale: TagMember[] = objectsOf(previous, 'Tags')
    .map((tag) => ({ Key: textOf(tag, 'Key') ?? '' }))
    .filter(({ Key }) => !wanted.some((tag) => tag.Key === Key));
  if (wanted.length > 0) context.call.ec2.CreateTags({ Resources: [id], Tags: wanted });
  if (stale.length > 0)
    context.call.ec2.DeleteTags({
      Resources: [id],
      Tags: stale.map(({ Key = '' }) => ({ Key })),
    });
}

/** Runs a step of a deletion for which "it is not there" is as good as done. */
export function unlessMissing(step: () => unknown): void {
  unlessRefused(/NotFound$|NotAttached$/, step);
}

export const stable = (): Stability => ({ state: 'stable' });

/** Stable once a state is the one that was waited for. */
export function stableWhen(isThere: boolean): Stability {
  return { state: isThere ? 'stable' : 'in-progress' };
}

/** The two parts of a physical id that joins them by `|`. */
export function splitPair(physicalId: string): readonly [string, string] {
  const [first = '', second = ''] = physicalId.split('|');
  return [first, second];
}

/** The whole of a type's adapter, where its tags are all that changes in place. */
export function updatingTags(provider: Omit<ResourceProvider, 'update'>): ResourceProvider {
  return {
    ...provider,
    update(physicalId, properties, previous, context) {
      updateTags(physicalId, properties, previous, context);
      return physicalId;
    },
  };
}
