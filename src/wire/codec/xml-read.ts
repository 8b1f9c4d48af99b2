import { unreachable } from '#/lib/assert.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import { perShape } from '#/wire/codec/per-shape.ts';
import { parseScalar } from '#/wire/codec/scalars.ts';
import type { Member, Shape, Structure } from '#/wire/model.ts';

/** An element of a request's body; namespaces are dropped from its name. */
export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  readonly attributes: Map<string, string>;
  text: string;
}

const depthMax = 64;
const tokens =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<!\[CDATA\[(?<data>[\s\S]*?)\]\]>|<\/(?<end>[^<>\s]+)\s*>|<(?<start>[^\s/<>!?]+)(?<attributes>(?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>|(?<text>[^<]+)/gy;

/** Reads a document: elements, attributes, text. No doctype, so no entities but XML's own. Throws `Malformed`. */
export function parseXml(text: string): XmlElement {
  const root = newElement('');
  const open = [root];
  let position = text.startsWith('\uFEFF') ? 1 : 0;
  const scanner = new RegExp(tokens);
  while (position < text.length) {
    scanner.lastIndex = position;
    const groups = scanner.exec(text)?.groups;
    const top = open.at(-1);
    if (!top || (scanner.lastIndex === 0 && !groups)) throw malformedXml(text, position);
    position = scanner.lastIndex;
    if (!groups) continue;
    const { data, end, start, attributes, empty, text: content } = groups;
    if (data !== undefined) top.text += data;
    else if (content !== undefined) top.text += unescapeXml(content);
    else if (end !== undefined) {
      if (open.length < 2 || localName(end) !== top.name) throw malformedXml(text, position);
      open.pop();
    } else if (start !== undefined) {
      const element = newElement(localName(start));
      for (const [name, value] of attributesOf(attributes ?? '')) element.attributes.set(name, value);
      top.children.push(element);
      if (empty === '') open.push(element);
      if (open.length > depthMax) throw malformedXml(text, position);
    }
  }
  const [document, ...rest] = root.children;
  if (!document || rest.length > 0 || open.length > 1) throw malformedXml(text, position);
  return document;
}

function newElement(name: string): XmlElement {
  return { name, children: [], attributes: new Map(), text: '' };
}

function malformedXml(text: string, position: number): Malformed {
  return new Malformed('XML', 'the body', JSON.stringify(text.slice(position, position + 20)));
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function attributesOf(text: string): [string, string][] {
  return Array.from(text.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g), ([, name, double, single]) => [
    name ?? '',
    unescapeXml(double ?? single ?? ''),
  ]);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return entities[String(name)] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

type Reader = (element: XmlElement, path: string) => unknown;

/** Reads an element as a shape of the model; elements that it does not know are ignored. */
export const readXml = perShape<Reader>((shape, of) => {
  switch (shape.kind) {
    case 'scalar':
      return (element, path) => parseScalar(shape.code, element.text, path);
    case 'list': {
      const readItem = of(shape.item);
      const name = shape.itemName ?? 'member';
      return (element, path) =>
        element.children.filter((child) => child.name === name).map((child) => readItem(child, path));
    }
    case 'map': {
      const readValue = of(shape.value);
      return (element, path) => {
        const record = Object.create(null) as Record<string, unknown>; // an empty object
        for (const entry of element.children) {
          const key = entry.children.find((child) => child.name === shape.keyName);
          const value = entry.children.find((child) => child.name === shape.valueName);
          if (key && value) record[key.text] = readValue(value, path);
        }
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
  const members = shape.members
    .filter((member) => member.http === undefined || member.http.kind === 'payload')
    .map((member) => [member, memberReader(member, of)] as const);
  return (element, path) => {
    const result: Record<string, unknown> = {};
    for (const [member, read] of members) {
      const value = read(element, path === '' ? member.xmlName : `${path}.${member.xmlName}`);
      if (value !== undefined) result[member.name] = value;
    }
    return result;
  };
}

/** Finds the member in its parent's element and reads it; undefined when it is not there. */
function memberReader(member: Member, of: (shape: Shape) => Reader): Reader {
  const { shape, xmlName } = member;
  if (member.attribute)
    return ({ attributes }) => attributes.get(xmlName) ?? attributes.get(localName(xmlName));
  if (member.flat && shape.kind === 'list') {
    const readItem = of(shape.item);
    return (parent, path) => {
      const items = parent.children.filter((child) => child.name === xmlName);
      return items.length > 0 ? items.map((item) => readItem(item, path)) : undefined;
    };
  }
  const read = of(shape);
  return (parent, path) => {
    const element = parent.children.find((child) => child.name === xmlName);
    return element && read(element, path);
  };
}
