/** What tests run in a namespace: listens, connects and sends as it is told, one JSON text a line. See `guest.ts`. */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { unreachable } from '#/lib/assert.ts';
import type { Answer, Order, Question } from '#/drivers/network/linux/testing/guest.ts';

const [, , name = '?'] = process.argv;
const flows = new Map<string, Socket>();
const heard = new Set<string>();

function listen({ port, address }: Extract<Order, { do: 'listen' }>): Promise<Answer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`${name} sees ${socket.remoteAddress}`);
      socket.on('data', (data) => socket.write(data));
    });
    const datagrams = createSocket('udp4');
    datagrams.on('message', (message, from) => {
      heard.add(from.address);
      datagrams.send(message, from.port, from.address);
    });
    datagrams.bind(port, address, () => server.listen(port, address, () => resolve('listening')));
  });
}

function open(order: Extract<Order, { do: 'connect' }>): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({
      host: order.address,
      port: order.port,
      ...(order.sourcePort === undefined ? {} : { localPort: order.sourcePort }),
      ...(order.source === undefined ? {} : { localAddress: order.source }),
    });
    const timer = setTimeout(() => end(undefined), order.timeoutMs);
    function end(answer: Answer): void {
      clearTimeout(timer);
      if (answer !== undefined && order.keepAs !== undefined) flows.set(order.keepAs, socket);
      // Not politely: the ports are used again at once.
      else socket.resetAndDestroy();
      resolve(answer);
    }
    socket.once('data', (data) => end(data.toString()));
    socket.on('error', () => end(undefined));
  });
}

function echo(order: Extract<Order, { do: 'echo' }>): Promise<Answer> {
  const socket = flows.get(order.flow);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), order.timeoutMs);
    socket?.once('data', (data) => {
      clearTimeout(timer);
      resolve(data.toString());
    });
    socket?.write('again');
  });
}

function send(order: Extract<Order, { do: 'datagram' }>): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => end(undefined), order.timeoutMs);
    function end(answer: Answer): void {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    }
    socket.on('error', () => end(undefined));
    socket.once('message', (message, from) => end(`${message.length} bytes from ${from.address}`));
    const { source, sourcePort } = order;
    socket.bind({ port: sourcePort ?? 0, ...(source === undefined ? {} : { address: source }) }, () =>
      socket.send(Buffer.alloc(order.size), order.port, order.address),
    );
  });
}

function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'listen':
      return listen(order);
    case 'connect':
      return open(order);
    case 'echo':
      return echo(order);
    case 'datagram':
      return send(order);
    case 'heard':
      return Promise.resolve(heard.has(order.address) ? order.address : undefined);
    default:
      return unreachable(order);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  // Written by `guest.ts`.
  const { number, order } = JSON.parse(line) as Question;
  void obey(order).then((answer) =>
    process.stdout.write(`${JSON.stringify({ number, answer: answer ?? null })}\n`),
  );
}
process.exit();
