import { unreachable } from '#/lib/assert.ts';
import { perShape } from '#/wire/codec/per-shape.ts';
import { memberOf, recordOf } from '#/wire/codec/values.ts';
import type { List, Scalar, Shape, Structure } from '#/wire/model.ts';
import type { Bounds } from '#/wire/table.ts';

/** One way in which an input breaks the model. */
export interface Violation {
  readonly kind: 'missing' | 'enum' | 'length' | 'value' | 'pattern';
  /** In members' names with a small first letter, as AWS prints them: `tags.1.member.key`. */
  readonly path: string;
  /** In the model's names: `Tags.1.Key`. */
  readonly parameter: string;
  /** The value as AWS prints it; undefined where the value is a secret. */
  readonly printed: string | undefined;
  /** `Member must not be null` */
  readonly rule: string;
}

/** Everything about an input that the model forbids, in the order of the model's members. */
export function validate(shape: Structure, input: unknown): readonly Violation[] {
  const violations: Violation[] = [];
  check(shape)(input, root, violations);
  return violations;
}

/** All violations in one sentence, in AWS's words. */
export function renderViolations(violations: readonly Violation[]): string {
  const sentences = violations.map(({ printed, path, rule }) => {
    const value = printed === undefined ? 'Value' : `Value ${printed}`;
    return `${value} at '${path}' failed to satisfy constraint: ${rule}`;
  });
  return `${violations.length} validation error${violations.length > 1 ? 's' : ''} detected: ${sentences.join('; ')}`;
}

interface Place {
  readonly path: string;
  readonly parameter: string;
  readonly sensitive: boolean;
}

const root: Place = { path: '', parameter: '', sensitive: false };

type Check = (value: unknown, place: Place, violations: Violation[]) => void;

const check = perShape<Check>((shape, of) => {
  switch (shape.kind) {
    case 'scalar':
      return scalarCheck(shape);
    case 'list':
      return listCheck(shape, of(shape.item));
    case 'map': {
      const checkValue = of(shape.value);
      return (value, place, violations) => {
        for (const [key, item] of Object.entries(value as object))
          // a reader made it
          checkValue(
            item,
            { ...place, path: `${place.path}.${key}.member`, parameter: `${place.parameter}.${key}` },
            violations,
          );
      };
    }
    case 'structure':
      return structureCheck(shape, of);
    default:
      return unreachable(shape);
  }
});

function structureCheck(shape: Structure, of: (shape: Shape) => Check): Check {
  const members = shape.members.map((member) => ({ ...member, check: of(member.shape) }));
  return (value, place, violations) => {
    const record = recordOf(value, shape);
    for (const { name, required, sensitive, check: checkMember } of members) {
      const member = memberOf(record, name);
      if (member === undefined && !required) continue;
      const inner: Place = {
        path: join(place.path, name.charAt(0).toLowerCase() + name.slice(1)),
        parameter: join(place.parameter, name),
        sensitive,
      };
      if (member !== undefined) checkMember(member, inner, violations);
      else violations.push({ kind: 'missing', ...inner, printed: 'null', rule: 'Member must not be null' });
    }
  };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function listCheck({ length }: List, checkItem: Check): Check {
  return (value, place, violations) => {
    const items = value as unknown[]; // a reader made it
    checkBounds(length, items.length, 'length', `'[${items.map(String).join(', ')}]'`, place, violations);
    items.forEach((item, index) => {
      const path = `${place.path}.${index + 1}.member`;
      checkItem(item, { ...place, path, parameter: `${place.parameter}.${index + 1}` }, violations);
    });
  };
}

function scalarCheck({ code, constraints }: Scalar): Check {
  if (!constraints) return () => {};
  const { values, bounds } = constraints;
  const allowed = values && new Set<unknown>(values);
  const pattern = constraints.pattern === undefined ? undefined : compilePattern(constraints.pattern);
  const isNumber = code === 'integer' || code === 'number';
  return (value, place, violations) => {
    const printed = isNumber ? String(value) : `'${String(value)}'`;
    if (allowed && !allowed.has(value)) {
      const rule = `Member must satisfy enum value set: [${values?.join(', ')}]`;
      violations.push(violation('enum', place, printed, rule));
    }
    if (isNumber) checkBounds(bounds, Number(value), 'value', printed, place, violations);
    else checkBounds(bounds, lengthOf(value), 'length', printed, place, violations);
    // A value beyond its bounds is told so already, and some patterns take long for long texts.
    const isBounded = isNumber || lengthOf(value) <= (bounds?.[1] ?? Infinity);
    if (pattern && typeof value === 'string' && isBounded && !pattern.test(value)) {
      const rule = `Member must satisfy regular expression pattern: ${constraints.pattern}`;
      violations.push(violation('pattern', place, printed, rule));
    }
  };
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}

function checkBounds(
  bounds: Bounds | undefined,
  measure: number,
  kind: 'length' | 'value',
  printed: string,
  place: Place,
  violations: Violation[],
): void {
  const [min, max] = bounds ?? [null, null];
  const what = `Member must have ${kind}`;
  if (min !== null && measure < min)
    violations.push(violation(kind, place, printed, `${what} greater than or equal to ${min}`));
  if (max !== null && measure > max)
    violations.push(violation(kind, place, printed, `${what} less than or equal to ${max}`));
}

function violation(kind: Violation['kind'], place: Place, printed: string, rule: string): Violation {
  return {
    kind,
    path: place.path,
    parameter: place.parameter,
    printed: place.sensitive ? undefined : printed,
    rule,
  };
}

/**
 * The same languages as patterns of AWS whose nested repetitions would take JavaScript exponential time on a text
 * that does not match.
 */
const linearPatterns = new Map([['[a-zA-Z](?:-?[a-zA-Z0-9]+)*', '[a-zA-Z](?:-?[a-zA-Z0-9])*']]);

/** AWS's patterns are Java's. What JavaScript cannot compile is not checked. */
function compilePattern(pattern: string): RegExp | undefined {
  for (const flags of ['u', ''])
    try {
      return new RegExp(`^(?:${linearPatterns.get(pattern) ?? pattern})$`, flags);
    } catch {
      // the next way of reading it, or none
    }
  return undefined;
}
