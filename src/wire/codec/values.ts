import { assert } from '#/lib/assert.ts';
import type { Structure } from '#/wire/model.ts';

/** A handler's value for a structure. Anything but an object is our bug. */
export function recordOf(value: unknown, shape: Structure): object {
  assert(typeof value === 'object' && value !== null, `${shape.name} of an output is an object`);
  return value;
}

/** A member by name, also one that is not in the object's type. */
export function memberOf(record: object, name: string): unknown {
  return (record as Readonly<Record<string, unknown>>)[name]; // an object may have any member
}

/** Throws when an output has a member that AWS's shape has not: it would silently not be sent. */
export function checkModelled(record: object, shape: Structure): void {
  for (const name of Object.keys(record))
    if (memberOf(record, name) !== undefined && name !== '$metadata' && !namesOf(shape).has(name))
      throw new Error(`assertion failed: ${shape.name} has no member ${name}`);
}

const names = new WeakMap<Structure, ReadonlySet<string>>();

function namesOf(shape: Structure): ReadonlySet<string> {
  const known = names.get(shape) ?? new Set(shape.members.map((member) => member.name));
  names.set(shape, known);
  return known;
}
