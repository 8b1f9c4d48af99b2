import { unreachable } from '#/lib/assert.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import { perShape } from '#/wire/codec/per-shape.ts';
import { parseScalar } from '#/wire/codec/scalars.ts';
import type { List, Mapping, Member, Shape, Structure } from '#/wire/model.ts';

/** A form's parameters as a tree: `Filter.1.Name=x` is three levels deep. */
export interface FormNode {
  value: string | undefined;
  children: Map<string, FormNode> | undefined;
  /** Set when the model knows the parameter. */
  known: boolean;
}

const depthMax = 64;

/** Reads a form body or a query string. Throws URIError when an escape in it is broken. */
export function parseForm(text: string): FormNode {
  const root = newNode();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = unescapeForm(equals < 0 ? pair : pair.slice(0, equals));
    let node = root;
    for (const part of key.split('.', depthMax)) {
      node.children ??= new Map();
      const next = node.children.get(part) ?? newNode();
      node.children.set(part, next);
      node = next;
    }
    node.value = equals < 0 ? '' : unescapeForm(pair.slice(equals + 1));
  }
  return root;
}

function newNode(): FormNode {
  return { value: undefined, children: undefined, known: false };
}

function unescapeForm(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return spaced.includes('%') ? decodeURIComponent(spaced) : spaced;
}

/** A parameter's own value: `Action`. */
export function formValue(form: FormNode, name: string): string | undefined {
  return form.children?.get(name)?.value;
}

type Reader = (node: FormNode, path: string) => unknown;

/** EC2's dialect: capitalized names, every list flat. */
export const readEc2Query = perShape<Reader>((shape, of) => queryReader(shape, of, true));
/** The dialect of all other query services. */
export const readAwsQuery = perShape<Reader>((shape, of) => queryReader(shape, of, false));

function queryReader(shape: Shape, of: (shape: Shape) => Reader, ec2: boolean): Reader {
  switch (shape.kind) {
    case 'scalar':
      return (node, path) => {
        node.known = true;
        return parseScalar(shape.code, node.value ?? '', path);
      };
    case 'list':
      return listReader(shape, of, ec2);
    case 'map':
      return mapReader(shape, of, false);
    case 'structure':
      return structureReader(shape, of, ec2);
    default:
      return unreachable(shape);
  }
}

function listReader(shape: List, of: (shape: Shape) => Reader, flat: boolean): Reader {
  const readItem = of(shape.item);
  return (node, path) => {
    node.known = true;
    let parent = node;
    if (!flat) {
      const wrapper = node.children?.get(shape.itemName ?? 'member') ?? node.children?.get('member');
      if (wrapper) parent = wrapper;
      parent.known = true;
    }
    return numbered(parent).map(([index, item]) => readItem(item, `${path}.${index}`));
  };
}

function mapReader(shape: Mapping, of: (shape: Shape) => Reader, flat: boolean): Reader {
  const readKey = of(shape.key);
  const readValue = of(shape.value);
  return (node, path) => {
    node.known = true;
    const parent = flat ? node : node.children?.get('entry');
    const record: Record<string, unknown> = Object.create(null) as Record<string, unknown>; // an empty object
    if (!parent) return record;
    parent.known = true;
    for (const [index, entry] of numbered(parent)) {
      entry.known = true;
      const key = entry.children?.get(shape.keyName);
      const value = entry.children?.get(shape.valueName);
      if (!key) throw new Malformed('map', `${path}.${index}`, 'an entry without a key');
      record[String(readKey(key, path))] = value
        ? readValue(value, `${path}.${index}.${shape.valueName}`)
        : '';
    }
    return record;
  };
}

function structureReader(shape: Structure, of: (shape: Shape) => Reader, ec2: boolean): Reader {
  const members = new Map<string, [name: string, read: Reader]>();
  for (const member of shape.members)
    members.set(ec2 ? member.ec2Name : member.xmlName, [member.name, memberReader(member, of, ec2)]);
  return (node, path) => {
    node.known = true;
    const result: Record<string, unknown> = {};
    for (const [key, child] of node.children ?? []) {
      const member = members.get(key);
      if (member) result[member[0]] = member[1](child, path === '' ? key : `${path}.${key}`);
    }
    return result;
  };
}

function memberReader(member: Member, of: (shape: Shape) => Reader, ec2: boolean): Reader {
  const { shape } = member;
  if (shape.kind === 'list') return ec2 || member.flat ? listReader(shape, of, true) : of(shape);
  return shape.kind === 'map' && member.flat ? mapReader(shape, of, true) : of(shape);
}

/** The children whose names are numbers, in their order; gaps are allowed, as AWS allows them. */
function numbered(node: FormNode): [number, FormNode][] {
  const items: [number, FormNode][] = [];
  for (const [key, child] of node.children ?? [])
    if (/^\d{1,9}$/.test(key)) {
      child.known = true;
      items.push([Number(key), child]);
    }
  return items.sort(([a], [b]) => a - b);
}

const commonParameters = new Set(['Action', 'Version', 'AWSAccessKeyId', 'SignatureVersion']);

/** The first parameter that the model does not know, in the request's spelling. */
export function unknownParameter(form: FormNode, path = ''): string | undefined {
  for (const [key, child] of form.children ?? []) {
    if (path === '' && (commonParameters.has(key) || key.startsWith('X-Amz-'))) continue;
    const name = path === '' ? key : `${path}.${key}`;
    const unknown = child.value !== undefined && !child.known ? name : unknownParameter(child, name);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}
