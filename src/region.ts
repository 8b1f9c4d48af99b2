import { ControllerRuntime, type Failure } from '#/controllers/runtime.ts';
import { assert } from '#/lib/assert.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { Clock } from '#/lib/clock.ts';
import { uuid, type Random } from '#/lib/random.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import type {
  AnyService,
  Calls,
  Context,
  Dependencies,
  Principal,
  ServiceName,
} from '#/services/contract.ts';
import type { Store } from '#/store/store.ts';
import type { Caller } from '#/wire/backend.ts';

export interface RegionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly account: string;
  readonly publicPool: string;
  readonly drivers: Drivers;
  /** Builds the services; each may call the operations of all others through `dependencies.call`. */
  readonly services: (dependencies: Dependencies) => readonly AnyService[];
  readonly onFailure?: (failure: Failure) => void;
  /** Another region that answers these services for this one: an account has them once. */
  readonly accountWide?: { readonly services: ReadonlySet<string>; readonly region: Region };
}

type AnyHandler = (input: unknown, context: Context) => unknown;

/** A region's services over one store and one data plane: what the wire layer and a simulation both talk to. */
export interface Region {
  readonly name: string;
  readonly account: string;
  readonly services: readonly AnyService[];
  readonly runtime: ControllerRuntime;
  readonly store: Store;
  /** In-process calls on behalf of a principal. */
  callAs(principal: Principal): Calls;
  readonly implements: (service: string, operation: string) => boolean;
  readonly invoke: (service: string, operation: string, input: unknown, caller: Caller) => Promise<unknown>;
}

export function createRegion(options: RegionOptions): Region {
  const { store, clock, random, region, account, publicPool, drivers, accountWide } = options;
  const handlers = new Map<string, Map<string, AnyHandler>>();

  function handlerOf(service: string, operation: string): AnyHandler {
    const handler = handlers.get(service)?.get(operation);
    if (!handler) throw notImplemented(service, operation);
    return handler;
  }
  function contextFor(principal: Principal, requestId: string): Context {
    return {
      store,
      clock,
      random,
      region,
      account,
      publicPool,
      principal,
      requestId,
      call: callAs(principal),
    };
  }
  function callAs(principal: Principal): Calls {
    // Each service's caller is made of its handlers, whose types the services' definitions have checked.
    return new Proxy({}, { get: (_, service) => callerOf(String(service), principal) }) as Calls;
  }
  function callerOf(service: string, principal: Principal): unknown {
    if (accountWide?.services.has(service)) return Reflect.get(accountWide.region.callAs(principal), service);
    return new Proxy(
      {},
      {
        get: (_, operation) => (input: unknown) => {
          const handler = handlerOf(service, String(operation));
          const result = store.transaction(() => handler(input, contextFor(principal, uuid(random))));
          assert(!(result instanceof Promise), `${service} ${String(operation)} is synchronous`);
          return result;
        },
      },
    );
  }

  const runtime = new ControllerRuntime({
    store,
    clock,
    random,
    ...(options.onFailure ? { onFailure: options.onFailure } : {}),
  });
  const services = options.services({
    store,
    clock,
    random,
    region,
    account,
    publicPool,
    drivers,
    call: callAs(servicePrincipal(account)),
  });
  for (const service of services) {
    handlers.set(service.name, new Map(Object.entries(service.operations) as [ServiceName, AnyHandler][]));
    store.register(...service.types);
    if (!accountWide?.services.has(service.name)) runtime.register(...service.controllers);
  }

  return {
    name: region,
    account,
    services,
    runtime,
    store,
    callAs,
    implements: (service, operation) => handlers.get(service)?.has(operation) ?? false,
    async invoke(service, operation, input, caller) {
      if (accountWide?.services.has(service))
        return accountWide.region.invoke(service, operation, input, caller);
      const handler = handlerOf(service, operation);
      const context = contextFor(caller.principal ?? anonymous(account), caller.requestId);
      // A synchronous handler is one transaction. An asynchronous one (bodies, the data plane) makes its own,
      // so it runs outside: its first write comes after its first wait.
      return isAsync(handler) ? handler(input, context) : store.transaction(() => handler(input, context));
    },
  };
}

/** The region acting by itself, as AWS's service-linked roles do. */
export function servicePrincipal(account: string): Principal {
  return { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: '' };
}

function anonymous(account: string): Principal {
  return { account, arn: 'arn:aws:iam::000000000000:user/anonymous', userId: 'anonymous', accessKeyId: '' };
}

function isAsync(handler: AnyHandler): boolean {
  return handler.constructor.name === 'AsyncFunction';
}

/** The answer to an operation that AWS has and the region does not have yet. */
export function notImplemented(service: string, operation: string): AwsError {
  return new AwsError(
    'NotImplemented',
    `${service} ${operation} is not implemented; 'snowglobe coverage' lists what is`,
    {
      status: 501,
    },
  );
}
