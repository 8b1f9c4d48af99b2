import { unreachable } from '#/lib/assert.ts';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AwsError } from '#/lib/aws-error.ts';
import type { Clock } from '#/lib/clock.ts';
import { uuid, type Random } from '#/lib/random.ts';
import { authenticate, signatureOf, type Authenticated } from '#/wire/auth/authenticate.ts';
import type { Backend } from '#/wire/backend.ts';
import { internalError, toAwsError, writeFault, type FaultContext } from '#/wire/http/faults.ts';
import { requireValid } from '#/wire/http/invalid-input.ts';
import { readRestJsonInput, readRpcInput, readS3Input } from '#/wire/http/read-input.ts';
import { sendReply, type Reply } from '#/wire/http/reply.ts';
import { headerOf, toWireRequest, type WireRequest } from '#/wire/http/request.ts';
import { matchRest, type RestMatch } from '#/wire/http/rest-route.ts';
import { invalidAction, route } from '#/wire/http/route.ts';
import { s3Address, type S3Address } from '#/wire/http/s3-address.ts';
import { webPageRefusal } from '#/wire/http/web-page.ts';
import { writeOutput } from '#/wire/http/write-output.ts';
import type { Model, OperationModel } from '#/wire/model.ts';
import { isS3, type Protocol, type Target } from '#/wire/protocol.ts';

export interface WireServerOptions {
  readonly backend: Backend;
  /** The backend of the region that a request is signed for; `backend` serves all when absent. */
  readonly backendOf?: (regionName: string) => Backend;
  readonly clock: Clock;
  readonly random: Random;
  /** Answers what is under `/_snowglobe/`; those paths are not found when absent. */
  readonly privateApi?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told of every failure that is not the caller's, with the request id that the caller was given. */
  readonly onError?: (error: unknown, requestId: string) => void;
  /** For tests: outputs with members that AWS's shapes do not have fail instead of losing them. */
  readonly strict?: boolean;
  /** For tests: takes inputs that break the model's constraints. */
  readonly unvalidated?: boolean;
}

/** Idle connections of clients' pools live long: closing one as it is used again loses a request. */
const keepAliveTimeout = 120_000;

/**
 * Speaks AWS's protocols for a region: finds the service and operation, authenticates, reads and validates the
 * input, and writes what the backend answers. Listens wherever it is told to, on TCP or on a unix socket.
 */
export function createWireServer(options: WireServerOptions): Server {
  const server = createServer({
    keepAliveTimeout,
    headersTimeout: keepAliveTimeout + 5000,
    requestTimeout: 0,
    maxHeaderSize: 64 * 1024,
    noDelay: true,
  });
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    void answer(
      options,
      toWireRequest(message, () => {}),
      response,
    );
  });
  server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => {
    void answer(
      options,
      toWireRequest(message, () => response.writeContinue()),
      response,
    );
  });
  return server;
}

/** Never rejects: what cannot even be told to the client ends its connection. */
async function answer(
  options: WireServerOptions,
  request: WireRequest,
  response: ServerResponse,
): Promise<void> {
  const requestId = uuid(options.random);
  try {
    const refusal = webPageRefusal(request);
    const isPrivate = request.path.startsWith('/_snowglobe/');
    if (refusal !== undefined) await sendReply(request, response, plainText(403, refusal));
    else if (isPrivate && options.privateApi) options.privateApi(request.message, response);
    else if (isPrivate) await sendReply(request, response, plainText(404, 'There is nothing here'));
    else await sendReply(request, response, await new Exchange(options, request, requestId).reply());
  } catch (error) {
    if (!isPrematureClose(error)) options.onError?.(error, requestId);
    response.destroy();
  }
}

/** The client went away while it was answered: nobody's fault. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function plainText(status: number, text: string): Reply {
  return { status, headers: new Map(), contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

/** One request on its way to its answer; it remembers what its faults must be spelt with. */
class Exchange {
  readonly #options: WireServerOptions;
  #backend: Backend;
  readonly #request: WireRequest;
  readonly #requestId: string;
  #protocol: Protocol = 'query';
  #model: Model | undefined;

  constructor(options: WireServerOptions, request: WireRequest, requestId: string) {
    this.#options = options;
    this.#backend = options.backend;
    this.#request = request;
    this.#requestId = requestId;
    this.#protocol = guessProtocol(request);
  }

  async reply(): Promise<Reply> {
    try {
      return await this.#serve();
    } catch (thrown) {
      const error = toAwsError(thrown, this.#protocol);
      if (!error) this.#options.onError?.(thrown, this.#requestId);
      return writeFault(error ?? internalError(this.#protocol), this.#faultContext());
    }
  }

  async #serve(): Promise<Reply> {
    const signature = signatureOf(this.#request);
    const signedService = signature?.version === 4 ? signature.scope.service : signature && 's3';
    if (signature?.version === 4 && this.#options.backendOf)
      this.#backend = this.#options.backendOf(signature.scope.region);
    const target = await route(this.#request, signedService);
    this.#protocol = target.protocol;
    this.#model = target.model;
    const address = isS3(target) ? s3Address(this.#request) : undefined;
    const bucketPath = address?.bucketPath ?? '';
    const authenticated = authenticate(
      { backend: this.#backend, clock: this.#options.clock },
      this.#request,
      target,
      signature,
      bucketPath,
    );
    return target.protocol === 'rest-xml' || target.protocol === 'rest-json'
      ? this.#serveRest(target, address, authenticated)
      : this.#serveRpc(target, authenticated);
  }

  async #serveRpc(target: Target, authenticated: Authenticated | undefined): Promise<Reply> {
    const operation = target.model.operations.get(target.operation ?? '');
    if (!operation) throw unknownOperation(target);
    this.#requireImplemented(target, operation);
    return this.#invoke(target, operation, readRpcInput(target, operation), authenticated);
  }

  async #serveRest(
    target: Target,
    address: S3Address | undefined,
    authenticated: Authenticated | undefined,
  ): Promise<Reply> {
    const match = matchRest(
      this.#request,
      target.model,
      address?.path ?? this.#request.path,
      address?.bucket,
    );
    if (!match) throw unknownOperation(target);
    this.#requireImplemented(target, match.operation);
    const input = await this.#readRest(target, match, address, authenticated);
    return this.#invoke(target, match.operation, input, authenticated);
  }

  #readRest(
    target: Target,
    match: RestMatch,
    address: S3Address | undefined,
    authenticated: Authenticated | undefined,
  ): unknown {
    if (!address) return readRestJsonInput(this.#request, target, match);
    return readS3Input(this.#request, match, address, authenticated);
  }

  #requireImplemented({ model }: Target, { name }: OperationModel): void {
    if (this.#backend.implements(model.service, name)) return;
    throw new AwsError(
      'NotImplemented',
      `${model.service} ${name} is not implemented; 'snowglobe coverage' lists what is`,
      {
        status: 501,
      },
    );
  }

  async #invoke(
    target: Target,
    operation: OperationModel,
    input: unknown,
    authenticated: Authenticated | undefined,
  ): Promise<Reply> {
    if (this.#options.unvalidated !== true) requireValid(target, operation.input, input);
    const caller = { principal: authenticated?.credentials.principal, requestId: this.#requestId };
    const output = await this.#backend.invoke(target.model.service, operation.name, input, caller);
    const strict = this.#options.strict === true;
    return writeOutput(target, operation, output, { requestId: this.#requestId, strict });
  }

  #faultContext(): FaultContext {
    return {
      protocol: this.#protocol,
      model: this.#model,
      requestId: this.#requestId,
      queryMode: headerOf(this.#request, 'x-amzn-query-mode') === 'true',
    };
  }
}

/** Before its service is known, an error must be spelt too. */
function guessProtocol(request: WireRequest): Protocol {
  if (headerOf(request, 'smithy-protocol') === 'rpc-v2-cbor') return 'cbor';
  if (headerOf(request, 'x-amz-target') !== undefined)
    return headerOf(request, 'content-type')?.includes('json-1.0') ? 'json-1.0' : 'json-1.1';
  return request.path === '/' && request.method === 'POST' ? 'query' : 'rest-xml';
}

function unknownOperation({ protocol, operation, model, form }: Target): AwsError {
  const action = operation ?? '';
  switch (protocol) {
    case 'ec2':
      return new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`);
    case 'query':
      return form?.children?.has('Action') === true
        ? invalidAction(action, model.version)
        : new AwsError('MissingAction', 'The request must contain the parameter Action');
    case 'rest-xml':
      return new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
        status: 405,
      });
    case 'rest-json':
      return new AwsError('UnknownOperationException', '', { status: 404 });
    case 'json-1.0':
    case 'json-1.1':
    case 'cbor':
      return new AwsError('UnknownOperationException', '');
    default:
      return unreachable(protocol);
  }
}
