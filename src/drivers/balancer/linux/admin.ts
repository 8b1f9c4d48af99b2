import { closeSync, openSync } from 'node:fs';
import { createConnection } from 'node:net';

export type AdminSocket = 'admin.sock' | 'master.sock';

/**
 * One command to a running proxy, and its answer. Undefined when none listens; throws when it does not answer in
 * time. The socket is reached through its folder's descriptor, because a socket's own path may have 107 bytes at most.
 */
export function askProxy(
  folder: string,
  socketName: AdminSocket,
  command: string,
  timeoutMs = 2_000,
): Promise<string | undefined> {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return Promise.resolve(undefined); // no folder: no proxy
  }
  return new Promise<string | undefined>((resolve, reject) => {
    const socket = createConnection(`/proc/self/fd/${descriptor}/${socketName}`);
    let answer = '';
    let isConnected = false;
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`the proxy in ${folder} does not answer '${command}'`)),
    );
    socket.on('connect', () => {
      isConnected = true;
      socket.end(`${command}\n`);
    });
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', (error) => {
      if (isConnected) reject(error);
      else resolve(undefined);
    });
    socket.on('close', () => resolve(isConnected ? answer : undefined));
  }).finally(() => closeSync(descriptor));
}
