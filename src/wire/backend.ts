import type { Principal } from '#/services/contract.ts';

/** What the wire layer needs of the region behind it. */
export interface Backend {
  readonly region: string;
  readonly account: string;
  /** The key's secret and owner; undefined when there is no such active key. */
  credentials(accessKeyId: string): Credentials | undefined;
  /** Whether the operation has a handler. What has none answers `NotImplemented`. */
  implements(service: string, operation: string): boolean;
  /** Runs one operation on a validated input. Throws `AwsError` for the caller's fault, anything else is ours. */
  invoke(service: string, operation: string, input: unknown, caller: Caller): Promise<unknown>;
}

export interface Credentials {
  readonly secretAccessKey: string;
  /** Must come with the request when the key is temporary. */
  readonly sessionToken: string | undefined;
  /** When a temporary key ends, in milliseconds since the epoch; later it answers `ExpiredToken`. */
  readonly expiresAt?: number;
  readonly principal: Principal;
}

/** On whose behalf a request runs; `principal` is undefined for operations that need no signature. */
export interface Caller {
  readonly principal: Principal | undefined;
  readonly requestId: string;
}
