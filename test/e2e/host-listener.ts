import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { askPage } from './page.ts';

/** A listener on every address of the host, that counts who comes. */
export async function listenOnHost() {
  let connectionCount = 0;
  const server = createServer((socket) => {
    connectionCount += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const { port } = address;
  return {
    port,
    /** Loopback left out: in a guest that is the guest. */
    addresses: Object.values(networkInterfaces())
      .flatMap((all = []) => all)
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map((one) => one.address),
    connectionCount: () => connectionCount,
    isReached: (host: string) =>
      askPage(`http://${host}:${port}/`, { timeoutMs: 3_000 }).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET',
      ),
    close: () => server.close(),
  };
}
