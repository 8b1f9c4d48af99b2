/** Reads of values whose form a generator's source promises but no type declares. They throw when it is otherwise. */
export type RawObject = { readonly [key: string]: unknown };

export function asObject(value: unknown, what: string): RawObject {
  if (typeof value !== 'object' || value === null) throw new Error(`${what} is no object`);
  return value as RawObject; // its members are unknown, and stay so
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no array`);
  return value;
}

export function asString(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`${what} is no string`);
  return value;
}

export function optionalString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
