/**
 * For tests, a program that runs in the namespace beside the machines: what guests expect of a network, in a few lines. The
 * metadata service is the region's own; every name is this program's own address, unless it ends in `.invalid`; files are
 * served by HTTPS by their last name, whatever the host and the folders are.
 * Arguments: the region's state directory, the address to answer names with. Files and certificate are in `<state>/served`.
 */
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { basename, join } from 'node:path';
import { startMetadata } from '#/guestd/metadata.ts';
import { GuestState } from '#/guestd/state.ts';
import { systemClock } from '#/lib/clock.ts';

const [, , stateDir = '', address = ''] = process.argv;
const served = join(stateDir, 'served');
process.stdin.on('close', () => process.exit()).resume(); // with the test, however that ends

startMetadata({
  state: new GuestState(stateDir),
  clock: systemClock,
  address: '169.254.169.254',
  tokenKey: Buffer.from('for a test'),
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
names.bind(53, address, () => process.stdout.write('ready\n'));
