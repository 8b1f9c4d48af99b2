import type { AddressInfo } from 'node:net';
import { systemClock } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import type { Caller, Credentials } from '#/wire/backend.ts';
import { createWireServer, type WireServerOptions } from '#/wire/server.ts';

/** What the handler under test is called with; it answers the output. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
}

export interface WireTest {
  readonly url: string;
  readonly port: number;
  /** Failures that are not the caller's. */
  readonly errors: unknown[];
  /** Frees the port and every connection. */
  close(): void;
}

export const account = '123456789012';
export const key = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
export const temporaryKey = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'temporary',
  sessionToken: 'token',
};
export const expiredKey = { accessKeyId: 'ASIAEXPIRED', secretAccessKey: 'expired', sessionToken: 'token' };

/** A wire server on a port of its own, whose one handler answers every operation but those named `unbuilt`. */
export async function startWire(
  handle: (call: Call) => unknown,
  { unbuilt = [], ...options }: Partial<WireServerOptions> & { unbuilt?: readonly string[] } = {},
): Promise<WireTest> {
  const errors: unknown[] = [];
  const server = createWireServer({
    backend: {
      region: 'eu-west-3',
      account,
      credentials: (accessKeyId) => credentials.get(accessKeyId),
      implements: (_, operation) => !unbuilt.includes(operation),
      // The server reads inputs by the model: they are objects.
      invoke: async (service, operation, input, caller) =>
        handle({ service, operation, input: input as Call['input'], caller }),
    },
    clock: systemClock,
    random: seededRandom(1),
    strict: true,
    onError: (error) => errors.push(error),
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    errors,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const credentials = new Map<string, Credentials>([
  [key.accessKeyId, { ...credentialsOf(key), sessionToken: undefined }],
  [temporaryKey.accessKeyId, credentialsOf(temporaryKey)],
  [expiredKey.accessKeyId, { ...credentialsOf(expiredKey), expiresAt: 1 }],
]);

function credentialsOf(of: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}): Credentials {
  return {
    secretAccessKey: of.secretAccessKey,
    sessionToken: of.sessionToken,
    principal: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: of.accessKeyId },
  };
}
