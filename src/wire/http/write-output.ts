import { unreachable } from '#/lib/assert.ts';
import { Readable } from 'node:stream';
import { encodeCbor } from '#/wire/codec/cbor.ts';
import { payloadOf, writeBindings } from '#/wire/codec/http-bindings.ts';
import { toCbor, toJson } from '#/wire/codec/json.ts';
import { renderScalar, toBytes } from '#/wire/codec/scalars.ts';
import { checkModelled, memberOf, recordOf } from '#/wire/codec/values.ts';
import { escapeXml, writeXmlContent, writeXmlDocument } from '#/wire/codec/xml-write.ts';
import type { Reply } from '#/wire/http/reply.ts';
import { inBody, type Member, type OperationModel, type Structure } from '#/wire/model.ts';
import type { Protocol, Target } from '#/wire/protocol.ts';

export const contentTypes: Readonly<Record<Protocol, string>> = {
  ec2: 'text/xml;charset=UTF-8',
  query: 'text/xml',
  'json-1.0': 'application/x-amz-json-1.0',
  'json-1.1': 'application/x-amz-json-1.1',
  'rest-json': 'application/json',
  'rest-xml': 'application/xml',
  cbor: 'application/cbor',
};

export interface OutputOptions {
  readonly requestId: string;
  /** Throw on members that the model does not have. */
  readonly strict: boolean;
}

/** A handler's output in the protocol's form. */
export function writeOutput(
  target: Target,
  operation: OperationModel,
  output: unknown,
  options: OutputOptions,
): Reply {
  switch (target.protocol) {
    case 'ec2':
      return reply(target, ec2Document(target, operation, output, options), options);
    case 'query':
      return reply(target, queryDocument(target, operation, output, options), options);
    case 'cbor': {
      const value = operation.output ? toCbor(operation.output)(output ?? {}, options.strict) : {};
      return reply(target, encodeCbor(value), options, [['smithy-protocol', 'rpc-v2-cbor']]);
    }
    case 'json-1.0':
    case 'json-1.1':
      return reply(target, jsonText(operation.output, output, options), options);
    case 'rest-json':
    case 'rest-xml':
      return restReply(target, operation, output ?? {}, options);
    default:
      return unreachable(target.protocol);
  }
}

function reply(
  { protocol }: Target,
  body: string | Buffer,
  { requestId }: OutputOptions,
  headers: readonly (readonly [string, string])[] = [],
): Reply {
  return {
    status: 200,
    headers: new Map([['x-amzn-requestid', requestId], ...headers]),
    contentType: contentTypes[protocol],
    body,
  };
}

function jsonText(shape: Structure | undefined, output: unknown, { strict }: OutputOptions): string {
  return shape ? JSON.stringify(toJson(shape)(output ?? {}, strict)) : '{}';
}

function ec2Document(
  { model }: Target,
  operation: OperationModel,
  output: unknown,
  options: OutputOptions,
): string {
  const { requestId, strict } = options;
  const content = operation.output ? writeXmlContent(operation.output)(output ?? {}, strict) : '';
  // An operation that answers nothing else says that it was done.
  const body = content === '' ? '<return>true</return>' : content;
  const name = `${operation.name}Response`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${model.xmlNamespace}/"><requestId>${requestId}</requestId>${body}</${name}>`;
}

function queryDocument(
  { model }: Target,
  operation: OperationModel,
  output: unknown,
  options: OutputOptions,
): string {
  const { requestId, strict } = options;
  const { name } = operation;
  const result = operation.output
    ? `<${name}Result>${writeXmlContent(operation.output)(output ?? {}, strict)}</${name}Result>`
    : '';
  return `<${name}Response xmlns="${model.xmlNamespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
}

function restReply(
  target: Target,
  operation: OperationModel,
  output: unknown,
  options: OutputOptions,
): Reply {
  const headers = requestIdHeaders(target.protocol, options.requestId);
  const modelStatus = operation.http?.status ?? 200;
  const shape = operation.output;
  if (!shape) {
    const body = target.protocol === 'rest-json' ? '{}' : '';
    return {
      status: modelStatus,
      headers,
      contentType: body === '' ? undefined : contentTypes['rest-json'],
      body,
    };
  }
  const record = recordOf(output, shape);
  if (options.strict) checkModelled(record, shape);
  const bound = writeBindings(shape, record);
  for (const [name, value] of bound.headers) headers.set(name, value);
  // S3 models no status for a part of an object.
  const status = bound.status ?? (bound.headers.has('content-range') ? 206 : modelStatus);
  return { status, headers, ...restBody(target, shape, record, options) };
}

/** S3 names its request ids by headers of its own. */
export function requestIdHeaders(protocol: Protocol, requestId: string): Map<string, string> {
  if (protocol !== 'rest-xml') return new Map([['x-amzn-requestid', requestId]]);
  return new Map([
    ['x-amz-request-id', requestId],
    ['x-amz-id-2', hostId(requestId)],
  ]);
}

/** S3's second id, which names the host that answered. */
export function hostId(requestId: string): string {
  return Buffer.from(`snowglobe ${requestId}`).toString('base64');
}

function restBody(
  target: Target,
  shape: Structure,
  output: object,
  options: OutputOptions,
): Pick<Reply, 'contentType' | 'body'> {
  const payload = payloadOf(shape);
  if (payload) return payloadBody(target, payload, memberOf(output, payload.name), options);
  if (target.protocol === 'rest-json')
    return { contentType: contentTypes['rest-json'], body: jsonText(shape, output, options) };
  if (!shape.members.some(inBody)) return { contentType: undefined, body: '' };
  return { contentType: contentTypes['rest-xml'], body: xmlBody(target, shape, output, options) };
}

function payloadBody(
  target: Target,
  { shape }: Member,
  value: unknown,
  options: OutputOptions,
): Pick<Reply, 'contentType' | 'body'> {
  if (value === undefined || value === null) return { contentType: undefined, body: '' };
  if (shape.kind === 'structure') {
    const isXml = target.protocol === 'rest-xml';
    const body = isXml ? xmlBody(target, shape, value, options) : jsonText(shape, value, options);
    return { contentType: contentTypes[target.protocol], body };
  }
  const body = value instanceof Readable ? value : toBytes(value);
  return { contentType: 'binary/octet-stream', body };
}

function xmlBody({ model }: Target, shape: Structure, value: unknown, { strict }: OutputOptions): string {
  if (shape.name === 'GetBucketLocationOutput')
    return bucketLocation(model.xmlNamespace, recordOf(value, shape));
  return writeXmlDocument(shape, value, model.xmlNamespace, strict);
}

/** The one answer of S3 whose only member is its root. */
function bucketLocation(namespace: string | undefined, output: object): string {
  const location = memberOf(output, 'LocationConstraint');
  const content =
    location === undefined || location === null
      ? ''
      : escapeXml(renderScalar('string', location, 'date-time'));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="${namespace}">${content}</LocationConstraint>`;
}
