import { LineCounter, Pair, Scalar, YAMLMap, parseDocument } from 'yaml';
import type { CollectionTag, ScalarTag, YAMLSeq } from 'yaml';
import { templateFormatError } from '#/services/cloudformation/errors.ts';
import { isObject, type JsonObject } from '#/services/cloudformation/engine/value.ts';

/** Short forms of intrinsic functions: `!Sub` is `Fn::Sub`. */
const shortForms = [
  'And',
  'Base64',
  'Cidr',
  'FindInMap',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Length',
  'Not',
  'Equals',
  'Or',
  'Select',
  'Split',
  'Sub',
  'ToJsonString',
  'Transform',
] as const;

/** Reads a template's text, JSON or YAML, into plain values. Throws CloudFormation's own complaint. */
export function parseTemplateText(text: string): JsonObject {
  const value = text.trimStart().startsWith('{') ? parseJson(text) : parseYaml(text);
  if (!isObject(value)) throw templateFormatError('unsupported structure.');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Braces also begin a YAML flow mapping, so what is not JSON may still be a template.
    const document = parseDocument(text, { schema: 'core', uniqueKeys: false, customTags });
    if (document.errors.length === 0) return document.toJS({ maxAliasCount: -1 });
    const position = error instanceof Error ? / \(line (\d+) column (\d+)\)/.exec(error.message) : undefined;
    const [, line, column] = position ?? [];
    throw templateFormatError(
      line === undefined ? 'JSON not well-formed.' : `JSON not well-formed. (line ${line}, column ${column})`,
    );
  }
}

function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  // CloudFormation takes the last of duplicate keys.
  const document = parseDocument(text, {
    schema: 'core',
    uniqueKeys: false,
    lineCounter: lines,
    customTags,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw templateFormatError(`YAML not well-formed. (line ${line}, column ${col})`);
  }
  const [warning] = document.warnings;
  if (warning?.code === 'TAG_RESOLVE_FAILED') {
    const { line, col } = lines.linePos(warning.pos[0]);
    throw templateFormatError(`YAML not well-formed. (line ${line}, column ${col})`);
  }
  return document.toJS({ maxAliasCount: -1 });
}

const customTags = [
  ...shortForms.flatMap((name) => tagsOf(`!${name}`, `Fn::${name}`)),
  ...tagsOf('!Ref', 'Ref'),
  ...tagsOf('!Condition', 'Condition'),
  ...tagsOf('!GetAtt', 'Fn::GetAtt'),
];

/** A tag may stand before a scalar, a list or a mapping; each becomes `{ "Fn::X": … }`. */
function tagsOf(tag: string, name: string): (ScalarTag | CollectionTag)[] {
  return [
    { tag, resolve: (text) => ({ [name]: name === 'Fn::GetAtt' ? splitAttribute(text) : text }) },
    { tag, collection: 'seq', resolve: (node) => wrapped(name, node) },
    { tag, collection: 'map', resolve: (node) => wrapped(name, node) },
  ];
}

function wrapped(name: string, argument: YAMLMap.Parsed | YAMLSeq.Parsed): YAMLMap {
  const map = new YAMLMap();
  map.add(new Pair(new Scalar(name), argument));
  return map;
}

/** `Resource.Attribute.Of.It`: a logical id has no dots, an attribute may. */
export function splitAttribute(text: string): readonly string[] {
  const dot = text.indexOf('.');
  return dot === -1 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}
