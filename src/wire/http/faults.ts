import { unreachable } from '#/lib/assert.ts';
import { AwsError } from '#/lib/aws-error.ts';
import { encodeCbor } from '#/wire/codec/cbor.ts';
import { toCbor, toJson } from '#/wire/codec/json.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import { escapeXml, writeXmlContent } from '#/wire/codec/xml-write.ts';
import type { Reply } from '#/wire/http/reply.ts';
import { contentTypes, hostId, requestIdHeaders } from '#/wire/http/write-output.ts';
import type { ErrorModel, Model } from '#/wire/model.ts';
import type { Protocol } from '#/wire/protocol.ts';

/** What is known of a request when it fails. */
export interface FaultContext {
  readonly protocol: Protocol;
  readonly model: Model | undefined;
  readonly requestId: string;
  /** The client speaks JSON but knows the errors by their query codes. */
  readonly queryMode: boolean;
}

interface Fault {
  readonly error: AwsError;
  readonly modelled: ErrorModel | undefined;
  /** As the query protocols spell it. */
  readonly code: string;
  /** As the JSON protocols spell it: the shape's name. */
  readonly name: string;
  readonly status: number;
  readonly side: 'Sender' | 'Receiver';
}

/** An error in the protocol's form. */
export function writeFault(error: AwsError, context: FaultContext): Reply {
  const fault = toFault(error, context);
  switch (context.protocol) {
    case 'ec2':
      return xmlReply(fault, context, ec2Fault(fault, context));
    case 'query':
      return xmlReply(fault, context, queryFault(fault, context));
    case 'rest-xml':
      return xmlReply(fault, context, s3Fault(fault, context));
    case 'json-1.0':
    case 'json-1.1':
    case 'rest-json':
    case 'cbor':
      return jsonReply(fault, context);
    default:
      return unreachable(context.protocol);
  }
}

function toFault(error: AwsError, { protocol, model }: FaultContext): Fault {
  const modelled = model?.error(error.code);
  const isQuery = protocol === 'query' || protocol === 'ec2';
  const status = error.status ?? (isQuery ? modelled?.queryStatus : modelled?.status) ?? 400;
  return {
    error,
    modelled,
    code: modelled?.code ?? error.code,
    name: modelled?.name ?? error.code,
    status,
    side: modelled?.side ?? (status >= 500 ? 'Receiver' : 'Sender'),
  };
}

function xmlReply({ status }: Fault, { protocol, requestId }: FaultContext, body: string): Reply {
  return {
    status,
    headers: requestIdHeaders(protocol, requestId),
    contentType: contentTypes[protocol],
    body,
  };
}

function ec2Fault({ code, error }: Fault, { requestId }: FaultContext): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`;
}

const unknownServiceNamespace = 'http://webservices.amazon.com/AWSFault/2005-15-09';

function queryFault({ code, side, error, modelled }: Fault, { model, requestId }: FaultContext): string {
  const details = modelled ? writeXmlContent(modelled.shape)(withoutMessage(error.details), false) : '';
  return `<ErrorResponse xmlns="${model?.xmlNamespace ?? unknownServiceNamespace}"><Error><Type>${side}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>${details}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

/** S3's errors name what they are about in elements that no model lists: `<Key>`, `<BucketName>`. */
function s3Fault({ code, error }: Fault, { requestId }: FaultContext): string {
  const details = Object.entries(error.details)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>${details}<RequestId>${requestId}</RequestId><HostId>${hostId(requestId)}</HostId></Error>`;
}

/** Services differ in how they spell it; the message itself is always the error's. */
function withoutMessage(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { message: _message, Message: _Message, ...rest } = details;
  return rest;
}

function jsonReply(fault: Fault, { protocol, model, requestId, queryMode }: FaultContext): Reply {
  const { error, modelled, name, code, side, status } = fault;
  const headers = requestIdHeaders(protocol, requestId);
  if (protocol === 'rest-json') headers.set('x-amzn-errortype', name);
  if (queryMode) headers.set('x-amzn-query-error', `${code};${side}`);
  const type =
    protocol === 'cbor' || protocol === 'json-1.0'
      ? `com.amazonaws.${model?.service ?? 'aws'}#${name}`
      : name;
  const write = protocol === 'cbor' ? toCbor : toJson;
  const details = modelled ? (write(modelled.shape)(withoutMessage(error.details), false) as object) : {}; // a structure's
  const body = { __type: type, ...details, message: error.message };
  if (protocol !== 'cbor')
    return { status, headers, contentType: contentTypes[protocol], body: JSON.stringify(body) };
  headers.set('smithy-protocol', 'rpc-v2-cbor');
  return { status, headers, contentType: contentTypes.cbor, body: encodeCbor(body) };
}

/** The caller's error behind something that was thrown; undefined when it is our bug. */
export function toAwsError(thrown: unknown, protocol: Protocol): AwsError | undefined {
  if (thrown instanceof AwsError) return thrown;
  return thrown instanceof Malformed ? malformedInput(thrown, protocol) : undefined;
}

function malformedInput({ expected, path, found, message }: Malformed, protocol: Protocol): AwsError {
  const article = /^[aeiou]/.test(expected) ? 'an' : 'a';
  switch (protocol) {
    case 'ec2':
      return new AwsError(
        'InvalidParameterValue',
        `Invalid value '${found}' for ${path}. Expecting ${article} ${expected}.`,
      );
    case 'query':
      return new AwsError('MalformedInput', `Invalid ${expected} at ${path}`);
    case 'rest-xml':
      return expected === 'XML'
        ? malformedXml()
        : new AwsError('InvalidArgument', s3ArgumentText(expected, path), {
            details: { ArgumentName: path, ArgumentValue: found },
          });
    case 'json-1.0':
    case 'json-1.1':
    case 'rest-json':
    case 'cbor':
      return new AwsError('SerializationException', message);
    default:
      return unreachable(protocol);
  }
}

function s3ArgumentText(expected: string, path: string): string {
  return expected === 'integer'
    ? `Provided ${path} not an integer or within integer range`
    : `Provided ${path} is not a valid ${expected}`;
}

/** S3's answer to a body that is not what it should be. */
export function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

/** Our own fault, as each protocol says it. */
export function internalError(protocol: Protocol): AwsError {
  if (protocol === 'ec2' || protocol === 'rest-xml') {
    const message =
      protocol === 'ec2'
        ? 'An internal error has occurred'
        : 'We encountered an internal error. Please try again.';
    return new AwsError('InternalError', message, { status: 500 });
  }
  const message = 'The request processing has failed because of an unknown error, exception or failure.';
  return new AwsError('InternalFailure', message, { status: 500 });
}
