/** A REST-JSON service's table from botocore alone: for FIS, whose SDK client in reach is too old to have schemas. */
import { unreachable } from '#/lib/assert.ts';
import type {
  ErrorRow,
  MemberRow,
  MemberTraits,
  OperationRow,
  Ref,
  ScalarCode,
  ShapeRow,
  Table,
} from '#/wire/table.ts';
import {
  boundsOf,
  constraintsOf,
  type BotocoreModel,
  type BotocoreRef,
  type BotocoreShape,
} from './botocore.ts';
import { ShapeList } from './shape-list.ts';

export function tableFromBotocore(service: string, model: BotocoreModel, version: string): Table {
  if (model.metadata.protocol !== 'rest-json')
    throw new Error(`${service} speaks ${model.metadata.protocol}`);
  const builder = new BotocoreTable(model);
  const operations = Object.entries(model.operations).map(([name, operation]): [string, OperationRow] => {
    const input = operation.input ? builder.ref(operation.input) : 'unit';
    const output = operation.output ? builder.ref(operation.output) : 'unit';
    const { method, requestUri, responseCode } = operation.http;
    return [name, [input, output, [method, requestUri, responseCode ?? 200]]];
  });
  const errors = Object.entries(model.shapes)
    .filter(([, shape]) => shape.exception)
    .map(([name, shape]): [string, ErrorRow] => {
      const status = shape.error?.httpStatusCode ?? (shape.fault ? 500 : 400);
      return [
        name,
        [name, status, shape.fault ? 'Receiver' : 'Sender', builder.ref({ shape: name }), status],
      ];
    });
  return {
    sources: { botocore: version },
    service,
    protocol: 'restJson1',
    protocols: model.metadata.protocols ?? [model.metadata.protocol],
    xmlNamespace: null,
    version: model.metadata.apiVersion,
    target: null,
    signingName: model.metadata.signingName ?? model.metadata.endpointPrefix,
    operations: Object.fromEntries(operations),
    errors: Object.fromEntries(errors),
    shapes: builder.shapes.rows,
  };
}

class BotocoreTable {
  readonly shapes = new ShapeList();
  readonly #model: BotocoreModel;

  constructor(model: BotocoreModel) {
    this.#model = model;
  }

  ref({ shape: name }: BotocoreRef): Ref {
    const shape = shapeOf(this.#model, name);
    if (shape.type === 'structure' || shape.type === 'list' || shape.type === 'map')
      return this.shapes.intern(name, () => this.#row(name, shape));
    const code = scalarCode(shape);
    const constraints = constraintsOf(shape);
    if (!constraints) return code;
    return this.shapes.intern(`${code} ${JSON.stringify(constraints)}`, () => ['scalar', code, constraints]);
  }

  #row(name: string, shape: BotocoreShape): ShapeRow {
    if (shape.type === 'list') {
      const bounds = boundsOf(shape);
      const item = this.ref(defined(shape.member, name));
      return bounds ? ['list', item, 0, bounds] : ['list', item, 0];
    }
    if (shape.type === 'map')
      return ['map', this.ref(defined(shape.key, name)), 0, this.ref(defined(shape.value, name)), 0];
    const required = shape.required ?? [];
    const members = Object.entries(shape.members ?? {}).toSorted(
      ([a], [b]) => Number(required.includes(b)) - Number(required.includes(a)),
    );
    const rows = members.map(([member, reference]): MemberRow => {
      const traits = memberTraits(member, reference, shape, this.#model);
      return Object.keys(traits).length > 0
        ? [member, this.ref(reference), traits]
        : [member, this.ref(reference)];
    });
    return [shape.union ? 'union' : 'structure', name, rows, required.length];
  }
}

/** The shape of that name; throws when the model lacks it. */
export function shapeOf(model: BotocoreModel, name: string): BotocoreShape {
  return defined(model.shapes[name], name);
}

function defined<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`${what} is incomplete`);
  return value;
}

function scalarCode(shape: BotocoreShape): ScalarCode {
  switch (shape.type) {
    case 'string':
    case 'boolean':
    case 'blob':
      return shape.type;
    case 'integer':
    case 'long':
      return 'integer';
    case 'float':
    case 'double':
      return 'number';
    case 'timestamp':
      return shape.timestampFormat === 'iso8601' ? 'date-time' : 'date';
    default:
      throw new Error(`unknown type ${shape.type}`);
  }
}

function memberTraits(
  name: string,
  reference: BotocoreRef,
  parent: BotocoreShape,
  model: BotocoreModel,
): MemberTraits {
  const { location, locationName } = reference;
  if (location === undefined && locationName !== undefined && locationName !== name)
    throw new Error(`${name} has another name in JSON, which no codec knows`);
  const http =
    parent.payload === name
      ? 'payload'
      : location && binding(location, locationName ?? name, shapeOf(model, reference.shape));
  return {
    ...(http === undefined ? {} : { http }),
    ...(model.shapes[reference.shape]?.sensitive ? { sensitive: 1 } : {}),
  };
}

function binding(location: NonNullable<BotocoreRef['location']>, name: string, shape: BotocoreShape): string {
  switch (location) {
    case 'uri':
      return `label:${name}`;
    case 'querystring':
      return shape.type === 'map' ? 'queries' : `query:${name}`;
    case 'header':
      return `header:${name}`;
    case 'headers':
      return `prefix:${name}`;
    case 'statusCode':
      return 'status';
    default:
      return unreachable(location);
  }
}
