/**
 * For tests, a program that runs in the namespace beside the machines: what guests expect of a network, in a few lines. The
 * metadata service reads what the driver wrote; every name is this program's own address, unless it ends in `.invalid`; files are
 * served by HTTPS by their last name, whatever the host and the folders are.
 * Arguments: the region's state directory, the address to answer names with. Files and certificate are in `<state>/served`.
 */
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { basename, join } from 'node:path';
import type { MachineMetadata } from '#/drivers/machine/driver.ts';

const [, , stateDir = '', address = ''] = process.argv;
const served = join(stateDir, 'served');
const token = 'a-token';

process.stdin.on('close', () => process.exit()).resume(); // with the test, however that ends

createServer(answerMetadata).listen(80, '169.254.169.254', () => {
  names.bind(53, address, () => process.stdout.write('ready\n'));
});

createSecureServer(
  { cert: readFileSync(join(served, 'certificate.pem')), key: readFileSync(join(served, 'certificate.key')) },
  (request, response) => {
    const file = join(served, basename(new URL(request.url ?? '/', 'https://any').pathname));
    if (!existsSync(file) || file === served) return response.writeHead(404).end();
    const body = readFileSync(file);
    response.writeHead(200, {
      'content-length': body.length,
      etag: '"1"',
      'last-modified': 'Tue, 01 Jul 2025 00:00:00 GMT',
    });
    return response.end(request.method === 'HEAD' ? undefined : body);
  },
).listen(443, address);

function answerMetadata(request: IncomingMessage, response: ServerResponse): void {
  const end = (status: number, text: string | Buffer): void => {
    response.writeHead(status).end(text);
  };
  if (request.method === 'PUT') return end(200, token);
  if (request.headers['x-aws-ec2-metadata-token'] !== token) return end(401, '');
  const path = request.url?.replace('/latest/', '') ?? '';
  const { metaData, userData } = metadataOf(request.socket.remoteAddress ?? '');
  if (path === 'user-data') {
    return userData === undefined ? end(404, '') : end(200, Buffer.from(userData, 'base64'));
  }
  const value = metaData[path.replace('meta-data/', '')];
  return value === undefined ? end(404, '') : end(200, value);
}

/** The tests name a link after the last number of its address: `eni-10` is 10.77.0.10. */
function metadataOf(guest: string): MachineMetadata {
  const file = join(stateDir, 'metadata', `eni-${guest.split('.').at(-1)}.json`);
  // What the driver wrote.
  return JSON.parse(readFileSync(file, 'utf8')) as MachineMetadata;
}

const names = createSocket('udp4').on('message', (query, from) => {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const isAddress = question.readUInt16BE(question.length - 4) === 1;
  const isKnown = !question.includes('invalid');
  const header = Buffer.from([
    0,
    0,
    0x81,
    isKnown ? 0x80 : 0x83,
    0,
    1,
    0,
    isKnown && isAddress ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  query.copy(header, 0, 0, 2);
  const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
  names.send(
    Buffer.concat([header, question, ...(isKnown && isAddress ? [answer] : [])]),
    from.port,
    from.address,
  );
});
