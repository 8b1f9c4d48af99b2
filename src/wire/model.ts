import { readFileSync } from 'node:fs';
import { assert, unreachable } from '#/lib/assert.ts';
import type {
  Bounds,
  Constraints,
  ListRow,
  MapRow,
  MemberRow,
  MemberTraits,
  ModelProtocol,
  Ref,
  ScalarCode,
  ServiceRow,
  StructureRow,
  Table,
} from '#/wire/table.ts';

/** A service's API as AWS's model describes it. */
export interface Model {
  /** `ec2`: the AWS CLI's name. */
  readonly service: string;
  readonly protocol: ModelProtocol;
  readonly protocols: readonly string[];
  readonly xmlNamespace: string | undefined;
  readonly version: string;
  readonly target: string | undefined;
  readonly signingName: string;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** The modelled error of that shape name or wire code. */
  error(code: string): ErrorModel | undefined;
}

export interface OperationModel {
  readonly name: string;
  /** Undefined when the operation takes nothing. */
  readonly input: Structure | undefined;
  readonly output: Structure | undefined;
  readonly http: { readonly method: string; readonly uri: string; readonly status: number } | undefined;
}

export interface ErrorModel {
  /** `LoadBalancerNotFoundException`; the query protocols say `code`: `LoadBalancerNotFound`. */
  readonly name: string;
  readonly code: string;
  readonly queryStatus: number;
  readonly status: number;
  readonly side: 'Sender' | 'Receiver';
  readonly shape: Structure;
}

export type Shape = Scalar | List | Mapping | Structure;

export interface Scalar {
  readonly kind: 'scalar';
  readonly code: ScalarCode;
  readonly constraints: Constraints | undefined;
}

export interface List {
  readonly kind: 'list';
  readonly item: Shape;
  /** The items' element name, where it is not `member`. */
  readonly itemName: string | undefined;
  readonly length: Bounds | undefined;
}

export interface Mapping {
  readonly kind: 'map';
  readonly key: Shape;
  readonly keyName: string;
  readonly value: Shape;
  readonly valueName: string;
}

export interface Structure {
  readonly kind: 'structure';
  readonly name: string;
  /** Exactly one member is there. */
  readonly union: boolean;
  readonly members: readonly Member[];
  /** The element's name and namespace when it is the root of an XML body. */
  readonly rootName: string;
  readonly rootNamespace: string | undefined;
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly xmlName: string;
  /** In EC2's query parameters. */
  readonly ec2Name: string;
  /** Its items stand directly in the parent, under the member's name. */
  readonly flat: boolean;
  readonly attribute: boolean;
  readonly namespace: readonly [prefix: string, uri: string] | undefined;
  readonly http: HttpBinding | undefined;
  readonly sensitive: boolean;
}

export interface HttpBinding {
  readonly kind: 'label' | 'query' | 'header' | 'prefix' | 'payload' | 'status' | 'queries';
  /** Of the label, the parameter or the header (lower case), or the headers' common prefix. */
  readonly name: string;
}

/** What tells a request's service, known of all services before any table is read: by AWS CLI name. */
export const serviceIndex: ReadonlyMap<string, ServiceRow> = new Map(
  Object.entries(readTable('services') as Record<string, ServiceRow>), // written by tools/gen-wire.ts in this form
);

const models = new Map<string, Model>();

/** The model of a service; read when first asked for. */
export function modelOf(service: string): Model {
  const known = models.get(service);
  if (known) return known;
  assert(serviceIndex.has(service), `${service} has a table`);
  const model = toModel(readTable(service) as Table); // written by tools/gen-wire.ts in this form
  models.set(service, model);
  return model;
}

function readTable(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`tables/${name}.json`, import.meta.url), 'utf8'));
}

function toModel(table: Table): Model {
  const shapes = new Shapes(table);
  const operations = Object.entries(table.operations).map(
    ([name, [input, output, http]]): [string, OperationModel] => [
      name,
      {
        name,
        get input() {
          return shapes.structure(input);
        },
        get output() {
          return shapes.structure(output);
        },
        http: http && { method: http[0], uri: http[1], status: http[2] },
      },
    ],
  );
  const errors = new Map<string, ErrorModel>();
  for (const [name, [code, queryStatus, side, shape, status]] of Object.entries(table.errors)) {
    const structure = shapes.structure(shape);
    assert(structure, `${name} of ${table.service} has a shape`);
    const error = { name, code, queryStatus, side, status, shape: structure };
    errors.set(name, error);
    if (!errors.has(code)) errors.set(code, error);
  }
  return {
    service: table.service,
    protocol: table.protocol,
    protocols: table.protocols,
    xmlNamespace: table.xmlNamespace ?? undefined,
    version: table.version,
    target: table.target ?? undefined,
    signingName: table.signingName,
    operations: new Map(operations),
    error: (code) => errors.get(code),
  };
}

/** Turns rows into shapes, each when it is first looked at: shapes refer to each other, also in circles. */
class Shapes {
  readonly #table: Table;
  readonly #made: Shape[] = [];
  readonly #scalars = new Map<ScalarCode, Scalar>();

  constructor(table: Table) {
    this.#table = table;
  }

  structure(ref: Ref): Structure | undefined {
    if (ref === 'unit') return undefined;
    const shape = this.shape(ref);
    assert(shape.kind === 'structure', `shape ${ref} of ${this.#table.service} is a structure`);
    return shape;
  }

  shape(ref: Ref): Shape {
    if (ref === 'unit') return emptyStructure;
    if (typeof ref === 'string') {
      const scalar = this.#scalars.get(ref) ?? { kind: 'scalar', code: ref, constraints: undefined };
      this.#scalars.set(ref, scalar);
      return scalar;
    }
    const shape = this.#made[ref] ?? this.#make(ref);
    this.#made[ref] = shape;
    return shape;
  }

  #make(index: number): Shape {
    const row = this.#table.shapes[index];
    assert(row, `${this.#table.service} has a shape ${index}`);
    switch (row[0]) {
      case 'scalar':
        return { kind: 'scalar', code: row[1], constraints: row[2] };
      case 'list':
        return this.#list(row);
      case 'map':
        return this.#map(row);
      case 'structure':
      case 'union':
        return this.#structure(row);
      default:
        return unreachable(row[0]);
    }
  }

  #list([, item, itemName, length]: ListRow): List {
    const itemOf = (): Shape => this.shape(item);
    return {
      kind: 'list',
      get item() {
        return itemOf();
      },
      itemName: itemName === 0 ? undefined : itemName,
      length,
    };
  }

  #map([, key, keyName, value, valueName]: MapRow): Mapping {
    const shapeOf = (ref: Ref): Shape => this.shape(ref);
    return {
      kind: 'map',
      get key() {
        return shapeOf(key);
      },
      keyName: keyName === 0 ? 'key' : keyName,
      get value() {
        return shapeOf(value);
      },
      valueName: valueName === 0 ? 'value' : valueName,
    };
  }

  #structure([kind, name, rows, required, root]: StructureRow): Structure {
    return {
      kind: 'structure',
      name,
      union: kind === 'union',
      members: rows.map((row, index) => this.#member(row, index < required)),
      rootName: root?.xml ?? name,
      rootNamespace: root?.namespace,
    };
  }

  #member([name, ref, traits = {}]: MemberRow, required: boolean): Member {
    const shapeOf = (): Shape => this.shape(ref);
    const xmlName = traits.xml ?? name;
    return {
      name,
      get shape() {
        return shapeOf();
      },
      required,
      xmlName,
      ec2Name: traits.query ?? xmlName.charAt(0).toUpperCase() + xmlName.slice(1),
      flat: traits.flat === 1,
      attribute: traits.attribute === 1,
      namespace: traits.namespace,
      http: httpBinding(name, traits),
      sensitive: traits.sensitive === 1,
    };
  }
}

const emptyStructure: Structure = {
  kind: 'structure',
  name: 'Unit',
  union: false,
  members: [],
  rootName: 'Unit',
  rootNamespace: undefined,
};

function httpBinding(member: string, { http }: MemberTraits): HttpBinding | undefined {
  if (http === undefined) return undefined;
  const colon = http.indexOf(':');
  const kind = (colon < 0 ? http : http.slice(0, colon)) as HttpBinding['kind']; // the generator writes no others
  const name = colon < 0 ? member : http.slice(colon + 1);
  return { kind, name: kind === 'header' || kind === 'prefix' ? name.toLowerCase() : name };
}

/** Whether the member stands in the message's body rather than in its path, query or headers. */
export function inBody(member: Member): boolean {
  return member.http === undefined;
}
