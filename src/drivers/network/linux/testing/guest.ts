import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { assert } from '#/lib/assert.ts';
import { start } from '#/lib/run.ts';

export type Order =
  | { readonly do: 'listen'; readonly port: number; readonly address: string }
  | {
      readonly do: 'connect';
      readonly address: string;
      readonly port: number;
      readonly source?: string | undefined;
      readonly sourcePort?: number | undefined;
      readonly keepAs?: string | undefined;
      readonly timeoutMs: number;
    }
  | { readonly do: 'echo'; readonly flow: string; readonly timeoutMs: number }
  | {
      readonly do: 'datagram';
      readonly address: string;
      readonly port: number;
      readonly size: number;
      readonly source?: string | undefined;
      readonly sourcePort?: number | undefined;
      readonly timeoutMs: number;
    }
  | { readonly do: 'heard'; readonly address: string };

export interface Question {
  readonly number: number;
  readonly order: Order;
}

/** What came back; undefined when nothing did. */
export type Answer = string | undefined;

export interface ConnectOptions {
  readonly source?: string;
  readonly sourcePort?: number;
  /** Keeps the connection under this name, for `echo`. */
  readonly keepAs?: string;
}

/** How long what shall pass may take on a busy machine, and how long to wait for what shall not pass. */
const passMs = 5000;
const stopMs = 500;

/** A program in a namespace that does what a test says. */
export interface Guest {
  /** Listens for connections and datagrams; greets with `<name> sees <address>` and sends back what it gets. */
  listen(port: number, address?: string): Promise<void>;
  /** The greeting of whoever listens there. Undefined when it took too long, which tests must expect by `isStopped`. */
  connect(address: string, port: number, options?: ConnectOptions): Promise<Answer>;
  /** Whether no connection comes about. */
  isStopped(address: string, port: number, options?: ConnectOptions): Promise<boolean>;
  /** Whether a kept connection still carries data both ways. */
  flows(flow: string): Promise<boolean>;
  /** Whether a kept connection carries no data any more. */
  isCut(flow: string): Promise<boolean>;
  /** `<size> bytes from <address>`, when the datagram was sent back. */
  exchange(address: string, port: number, size: number, options?: ConnectOptions): Promise<Answer>;
  /** Whether a datagram is not answered. */
  isUnanswered(address: string, port: number, size: number, options?: ConnectOptions): Promise<boolean>;
  /** Whether a datagram from this address has come in. */
  hasHeard(address: string): Promise<boolean>;
  end(): Promise<void>;
}

/** Starts a guest. It ends when its input does, so also with the test. */
export function startGuest(name: string, namespace: string): Guest {
  const program = fileURLToPath(new URL('guest-program.ts', import.meta.url));
  const child = start('nsenter', [`--net=${namespace}`, '--', process.execPath, program, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  assert(stdin && stdout, 'a guest has pipes');
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const waiting = new Map<number, (answer: Answer) => void>();
  createInterface({ input: stdout }).on('line', (line) => {
    // Written by `guest-program.ts`.
    const { number, answer } = JSON.parse(line) as {
      readonly number: number;
      readonly answer: string | null;
    };
    waiting.get(number)?.(answer ?? undefined);
    waiting.delete(number);
  });
  let count = 0;
  function ask(order: Order): Promise<Answer> {
    const number = (count += 1);
    return new Promise((resolve) => {
      waiting.set(number, resolve);
      stdin?.write(`${JSON.stringify({ number, order } satisfies Question)}\n`);
    });
  }

  return {
    async listen(port, address = '0.0.0.0') {
      await ask({ do: 'listen', port, address });
    },
    connect: (address, port, options) => ask({ do: 'connect', address, port, ...options, timeoutMs: passMs }),
    async isStopped(address, port, options) {
      return (await ask({ do: 'connect', address, port, ...options, timeoutMs: stopMs })) === undefined;
    },
    async flows(flow) {
      return (await ask({ do: 'echo', flow, timeoutMs: passMs })) !== undefined;
    },
    async isCut(flow) {
      return (await ask({ do: 'echo', flow, timeoutMs: stopMs })) === undefined;
    },
    exchange: (address, port, size, options) =>
      ask({ do: 'datagram', address, port, size, ...options, timeoutMs: passMs }),
    async isUnanswered(address, port, size, options) {
      return (
        (await ask({ do: 'datagram', address, port, size, ...options, timeoutMs: stopMs })) === undefined
      );
    },
    async hasHeard(address) {
      return (await ask({ do: 'heard', address })) !== undefined;
    },
    async end() {
      stdin.end();
      await ended;
    },
  };
}
