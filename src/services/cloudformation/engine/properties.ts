import { isObject, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import type { PropertySchema, TypeSchema } from '#/services/cloudformation/engine/schema.ts';

export interface CheckedProperties {
  /** With texts made numbers and truth values (and back) where the schema wants them, as CloudFormation does. */
  readonly properties: JsonObject;
  /** `#: extraneous key [Foo] is not permitted`; empty when all is well. */
  readonly problems: readonly string[];
}

/** Checks resolved properties against their type's schema. The texts are those of stack events on AWS. */
export function checkProperties(properties: JsonObject, schema: TypeSchema): CheckedProperties {
  const problems: string[] = [];
  const checked = checkObject(properties, schema.properties, '#');
  return { properties: checked, problems };

  function checkObject(
    object: JsonObject,
    members: Readonly<Record<string, PropertySchema>>,
    path: string,
  ): JsonObject {
    const missing = Object.keys(members).filter(
      (name) => members[name]?.required && !Object.hasOwn(object, name),
    );
    const extraneous = Object.keys(object).filter((name) => !Object.hasOwn(members, name));
    for (const name of missing) problems.push(`${path}: required key [${name}] not found`);
    for (const name of extraneous) problems.push(`${path}: extraneous key [${name}] is not permitted`);
    return Object.fromEntries(
      Object.entries(object).map(([name, value]) => {
        const type = Object.hasOwn(members, name) ? members[name]?.type : undefined;
        return [name, type === undefined ? value : checkValue(value, type, `${path}/${name}`)];
      }),
    );
  }

  function checkValue(value: unknown, type: string, path: string): unknown {
    if (type.includes('|')) return value;
    if (type.startsWith('[')) {
      // A single value where a list is wanted is a list of one.
      const items: readonly unknown[] = Array.isArray(value) ? value : [value];
      return items.map((item, index) => checkValue(item, type.slice(1, -1), `${path}/${index}`));
    }
    if (type.startsWith('{')) {
      if (!isObject(value)) return complain(value, 'JSONObject', path);
      const inner = type.slice(1, -1);
      const entries = Object.entries(value).map(
        ([key, item]) => [key, checkValue(item, inner, `${path}/${key}`)] as const,
      );
      return Object.fromEntries(entries);
    }
    if (type.startsWith('#')) {
      const name = type.slice(1);
      const definitions = schema.definitions ?? {};
      const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
      if (!isObject(value)) return complain(value, 'JSONObject', path);
      return definition ? checkObject(value, definition, path) : value;
    }
    return checkScalar(value, type, path);
  }

  function checkScalar(value: unknown, type: string, path: string): unknown {
    switch (type) {
      case 'string':
        if (typeof value === 'number' || typeof value === 'boolean') return String(value);
        return typeof value === 'string' ? value : complain(value, 'String', path);
      case 'boolean':
        if (value === 'true' || value === 'True') return true;
        if (value === 'false' || value === 'False') return false;
        return typeof value === 'boolean' ? value : complain(value, 'Boolean', path);
      case 'integer':
      case 'number': {
        const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
        const fits = typeof number === 'number' && (type === 'number' || Number.isSafeInteger(number));
        return fits ? number : complain(value, type === 'integer' ? 'Integer' : 'Number', path);
      }
      case 'tag':
        return isObject(value)
          ? checkObject(value, { Key: { type: 'string' }, Value: { type: 'string' }, ...tagExtras }, path)
          : complain(value, 'JSONObject', path);
      default:
        return value; // json, date-time and whatever else has no shape to check
    }
  }

  function complain(value: unknown, expected: string, path: string): unknown {
    const found = Array.isArray(value) ? 'JSONArray' : isObject(value) ? 'JSONObject' : jsonTypeOf(value);
    problems.push(`${path}: expected type: ${expected}, found: ${found}`);
    return value;
  }
}

/** Groups' tags say whether instances get them too. */
const tagExtras: Readonly<Record<string, PropertySchema>> = { PropagateAtLaunch: { type: 'boolean' } };

function jsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'Null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'BigDecimal';
  return typeof value === 'boolean' ? 'Boolean' : 'String';
}
