import { isObject, sameValue, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import type { PropertySchema, TypeSchema } from '#/services/cloudformation/engine/schema.ts';

/** A property that differs, with what its change means. */
export interface PropertyChange {
  /** Of the top-level property. */
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly recreation: 'Never' | 'Conditionally' | 'Always';
}

/** The top-level properties that differ, sorted by name. */
export function diffProperties(before: JsonObject, after: JsonObject, schema: TypeSchema): PropertyChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .filter((name) => !sameValue(before[name], after[name]))
    .map((name) => ({
      name,
      before: before[name],
      after: after[name],
      recreation: recreationOf(before[name], after[name], schema.properties[name], schema),
    }));
}

function recreationOf(
  before: unknown,
  after: unknown,
  property: PropertySchema | undefined,
  schema: TypeSchema,
): PropertyChange['recreation'] {
  if (property?.replacement === 'R') return 'Always';
  if (property?.replacement === 'M') return 'Conditionally';
  if (!property?.type.startsWith('#') || !isObject(before) || !isObject(after)) return 'Never';
  // A structure's members may say more than the structure does.
  const members = schema.definitions?.[property.type.slice(1)] ?? {};
  const verdicts = Object.keys({ ...before, ...after })
    .filter((name) => !sameValue(before[name], after[name]))
    .map((name) => recreationOf(before[name], after[name], members[name], schema));
  if (verdicts.includes('Always')) return 'Always';
  return verdicts.includes('Conditionally') ? 'Conditionally' : 'Never';
}
