import type { Random } from '#/lib/random.ts';
import type { Member, Shape, Structure } from '#/wire/model.ts';
import type { ScalarCode } from '#/wire/table.ts';

const depthMax = 7;
const texts = ['plain', 'a b+c/d=e', '<&>"\'', 'héllo ☃', '  pad  ', 'x\ny', 'Ünï%20%', '0', 'true', 'end'];

/** A value of that shape with every member that has one, for what a protocol must carry unharmed. */
export function randomValue(random: Random, shape: Shape): unknown {
  return valueOf(random, shape, 0, false);
}

/** `simple` values also fit into headers, paths and query strings. */
function valueOf(random: Random, shape: Shape, depth: number, simple: boolean): unknown {
  switch (shape.kind) {
    case 'scalar': {
      const values = shape.constraints?.values;
      return values ? values[random.int(values.length)] : scalarOf(random, shape.code, simple);
    }
    case 'list':
      return depth > depthMax ? undefined : listOf(random, shape.item, depth, simple);
    case 'map':
      return depth > depthMax ? undefined : mapOf(random, shape.key, shape.value, depth, simple);
    case 'structure':
      return structureOf(random, shape, depth, simple);
    default:
      throw new Error('unknown shape');
  }
}

function listOf(random: Random, item: Shape, depth: number, simple: boolean): unknown[] {
  return Array.from({ length: 1 + random.int(2) }, () => valueOf(random, item, depth + 1, simple)).filter(
    (value) => value !== undefined,
  );
}

function mapOf(random: Random, key: Shape, value: Shape, depth: number, simple: boolean): object {
  const name = String(valueOf(random, key, depth + 1, true));
  const item = valueOf(random, value, depth + 1, simple);
  return item === undefined ? {} : { [name]: item };
}

function structureOf(random: Random, shape: Structure, depth: number, simple: boolean): object | undefined {
  if (depth > depthMax) return shape.union ? undefined : {};
  const { members } = shape;
  const chosen = shape.union ? members.slice(0, 1) : members;
  const entries = chosen
    .map(
      (member) =>
        [member.name, valueOf(random, member.shape, depth + 1, simple || isOutsideBody(member))] as const,
    )
    .filter(([, value]) => value !== undefined);
  return shape.union && entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isOutsideBody({ http }: Member): boolean {
  return http !== undefined && http.kind !== 'payload';
}

function scalarOf(random: Random, code: ScalarCode, simple: boolean): unknown {
  switch (code) {
    case 'string':
      return simple ? `abc${random.int(100)}` : texts[random.int(texts.length)];
    case 'integer':
      return random.int(1_000_000) - 5000;
    case 'number':
      return random.int(1_000_000) / 8;
    case 'boolean':
      return random.int(2) === 1;
    case 'date':
    case 'date-time':
    case 'epoch':
    case 'http-date':
      return new Date(1_700_000_000_000 + random.int(1_000_000) * 1000);
    case 'blob':
      return Uint8Array.of(1, 2, 255, 0, 60);
    case 'stream':
      return Buffer.from('stream<&>');
    case 'document':
      return undefined;
    default:
      throw new Error('unknown scalar');
  }
}

/** What is left of a value for comparing: no metadata, nothing empty, bytes as hexadecimal text. */
export function comparable(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) {
    const items = value.map(comparable).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value !== 'object' || value === null) return value === '' ? undefined : value;
  const entries = Object.entries(value)
    .filter(([name]) => name !== '$metadata')
    .map(([name, item]) => [name, comparable(item)] as const)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
