import { unreachable } from '#/lib/assert.ts';
import { perShape } from '#/wire/codec/per-shape.ts';
import { renderScalar } from '#/wire/codec/scalars.ts';
import { checkModelled, memberOf, recordOf } from '#/wire/codec/values.ts';
import type { Member, Scalar, Shape, Structure } from '#/wire/model.ts';

const special = /[&<>"'\r\n\u0085\u2028]/;
const allSpecial = new RegExp(special, 'g');

/** Text that means itself in XML, in elements and attributes. */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text.replace(allSpecial, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
    }
  });
}

/** `strict` throws on what the model does not know. */
type Writer = (value: unknown, strict: boolean) => string;

/** What stands inside a structure's element: its members that are in the body and no attributes. */
export const writeXmlContent = perShape<Writer>((shape, of) => {
  if (shape.kind !== 'structure') throw new Error(`a ${shape.kind} has no content of its own`);
  const members = shape.members
    .filter((member) => !member.attribute && (member.http === undefined || member.http.kind === 'payload'))
    .map((member) => [member.name, memberWriter(member, of)] as const);
  return (value, strict) => {
    const record = recordOf(value, shape);
    if (strict) checkModelled(record, shape);
    let text = '';
    for (const [name, write] of members) {
      const member = memberOf(record, name);
      if (member !== undefined && member !== null) text += write(member, strict);
    }
    return text;
  };
});

/** A whole document with the structure as its root. */
export function writeXmlDocument(
  shape: Structure,
  value: unknown,
  namespace: string | undefined,
  strict: boolean,
): string {
  const xmlns = shape.rootNamespace ?? namespace;
  const name = shape.rootName;
  const open = xmlns === undefined ? name : `${name} xmlns="${xmlns}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${open}>${writeXmlContent(shape)(value, strict)}</${name}>`;
}

function memberWriter(member: Member, of: (shape: Shape) => Writer): Writer {
  return elementWriter(member.xmlName, member.shape, of, member);
}

/** Writes the whole element (or, when flat, all elements) of one value. */
function elementWriter(
  name: string,
  shape: Shape,
  of: (shape: Shape) => Writer,
  member?: Pick<Member, 'flat' | 'namespace'>,
): Writer {
  const tag = name + namespaceAttribute(member);
  const close = `</${name}>`;
  switch (shape.kind) {
    case 'scalar':
      return scalarWriter(`<${tag}>`, shape, close);
    case 'list': {
      const flat = member?.flat === true;
      const writeItem = late(() => elementWriter(flat ? name : (shape.itemName ?? 'member'), shape.item, of));
      return wrapped(tag, close, flat, (value, strict) => {
        let text = '';
        for (const item of value as unknown[])
          // a list of the output, or the handler's bug
          if (item !== undefined && item !== null) text += writeItem(item, strict);
        return text;
      });
    }
    case 'map': {
      const flat = member?.flat === true;
      const writeKey = late(() => elementWriter(shape.keyName, shape.key, of));
      const writeValue = late(() => elementWriter(shape.valueName, shape.value, of));
      const [open, end] = flat ? [`<${tag}>`, close] : ['<entry>', '</entry>'];
      return wrapped(tag, close, flat, (value, strict) => {
        let text = '';
        for (const [key, item] of Object.entries(value as object))
          // a map of the output
          if (item !== undefined && item !== null)
            text += open + writeKey(key, strict) + writeValue(item, strict) + end;
        return text;
      });
    }
    case 'structure':
      return structureWriter(tag, close, shape, of(shape));
    default:
      return unreachable(shape);
  }
}

/** Elements are made when first used: a structure may contain itself. */
function late(make: () => Writer): Writer {
  let writer: Writer | undefined;
  return (value, strict) => {
    writer ??= make();
    return writer(value, strict);
  };
}

function wrapped(tag: string, close: string, flat: boolean, content: Writer): Writer {
  if (flat) return content;
  return (value, strict) => {
    const text = content(value, strict);
    return text === '' ? `<${tag}/>` : `<${tag}>${text}${close}`;
  };
}

function scalarWriter(open: string, { code }: Scalar, close: string): Writer {
  if (code === 'boolean' || code === 'integer' || code === 'number')
    return (value) => open + String(value) + close;
  return (value) => open + escapeXml(renderScalar(code, value, 'date-time')) + close;
}

function structureWriter(tag: string, close: string, shape: Structure, writeContent: Writer): Writer {
  const attributes = shape.members.filter((member) => member.attribute);
  return (value, strict) => {
    const text = writeContent(value, strict);
    const open = attributes.length === 0 ? tag : tag + writeAttributes(attributes, recordOf(value, shape));
    return text === '' ? `<${open}/>` : `<${open}>${text}${close}`;
  };
}

function writeAttributes(attributes: readonly Member[], record: object): string {
  return attributes
    .map((member) => {
      const value = memberOf(record, member.name);
      return value === undefined || value === null
        ? ''
        : ` ${member.xmlName}="${escapeXml(renderScalar('string', value, 'date-time'))}"`;
    })
    .join('');
}

function namespaceAttribute(member: Pick<Member, 'namespace'> | undefined): string {
  if (!member?.namespace) return '';
  const [prefix, uri] = member.namespace;
  return ` xmlns${prefix === '' ? '' : `:${prefix}`}="${uri}"`;
}
