import { unreachable } from '#/lib/assert.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import { perShape } from '#/wire/codec/per-shape.ts';
import { isoDate, parseDate, toBytes, toDate } from '#/wire/codec/scalars.ts';
import { checkModelled, memberOf, recordOf } from '#/wire/codec/values.ts';
import { inBody, type Shape, type Structure } from '#/wire/model.ts';
import type { ScalarCode } from '#/wire/table.ts';

type Reader = (value: unknown, path: string) => unknown;

/** Reads what JSON.parse or the CBOR decoder answered as a shape of the model. Throws `Malformed`. */
export const readJson = perShape<Reader>((shape, of) => {
  switch (shape.kind) {
    case 'scalar':
      return (value, path) => readScalar(shape.code, value, path);
    case 'list': {
      const readItem = of(shape.item);
      return (value, path) => {
        if (!Array.isArray(value)) throw new Malformed('list', path, typeof value);
        return value
          .filter((item) => item !== null)
          .map((item, index) => readItem(item, `${path}[${index}]`));
      };
    }
    case 'map': {
      const readValue = of(shape.value);
      return (value, path) => {
        const record = Object.create(null) as Record<string, unknown>; // an empty object
        for (const [key, item] of Object.entries(plainObject(value, 'map', path)))
          if (item !== null) record[key] = readValue(item, `${path}.${key}`);
        return record;
      };
    }
    case 'structure':
      return structureReader(shape, of);
    default:
      return unreachable(shape);
  }
});

function structureReader(shape: Structure, of: (shape: Shape) => Reader): Reader {
  const members = shape.members.map((member) => [member.name, of(member.shape)] as const);
  return (value, path) => {
    const record = plainObject(value, 'structure', path);
    const result: Record<string, unknown> = {};
    for (const [name, read] of members) {
      if (!Object.hasOwn(record, name)) continue;
      const member = memberOf(record, name);
      if (member !== null && member !== undefined)
        result[name] = read(member, path === '' ? name : `${path}.${name}`);
    }
    return result;
  };
}

function plainObject(value: unknown, expected: string, path: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Malformed(expected, path, typeof value);
  return value;
}

function readScalar(code: ScalarCode, value: unknown, path: string): unknown {
  switch (code) {
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
    case 'integer':
      if (typeof value === 'bigint') return Number(value);
      if (Number.isInteger(value)) return value;
      break;
    case 'number':
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
      break;
    case 'date':
    case 'date-time':
    case 'http-date':
    case 'epoch':
      if (value instanceof Date) return value;
      if (typeof value === 'number' || typeof value === 'string') return parseDate(value, path);
      break;
    case 'blob':
    case 'stream':
      if (value instanceof Uint8Array) return value;
      if (typeof value === 'string') return Buffer.from(value, 'base64');
      break;
    case 'document':
      return value;
  }
  throw new Malformed(code, path, typeof value);
}

type Writer = (value: unknown, strict: boolean) => unknown;

/** Output to plain values for JSON.stringify: times as seconds since the epoch, blobs in base64. */
export const toJson = perShape<Writer>((shape, of) => plainWriter(shape, of, jsonScalar));
/** Output to plain values for the CBOR encoder, which has types for times and bytes. */
export const toCbor = perShape<Writer>((shape, of) => plainWriter(shape, of, cborScalar));

/** Only modelled members pass: a handler's internal ones cannot leak. */
function plainWriter(
  shape: Shape,
  of: (shape: Shape) => Writer,
  scalar: (code: ScalarCode, value: unknown) => unknown,
): Writer {
  switch (shape.kind) {
    case 'scalar':
      return (value) => scalar(shape.code, value);
    case 'list': {
      const writeItem = of(shape.item);
      return (value, strict) => (value as unknown[]).map((item) => writeItem(item, strict)); // a list of the output
    }
    case 'map': {
      const writeValue = of(shape.value);
      return (value, strict) => {
        const entries = Object.entries(value as object).filter(
          ([, item]) => item !== undefined && item !== null,
        ); // a map
        return Object.fromEntries(entries.map(([key, item]) => [key, writeValue(item, strict)]));
      };
    }
    case 'structure': {
      const members = shape.members
        .filter((member) => inBody(member) || member.http?.kind === 'payload')
        .map((member) => [member.name, of(member.shape)] as const);
      return (value, strict) => {
        const record = recordOf(value, shape);
        if (strict) checkModelled(record, shape);
        const result: Record<string, unknown> = {};
        for (const [name, write] of members) {
          const member = memberOf(record, name);
          if (member !== undefined && member !== null) result[name] = write(member, strict);
        }
        return result;
      };
    }
    default:
      return unreachable(shape);
  }
}

function jsonScalar(code: ScalarCode, value: unknown): unknown {
  switch (code) {
    case 'date':
    case 'epoch':
      return toDate(value).getTime() / 1000;
    case 'date-time':
      return isoDate(toDate(value));
    case 'http-date':
      return toDate(value).toUTCString();
    case 'blob':
      return toBytes(value).toString('base64');
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'string':
    case 'stream':
    case 'integer':
    case 'boolean':
    case 'document':
      return value;
    default:
      return unreachable(code);
  }
}

function cborScalar(code: ScalarCode, value: unknown): unknown {
  return code === 'blob' ? toBytes(value) : value;
}
