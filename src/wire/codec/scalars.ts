import { unreachable } from '#/lib/assert.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import type { ScalarCode } from '#/wire/table.ts';

/** The formats of timestamps: `date` means the protocol's default. */
export type DateFormat = 'date-time' | 'http-date' | 'epoch';

/** Reads a scalar from text: a form's value, an element, a header. */
export function parseScalar(code: ScalarCode, text: string, path: string): unknown {
  switch (code) {
    case 'integer':
      return parseInteger(text, path);
    case 'number':
      return parseNumber(text, path);
    case 'boolean':
      return parseBoolean(text, path);
    case 'date':
    case 'date-time':
    case 'http-date':
    case 'epoch':
      return parseDate(text, path);
    case 'blob':
      return Buffer.from(text, 'base64');
    case 'string':
    case 'stream':
    case 'document':
      return text;
    default:
      return unreachable(code);
  }
}

function parseInteger(text: string, path: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Malformed('integer', path, text);
  return Number(text);
}

function parseNumber(text: string, path: string): number {
  const value = Number(text);
  if (text.trim() === '' || (Number.isNaN(value) && text !== 'NaN'))
    throw new Malformed('number', path, text);
  return value;
}

function parseBoolean(text: string, path: string): boolean {
  switch (text.toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      throw new Malformed('boolean', path, text);
  }
}

/** Takes every form in which clients write times: seconds since the epoch, ISO 8601, HTTP dates. */
export function parseDate(value: string | number, path: string): Date {
  const seconds = typeof value === 'number' || /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  const date = new Date(seconds === undefined ? value : Math.round(seconds * 1000));
  if (Number.isNaN(date.getTime())) throw new Malformed('timestamp', path, String(value));
  return date;
}

/** The text of a scalar; timestamps that have no format of their own get the protocol's. */
export function renderScalar(code: ScalarCode, value: unknown, defaultFormat: DateFormat): string {
  switch (code) {
    case 'date':
      return renderDate(defaultFormat, value);
    case 'date-time':
    case 'http-date':
    case 'epoch':
      return renderDate(code, value);
    case 'blob':
      return toBytes(value).toString('base64');
    case 'string':
    case 'stream':
    case 'document':
    case 'integer':
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return unreachable(code);
  }
}

export function renderDate(format: DateFormat, value: unknown): string {
  const date = toDate(value);
  switch (format) {
    case 'date-time':
      return isoDate(date);
    case 'http-date':
      return date.toUTCString();
    case 'epoch':
      return String(date.getTime() / 1000);
    default:
      return unreachable(format);
  }
}

/** ISO 8601 without a fraction when there is none, as AWS writes it. */
export function isoDate(date: Date): string {
  const text = date.toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}

/** A handler's timestamp. Anything but a Date is our bug. */
export function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  throw new Error(`a timestamp of an output is no Date but ${String(value)}`);
}

/** A handler's blob: bytes, or text that stands for its UTF-8 form. */
export function toBytes(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new Error(`a blob of an output is neither bytes nor text but ${typeof value}`);
}
