import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import * as dnsPacket from 'dns-packet';
import type { Random } from '#/lib/random.ts';
import { NameTable } from '#/guestd/names.ts';
import type { GuestState } from '#/guestd/state.ts';

export interface DnsOptions {
  readonly state: GuestState;
  readonly random: Random;
  /** The address to answer on. */
  readonly address: string;
  /** Where guests reach the region's API. */
  readonly regionAddress: string;
  /** Asked for names that are not the region's own: only the host can reach a resolver. */
  readonly controlSocket: string;
}

const udpMaxBytes = 1_232; // the size all paths carry; larger answers are asked for again over TCP

/** Answers guests' questions over UDP and TCP. Own names come from files; others from the host, by the region. */
export function startDns(options: DnsOptions): void {
  let table: NameTable | undefined;
  let tableOf: unknown;
  function currentTable(): NameTable {
    const views = options.state.views();
    if (!table || views !== tableOf)
      table = new NameTable(views.values(), options.regionAddress, options.random);
    tableOf = views;
    return table;
  }

  async function answer(query: dnsPacket.Packet, from: string): Promise<dnsPacket.Packet> {
    const question = query.questions?.[0];
    const reply: dnsPacket.Packet = {
      type: 'response',
      ...(query.id === undefined ? {} : { id: query.id }),
      flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE,
      questions: query.questions ?? [],
    };
    if (!question) return { ...reply, flags: failure(reply, 1) };
    const type = question.type;
    const networkId = options.state.askerAt(from)?.networkId;
    const resolution = currentTable().resolve(
      networkId,
      question.name,
      type === 'A' || type === 'CNAME' ? type : 'AAAA',
    );
    if (resolution === 'no-data') return reply;
    if (resolution !== 'unknown') return { ...reply, answers: [...resolution.answers] };
    if (type !== 'A') return { ...reply, flags: failure(reply, isOwnZone(question.name) ? 3 : 0) };
    if (isOwnZone(question.name)) return { ...reply, flags: failure(reply, 3) };
    const addresses = await askHost(options.controlSocket, question.name);
    if (addresses === undefined) return { ...reply, flags: failure(reply, 2) };
    if (addresses.length === 0) return { ...reply, flags: failure(reply, 3) };
    return {
      ...reply,
      answers: addresses.map((data) => ({ type: 'A', name: question.name, ttl: 60, data })),
    };
  }

  const udp = createSocket({ type: 'udp4' });
  udp.on('message', (message, remote) => {
    void (async () => {
      const query = parse(message);
      if (!query) return;
      const reply = await answer(query, remote.address);
      let bytes = dnsPacket.encode(reply);
      if (bytes.length > udpMaxBytes) {
        bytes = dnsPacket.encode({
          ...reply,
          answers: [],
          flags: (reply.flags ?? 0) | dnsPacket.TRUNCATED_RESPONSE,
        });
      }
      udp.send(bytes, remote.port, remote.address);
    })();
  });
  udp.bind(53, options.address);

  createServer((socket) => serveTcp(socket, answer)).listen(53, options.address);
}

function serveTcp(
  socket: Socket,
  answer: (query: dnsPacket.Packet, from: string) => Promise<dnsPacket.Packet>,
): void {
  let received = Buffer.alloc(0);
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const query = parse(received.subarray(2, end));
      received = received.subarray(end);
      if (!query) {
        socket.destroy();
        return;
      }
      void answer(query, socket.remoteAddress ?? '').then((reply) =>
        socket.write(dnsPacket.streamEncode(reply)),
      );
    }
  });
}

function parse(message: Buffer): dnsPacket.Packet | undefined {
  try {
    return dnsPacket.decode(message);
  } catch {
    return undefined; // not a DNS message: no answer is the answer
  }
}

function failure(reply: dnsPacket.Packet, code: 0 | 1 | 2 | 3): number {
  return (reply.flags ?? 0) | code;
}

/** Zones that only the region answers for: a name unknown here does not exist, and no resolver is asked. */
function isOwnZone(name: string): boolean {
  return (
    /(^|\.)(compute\.internal|ec2\.internal|amazonaws\.com|in-addr\.arpa)$/i.test(name) || !name.includes('.')
  );
}

/** Asks the host for a name's addresses; undefined when the region is away. */
function askHost(controlSocket: string, name: string): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      {
        socketPath: controlSocket,
        path: `/_snowglobe/resolve?name=${encodeURIComponent(name)}`,
        timeout: 4_000,
        headers: { host: '127.0.0.1' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          // The region answers a list of addresses; anything else counts as no answer.
          resolve(
            response.statusCode === 200 ? (JSON.parse(text) as { addresses: string[] }).addresses : undefined,
          );
        });
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
