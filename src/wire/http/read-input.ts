import { unreachable } from '#/lib/assert.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { Authenticated } from '#/wire/auth/authenticate.ts';
import { decodeCbor } from '#/wire/codec/cbor.ts';
import { payloadOf, readBindings } from '#/wire/codec/http-bindings.ts';
import { readJson } from '#/wire/codec/json.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import { readAwsQuery, readEc2Query, unknownParameter } from '#/wire/codec/query.ts';
import { parseXml, readXml } from '#/wire/codec/xml-read.ts';
import { collect } from '#/wire/http/body.ts';
import type { WireRequest } from '#/wire/http/request.ts';
import type { RestMatch } from '#/wire/http/rest-route.ts';
import type { S3Address } from '#/wire/http/s3-address.ts';
import { decodedLength, s3Body } from '#/wire/http/s3-body.ts';
import { inBody, type Member, type OperationModel, type Structure } from '#/wire/model.ts';
import type { Target } from '#/wire/protocol.ts';

/** The input of an operation whose whole request is a form, a JSON or a CBOR body. */
export function readRpcInput(target: Target, { input: shape }: OperationModel): unknown {
  const body = target.body ?? Buffer.alloc(0);
  switch (target.protocol) {
    case 'ec2': {
      const form = target.form;
      const input = shape && form ? readEc2Query(shape)(form, '') : {};
      const unknown = form && unknownParameter(form);
      if (unknown !== undefined)
        throw new AwsError('UnknownParameter', `The parameter ${unknown} is not recognized`);
      return input;
    }
    case 'query':
      return shape && target.form ? readAwsQuery(shape)(target.form, '') : {};
    case 'cbor':
      return shape ? readJson(shape)(body.length === 0 ? {} : parseCbor(body), '') : {};
    case 'json-1.0':
    case 'json-1.1':
      return shape ? readJson(shape)(body.length === 0 ? {} : parseJson(body), '') : {};
    case 'rest-json':
    case 'rest-xml':
      throw new Error(`${target.protocol} is no RPC protocol`);
    default:
      return unreachable(target.protocol);
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw new Malformed('JSON', 'the body', 'not JSON');
  }
}

function parseCbor(body: Buffer): unknown {
  try {
    return decodeCbor(body);
  } catch {
    throw new Malformed('CBOR', 'the body', 'not CBOR');
  }
}

/** The input of a REST operation with a JSON body. */
export function readRestJsonInput(
  request: WireRequest,
  target: Target,
  { operation, labels }: RestMatch,
): unknown {
  const shape = operation.input;
  if (!shape) return {};
  const bound = readBindings(request, shape, labels);
  const body = target.body ?? Buffer.alloc(0);
  const payload = payloadOf(shape);
  if (payload && body.length > 0)
    bound[payload.name] = readJson(payload.shape)(parseJson(body), payload.name);
  if (payload || body.length === 0) return bound;
  return { ...(readJson(bodyOf(shape))(parseJson(body), '') as object), ...bound }; // a structure's reader makes objects
}

const bodies = new WeakMap<Structure, Structure>();

/** The part of a structure that stands in the body. */
function bodyOf(shape: Structure): Structure {
  const known = bodies.get(shape) ?? { ...shape, members: shape.members.filter(inBody) };
  bodies.set(shape, known);
  return known;
}

/** The input of an S3 operation; a streaming `Body` is a Readable. */
export async function readS3Input(
  request: WireRequest,
  { operation, labels }: RestMatch,
  { bucket }: S3Address,
  authenticated: Authenticated | undefined,
): Promise<Record<string, unknown>> {
  const shape = operation.input;
  if (!shape) return {};
  const input = readBindings(request, shape, labels);
  if (bucket !== '') input['Bucket'] = bucket;
  describeContent(request, shape, input);
  const payload = payloadOf(shape);
  const body = s3Body(request, authenticated, shape, input);
  if (payload && isStream(payload)) {
    input[payload.name] = body;
    return input;
  }
  const bytes = await collect(body);
  if (payload) {
    const value = readPayload(payload, bytes);
    if (value !== undefined) input[payload.name] = value;
  } else if (bytes.length > 0 && shape.members.some(inBody))
    Object.assign(input, readXml(shape)(parseXml(bytes.toString()), ''));
  return input;
}

function isStream({ shape }: Member): boolean {
  return shape.kind === 'scalar' && shape.code === 'stream';
}

function readPayload({ name, shape }: Member, bytes: Buffer): unknown {
  if (shape.kind !== 'scalar')
    return bytes.length === 0 ? undefined : readXml(shape)(parseXml(bytes.toString()), name);
  return shape.code === 'blob' ? bytes : bytes.toString();
}

/** `aws-chunked` is how the content travels, not what it is: neither its length nor its encoding counts it. */
function describeContent(request: WireRequest, shape: Structure, input: Record<string, unknown>): void {
  const length = decodedLength(request);
  if (length !== undefined && shape.members.some(({ name }) => name === 'ContentLength'))
    input['ContentLength'] = length;
  if (typeof input['ContentEncoding'] !== 'string') return;
  const encodings = input['ContentEncoding'].split(',').map((encoding) => encoding.trim());
  const stored = encodings.filter((encoding) => encoding !== 'aws-chunked').join(',');
  if (stored === '') delete input['ContentEncoding'];
  else input['ContentEncoding'] = stored;
}
