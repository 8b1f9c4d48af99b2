import { AwsError } from '#/lib/aws-error.ts';
import { formValue, parseForm, type FormNode } from '#/wire/codec/query.ts';
import { collectBody } from '#/wire/http/body.ts';
import { headerOf, type WireRequest } from '#/wire/http/request.ts';
import { modelOf, serviceIndex } from '#/wire/model.ts';
import type { Protocol, Target } from '#/wire/protocol.ts';
import type { ServiceRow } from '#/wire/table.ts';

/**
 * Finds out which service a request is for, and reads its body unless that is S3. All services share one port,
 * so the request itself must tell: by the RPC protocol's path, `X-Amz-Target`, a form's `Version`, or the
 * service its signature is for. What tells nothing is S3's.
 */
export async function route(request: WireRequest, signedService: string | undefined): Promise<Target> {
  const rpc = cborCall(request);
  if (rpc) return targeted(rpc.target, rpc.operation, 'cbor', await collectBody(request));
  const header = headerOf(request, 'x-amz-target');
  if (header !== undefined) {
    const dot = header.lastIndexOf('.');
    const protocol = headerOf(request, 'content-type')?.includes('json-1.0') ? 'json-1.0' : 'json-1.1';
    return targeted(header.slice(0, dot), header.slice(dot + 1), protocol, await collectBody(request));
  }
  if (isForm(request, signedService)) return formTarget(request, signedService);
  const service = find(
    ({ signingName, protocol }) => signingName === signedService && protocol === 'restJson1',
  );
  if (service !== undefined) return untold(service, 'rest-json', await collectBody(request));
  return untold('s3', 'rest-xml', undefined);
}

function untold(service: string, protocol: Protocol, body: Buffer | undefined): Target {
  return { model: modelOf(service), protocol, operation: undefined, form: undefined, body };
}

function cborCall(request: WireRequest): { target: string; operation: string } | undefined {
  if (headerOf(request, 'smithy-protocol') !== 'rpc-v2-cbor') return undefined;
  const [, target, operation] = /\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.path) ?? [];
  return target === undefined || operation === undefined ? undefined : { target, operation };
}

function targeted(target: string, operation: string, protocol: Protocol, body: Buffer): Target {
  const service = find((row) => row.target === target);
  if (service === undefined) throw new AwsError('UnknownOperationException', '');
  return { model: modelOf(service), protocol, operation, form: undefined, body };
}

function find(matches: (row: ServiceRow) => boolean): string | undefined {
  for (const [service, row] of serviceIndex) if (matches(row)) return service;
  return undefined;
}

/** S3 may be sent form bodies too, but never to the root and never with an `Action`. */
function isForm({ message, method, path, query }: WireRequest, signedService: string | undefined): boolean {
  if (path !== '/' || signedService === 's3') return false;
  if (query.has('Action')) return true;
  return (
    method === 'POST' &&
    message.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  );
}

async function formTarget(request: WireRequest, signedService: string | undefined): Promise<Target> {
  const body = await collectBody(request);
  const form = readForm(request, body);
  const version = formValue(form, 'Version') ?? '';
  const operation = formValue(form, 'Action');
  const service = formService(signedService, version);
  if (service === undefined) throw invalidAction(operation ?? '', version);
  const model = modelOf(service);
  return { model, protocol: model.protocol === 'ec2Query' ? 'ec2' : 'query', operation, form, body };
}

/** A form's parameters stand in the query of a GET and in the body of a POST; presigned POSTs have both. */
function readForm({ rawQuery }: WireRequest, body: Buffer): FormNode {
  try {
    return parseForm([rawQuery, body.toString()].filter((text) => text !== '').join('&'));
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw new AwsError('MalformedQueryString', 'The query string contains a syntax error.');
  }
}

/**
 * The version tells the service also when nothing is signed. Where the signature names another one, it wins
 * unless the versions are those of two services of one name (`elasticloadbalancing` is the older ELB's too).
 */
function formService(signedService: string | undefined, version: string): string | undefined {
  const byVersion = find((row) => row.version === version && row.protocol !== 'restXml');
  const signed = signedService === undefined ? undefined : find((row) => row.signingName === signedService);
  if (signed === undefined || signed === byVersion) return byVersion;
  return signed === 'ec2' ? signed : undefined;
}

/** The answer to an action that the service does not have. */
export function invalidAction(operation: string, version: string): AwsError {
  return new AwsError('InvalidAction', `Could not find operation ${operation} for version ${version}`);
}
