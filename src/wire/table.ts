/**
 * The form of `tables/<service>.json`: a service's whole API in few bytes. Only `model.ts` and the generator
 * (`tools/gen-wire.ts`) know it.
 */
export interface Table {
  /** What it was generated from: `{ '@aws-sdk/client-ec2': '3.1169.0', botocore: '1.43.11' }` */
  readonly sources: Readonly<Record<string, string>>;
  readonly service: string;
  readonly protocol: ModelProtocol;
  /** Every protocol the service speaks, in AWS's spelling: `json`, `query`, `smithy-rpc-v2-cbor` … */
  readonly protocols: readonly string[];
  readonly xmlNamespace: string | null;
  readonly version: string;
  /** What `X-Amz-Target` begins with. */
  readonly target: string | null;
  /** The service's name in a signature's scope. */
  readonly signingName: string;
  readonly operations: Readonly<Record<string, OperationRow>>;
  readonly errors: Readonly<Record<string, ErrorRow>>;
  readonly shapes: readonly ShapeRow[];
}

/** A service's line in `tables/services.json`. */
export type ServiceRow = Pick<Table, 'protocol' | 'signingName' | 'version' | 'target'>;

export type ModelProtocol = 'ec2Query' | 'awsQuery' | 'awsJson1_0' | 'awsJson1_1' | 'restJson1' | 'restXml';

/** A scalar's code, `unit` for nothing at all, or the index of a shape in the table. */
export type Ref = ScalarCode | 'unit' | number;

/** Timestamps are `date` (the protocol's own format), or fixed: `date-time`, `http-date`, `epoch`. */
export type ScalarCode =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'date'
  | 'date-time'
  | 'http-date'
  | 'epoch'
  | 'document'
  | 'blob'
  | 'stream';

export type OperationRow = readonly [input: Ref, output: Ref, http?: HttpRow];
export type HttpRow = readonly [method: string, uri: string, status: number];

/** `queryStatus` is the status over the query protocols, `status` over all others. */
export type ErrorRow = readonly [
  code: string,
  queryStatus: number,
  side: 'Sender' | 'Receiver',
  shape: Ref,
  status: number,
];

export type ShapeRow = StructureRow | ListRow | MapRow | ConstrainedRow;
export type StructureRow = readonly [
  'structure' | 'union',
  name: string,
  members: readonly MemberRow[],
  required: number,
  root?: RootTraits,
];
export type ListRow = readonly ['list', item: Ref, itemName: string | 0, length?: Bounds];
export type MapRow = readonly ['map', key: Ref, keyName: string | 0, value: Ref, valueName: string | 0];
export type ConstrainedRow = readonly ['scalar', ScalarCode, Constraints];
export type Bounds = readonly [min: number | null, max: number | null];

export interface Constraints {
  readonly values?: readonly string[];
  readonly pattern?: string;
  /** Of a number's value or a string's length. */
  readonly bounds?: Bounds;
}

export interface RootTraits {
  readonly xml?: string;
  readonly namespace?: string;
}

export type MemberRow = readonly [name: string, shape: Ref, traits?: MemberTraits];

export interface MemberTraits {
  /** Its name in XML and in query parameters, where it is another than the member's. */
  readonly xml?: string;
  /** Its name in EC2's query parameters. */
  readonly query?: string;
  readonly flat?: 1;
  readonly attribute?: 1;
  readonly namespace?: readonly [prefix: string, uri: string];
  /** Where it is in the HTTP message: `label`, `query:name`, `header:name`, `prefix:name`, `payload`, `status`, `queries`. */
  readonly http?: string;
  readonly sensitive?: 1;
}
