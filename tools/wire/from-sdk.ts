/**
 * A service's table from the schemas that its SDK v3 client exports (names, members, bindings, errors, required
 * members, enum values), with what only botocore knows laid over: which string is which enum, lengths, patterns,
 * and whether a number is whole. A schema is an array: `[kind, namespace, name, traits, …]`.
 */
import type {
  ErrorRow,
  HttpRow,
  ListRow,
  MemberRow,
  MemberTraits,
  OperationRow,
  Ref,
  RootTraits,
  ScalarCode,
  ShapeRow,
  StructureRow,
  Table,
} from '#/wire/table.ts';
import { boundsOf, constraintsOf, type BotocoreModel, type BotocoreShape } from './botocore.ts';
import { asArray, asObject, asString, optionalNumber, optionalString, type RawObject } from './raw.ts';
import { ShapeList } from './shape-list.ts';

const kinds = { simple: 0, list: 1, map: 2, structure: 3, union: 4, operation: 9, error: -3 } as const;
const bitTraits = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
];
const listOfSimple = 64;
const mapOfSimple = 128;
const simpleCodes = new Map<number, ScalarCode>([
  [0, 'string'],
  [2, 'boolean'],
  [4, 'date'],
  [5, 'date-time'],
  [6, 'http-date'],
  [7, 'epoch'],
  [15, 'document'],
  [17, 'integer'],
  [19, 'number'],
  [21, 'blob'],
  [42, 'stream'],
]);

/** A reference with the traits that stand on it and on what it refers to. */
interface Resolved {
  readonly ref: Ref;
  readonly traits: RawObject;
}

export interface SdkService {
  readonly service: string;
  readonly client: string;
  readonly clientVersion: string;
  readonly module: RawObject;
  readonly botocore: BotocoreModel;
  readonly botocoreVersion: string;
}

export function tableFromSdk(source: SdkService): Table {
  const { botocore, module } = source;
  const builder = new SdkTable(module, botocore);
  const operations: Record<string, OperationRow> = {};
  const errors: Record<string, ErrorRow> = {};
  for (const [exported, value] of Object.entries(module)) {
    if (!exported.endsWith('$') || !Array.isArray(value)) continue;
    const name = asString(value[2], exported);
    if (value[0] === kinds.operation) operations[name] = builder.operation(value);
    if (value[0] === kinds.error && !asString(value[1], exported).startsWith('smithy.ts'))
      errors[name] = builder.error(value);
  }
  const { protocol, settings } = clientProtocol(module);
  const { metadata } = botocore;
  return {
    sources: { [`@aws-sdk/${source.client}`]: source.clientVersion, botocore: source.botocoreVersion },
    service: source.service,
    protocol,
    protocols: metadata.protocols ?? [metadata.protocol],
    xmlNamespace: optionalString(settings['xmlNamespace']) ?? null,
    version: asString(settings['version'] ?? metadata.apiVersion, 'version'),
    target: optionalString(settings['serviceTarget']) ?? null,
    signingName: metadata.signingName ?? metadata.endpointPrefix,
    operations: sorted(operations),
    errors: sorted(errors),
    shapes: builder.shapes.rows,
  };
}

function clientProtocol(module: RawObject): { protocol: Table['protocol']; settings: RawObject } {
  const entry = Object.entries(module).find(
    ([name, value]) => /^[A-Za-z0-9]+Client$/.test(name) && typeof value === 'function',
  );
  if (!entry) throw new Error('no client in the module');
  const Client = entry[1] as new (options: { region: string }) => { config: RawObject }; // every client is made so
  const { config } = new Client({ region: 'us-east-1' });
  const protocol = asObject(config['protocol'], 'protocol') as unknown as { getShapeId(): string }; // its one method of interest
  return {
    protocol: protocol.getShapeId().split('#')[1] as Table['protocol'], // checked by loading the table in the tests
    settings: asObject(config['protocolSettings'], 'protocolSettings'),
  };
}

class SdkTable {
  readonly shapes = new ShapeList();
  readonly #module: RawObject;
  readonly #botocore: BotocoreModel;

  constructor(module: RawObject, botocore: BotocoreModel) {
    this.#module = module;
    this.#botocore = botocore;
  }

  operation(schema: readonly unknown[]): OperationRow {
    const known = this.#botocore.operations[asString(schema[2], 'operation')];
    const input = this.#resolve(schema[4], known?.input?.shape).ref;
    const output = this.#resolve(schema[5], known?.output?.shape).ref;
    const { http } = traitsOf(schema[3]);
    return http ? [input, output, http as HttpRow] : [input, output]; // `[method, uri, status]` in the schema too
  }

  error(schema: readonly unknown[]): ErrorRow {
    const name = asString(schema[2], 'error');
    const traits = traitsOf(schema[3]);
    const side = traits['error'] === 'server' ? 'Receiver' : 'Sender';
    const status = optionalNumber(traits['httpError']) ?? (side === 'Receiver' ? 500 : 400);
    const query = traits['awsQueryError'] ? asArray(traits['awsQueryError'], name) : [];
    const queryStatus =
      optionalNumber(query[1]) ??
      optionalNumber(traits['httpError']) ??
      this.#shape(name)?.error?.httpStatusCode ??
      status;
    return [optionalString(query[0]) ?? name, queryStatus, side, this.#resolve(schema, name).ref, status];
  }

  #shape(name: string | undefined): BotocoreShape | undefined {
    return name === undefined ? undefined : this.#botocore.shapes[name];
  }

  /** `botocoreName` is the shape's name in botocore as the path from the operation shows it. */
  #resolve(reference: unknown, botocoreName: string | undefined): Resolved {
    const { schema, traits } = unwrap(reference);
    if (schema === 'unit' || schema === undefined) return { ref: 'unit', traits };
    if (typeof schema === 'number') return { ref: this.#simple(schema, botocoreName), traits };
    const row = asArray(schema, 'schema');
    const own = { ...traitsOf(row[3]), ...traits };
    const name = asString(row[2], 'schema');
    if (row[0] === kinds.simple) {
      const inner = this.#resolve(row[4], botocoreName);
      return { ref: inner.ref, traits: { ...inner.traits, ...own } };
    }
    if (row[0] === kinds.list || row[0] === kinds.map) {
      const named = this.#shape(name)?.type;
      const known = named === 'list' || named === 'map' ? name : botocoreName;
      const make = row[0] === kinds.list ? this.#list(row[4], known) : this.#map(row[4], row[5], known);
      return { ref: this.shapes.intern(row, make), traits: own };
    }
    return { ref: this.shapes.intern(row, () => this.#structure(row, botocoreName)), traits: own };
  }

  #simple(code: number, botocoreName: string | undefined): Ref {
    const known = this.#shape(botocoreName);
    if (code >= mapOfSimple)
      return this.shapes.intern(
        `map ${code} ${botocoreName}`,
        this.#map(0, code - mapOfSimple, botocoreName),
      );
    if (code >= listOfSimple) {
      const key = `list ${code} ${known?.member?.shape} ${JSON.stringify(boundsOf(known))}`;
      return this.shapes.intern(key, this.#list(code - listOfSimple, botocoreName));
    }
    const scalar = code === 1 ? numberCode(known) : simpleCodes.get(code);
    if (!scalar) throw new Error(`unknown scalar ${code}`);
    const constraints = constraintsOf(known, this.#enumValues(botocoreName, known));
    if (!constraints || scalar === 'stream') return scalar;
    return this.shapes.intern(`${scalar} ${JSON.stringify(constraints)}`, () => [
      'scalar',
      scalar,
      constraints,
    ]);
  }

  /** The SDK's values of an enum are newer than botocore's, but only botocore says where the enum is used. */
  #enumValues(name: string | undefined, known: BotocoreShape | undefined): readonly string[] | undefined {
    if (name === undefined || !known?.enum) return undefined;
    const exported = this.#module[name] ?? this.#module[`_${name}`];
    if (typeof exported !== 'object' || exported === null) return known.enum;
    const values = Object.values(exported).filter((value) => typeof value === 'string');
    return [...new Set([...values, ...known.enum])];
  }

  #list(item: unknown, botocoreName: string | undefined): () => ListRow {
    return () => {
      const known = this.#shape(botocoreName);
      const { ref, traits } = this.#resolve(item, known?.member?.shape);
      const bounds = boundsOf(known);
      const name = optionalString(traits['xmlName']) ?? 0;
      return bounds ? ['list', ref, name, bounds] : ['list', ref, name];
    };
  }

  #map(key: unknown, value: unknown, botocoreName: string | undefined): () => ShapeRow {
    return () => {
      const known = this.#shape(botocoreName);
      const keys = this.#resolve(key, known?.key?.shape);
      const values = this.#resolve(value, known?.value?.shape);
      return [
        'map',
        keys.ref,
        optionalString(keys.traits['xmlName']) ?? 0,
        values.ref,
        optionalString(values.traits['xmlName']) ?? 0,
      ];
    };
  }

  #structure(schema: readonly unknown[], botocoreName: string | undefined): StructureRow {
    const name = asString(schema[2], 'structure');
    const named = this.#shape(name);
    const known = named?.type === 'structure' ? named : this.#shape(botocoreName);
    const members = asArray(schema[4], name).map((memberName, index): MemberRow => {
      const member = asString(memberName, name);
      const reference = asArray(schema[5], name)[index];
      const { ref, traits } = this.#resolve(reference, known?.members?.[member]?.shape);
      const own = memberTraits(member, directTraits(reference), traits);
      return Object.keys(own).length > 0 ? [member, ref, own] : [member, ref];
    });
    const kind = schema[0] === kinds.union ? 'union' : 'structure';
    const root = rootTraits(traitsOf(schema[3]));
    const required = optionalNumber(schema[6]) ?? 0;
    return root ? [kind, name, members, required, root] : [kind, name, members, required];
  }
}

/** Follows lazy references, gathering the traits on the way: outer ones win. */
function unwrap(reference: unknown): { schema: unknown; traits: RawObject } {
  let schema = reference;
  let traits: RawObject = {};
  for (;;) {
    if (typeof schema === 'function') schema = (schema as () => unknown)(); // a schema that is used before it is made
    else if (Array.isArray(schema) && schema.length === 2) {
      traits = { ...traitsOf(schema[1]), ...traits };
      schema = schema[0];
    } else return { schema, traits };
  }
}

/** The traits that stand on a member itself: names and bindings do not come from what it refers to. */
function directTraits(reference: unknown): RawObject {
  return Array.isArray(reference) && reference.length === 2 ? traitsOf(reference[1]) : {};
}

/** Traits are an object, or a number whose bits mean the common ones. */
function traitsOf(value: unknown): RawObject {
  if (value === undefined || value === 0) return {};
  if (typeof value !== 'number') return asObject(value, 'traits');
  return Object.fromEntries(bitTraits.filter((_, bit) => (value >> bit) & 1).map((name) => [name, 1]));
}

function numberCode(known: BotocoreShape | undefined): ScalarCode {
  return known?.type === 'integer' || known?.type === 'long' ? 'integer' : 'number';
}

function memberTraits(name: string, own: RawObject, all: RawObject): MemberTraits {
  const xml = optionalString(own['xmlName']);
  const query = optionalString(own['ec2QueryName']);
  if (own['jsonName']) throw new Error(`${name} has another name in JSON, which no codec knows`);
  const http = httpBinding(own);
  return {
    ...(xml === undefined ? {} : { xml }),
    ...(query === undefined || query === capitalized(xml ?? name) ? {} : { query }),
    ...(own['xmlFlattened'] ? { flat: 1 } : {}),
    ...(own['xmlAttribute'] ? { attribute: 1 } : {}),
    ...(own['xmlNamespace'] ? { namespace: namespaceOf(own['xmlNamespace']) } : {}),
    ...(http === undefined ? {} : { http }),
    ...(all['sensitive'] ? { sensitive: 1 } : {}),
  };
}

function httpBinding(own: RawObject): string | undefined {
  if (own['httpLabel']) return 'label';
  if (own['httpQuery']) return `query:${asString(own['httpQuery'], 'httpQuery')}`;
  if (own['httpHeader']) return `header:${asString(own['httpHeader'], 'httpHeader')}`;
  if (typeof own['httpPrefixHeaders'] === 'string') return `prefix:${own['httpPrefixHeaders']}`;
  if (own['httpPayload']) return 'payload';
  if (own['httpResponseCode']) return 'status';
  return own['httpQueryParams'] ? 'queries' : undefined;
}

/** A namespace is `[prefix or 0, uri]`, or the uri alone. */
function namespaceOf(value: unknown): readonly [string, string] {
  if (typeof value === 'string') return ['', value];
  const [prefix, uri] = asArray(value, 'xmlNamespace');
  return [optionalString(prefix) ?? '', asString(uri, 'xmlNamespace')];
}

function rootTraits(own: RawObject): RootTraits | undefined {
  const xml = optionalString(own['xmlName']);
  const namespace = own['xmlNamespace'] ? namespaceOf(own['xmlNamespace'])[1] : undefined;
  if (xml === undefined && namespace === undefined) return undefined;
  return { ...(xml === undefined ? {} : { xml }), ...(namespace === undefined ? {} : { namespace }) };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sorted<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
