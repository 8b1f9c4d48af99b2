import { unreachable } from '#/lib/assert.ts';
import { parseScalar, renderScalar } from '#/wire/codec/scalars.ts';
import { memberOf } from '#/wire/codec/values.ts';
import { headerOf, type WireRequest } from '#/wire/http/request.ts';
import type { HttpBinding, Member, Shape, Structure } from '#/wire/model.ts';
import type { ScalarCode } from '#/wire/table.ts';

/** The members of a REST operation's input that are not in its body. */
export function readBindings(
  request: WireRequest,
  shape: Structure,
  labels: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (!member.http) continue;
    const value = readBinding(request, member, member.http, labels);
    if (value !== undefined) input[member.name] = value;
  }
  return input;
}

function readBinding(
  request: WireRequest,
  { name, shape }: Member,
  http: HttpBinding,
  labels: ReadonlyMap<string, string>,
): unknown {
  switch (http.kind) {
    case 'label': {
      const value = labels.get(http.name);
      return value === undefined ? undefined : parseScalar(scalarCode(shape), value, name);
    }
    case 'query': {
      const values = request.query.getAll(http.name);
      if (shape.kind === 'list')
        return values.length === 0 ? undefined : parseItems(values, shape.item, http.name);
      return values[0] === undefined ? undefined : parseScalar(scalarCode(shape), values[0], http.name);
    }
    case 'header': {
      const value = headerOf(request, http.name);
      if (value === undefined) return undefined;
      if (shape.kind !== 'list') return parseScalar(scalarCode(shape), value, http.name);
      return parseItems(
        value.split(',').map((item) => item.trim()),
        shape.item,
        name,
      );
    }
    case 'prefix':
      return prefixed(request, http.name);
    case 'queries':
      return Object.fromEntries(request.query);
    case 'payload':
    case 'status':
      return undefined;
    default:
      return unreachable(http.kind);
  }
}

function scalarCode(shape: Shape): ScalarCode {
  return shape.kind === 'scalar' ? shape.code : 'string';
}

function parseItems(values: readonly string[], item: Shape, name: string): unknown[] {
  return values.map((value) => parseScalar(scalarCode(item), value, name));
}

function prefixed({ message }: WireRequest, prefix: string): object | undefined {
  const entries = Object.entries(message.headers)
    .filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
    .map(([name, value]) => [name.slice(prefix.length), String(value)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The member that is the body itself. */
export function payloadOf(shape: Structure | undefined): Member | undefined {
  return shape?.members.find((member) => member.http?.kind === 'payload');
}

/** An output's headers, by lower-case name, and the status that it chooses. */
export function writeBindings(
  shape: Structure,
  output: object,
): { status: number | undefined; headers: Map<string, string> } {
  const headers = new Map<string, string>();
  let status: number | undefined;
  for (const { name, http, shape: memberShape } of shape.members) {
    const value = memberOf(output, name);
    if (!http || value === undefined || value === null) continue;
    if (http.kind === 'status') status = Number(value);
    if (http.kind === 'header') headers.set(http.name, renderHeader(memberShape, value));
    if (http.kind === 'prefix')
      for (const [key, item] of Object.entries(value)) headers.set(http.name + key, headerText(String(item)));
  }
  return { status, headers };
}

function renderHeader(shape: Shape, value: unknown): string {
  if (Array.isArray(value)) return headerText(value.map(String).join(', '));
  return headerText(renderScalar(scalarCode(shape), value, 'http-date'));
}

/** Headers are bytes; text beyond Latin-1 goes as UTF-8, and no control character goes at all. */
function headerText(text: string): string {
  const bytes = /[^\0-\xFF]/.test(text) ? Buffer.from(text).toString('latin1') : text;
  return Array.from(bytes, (character) => (character < ' ' || character === '\u007f' ? ' ' : character)).join(
    '',
  );
}
