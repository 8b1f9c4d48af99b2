/** Objects on their way in and out: streams, chunks, checksums, presigned URLs, parts. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AwsError } from '#/lib/aws-error.ts';
import { key, startWire, type Call, type WireTest } from './harness.ts';
import { send } from './send.ts';
import { sign } from './signing.ts';

interface Stored {
  readonly input: Call['input'];
  readonly body: Buffer;
}

let wire: WireTest;
let client: S3Client;
let stored: Stored[] = [];

before(async () => {
  wire = await startWire(handle);
  client = new S3Client({
    endpoint: wire.url,
    region: 'eu-west-3',
    credentials: key,
    forcePathStyle: true,
    maxAttempts: 1,
  });
});
after(() => {
  client.destroy();
  wire.close();
});
beforeEach(() => {
  stored = [];
});

async function handle({ operation, input }: Call): Promise<unknown> {
  if (input['Key'] === 'refused') throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
  switch (operation) {
    case 'PutObject': {
      const body = input['Body'];
      assert.ok(body instanceof Readable);
      stored.push({ input, body: await buffer(body) });
      return { ETag: '"etag"' };
    }
    case 'GetObject':
      return getObject(String(input['Key']));
    case 'HeadObject':
      return { ContentLength: 5, Metadata: { owner: 'me' } };
    case 'GetBucketLocation':
      return { LocationConstraint: 'eu-west-3' };
    default:
      return {};
  }
}

function getObject(name: string): object {
  switch (name) {
    case 'part':
      return { Body: 'ell', ContentLength: 3, ContentRange: 'bytes 1-3/5' };
    case 'unchanged':
      throw new AwsError('NotModified', 'Not Modified', { status: 304 });
    case 'broken':
      return { Body: Readable.from(brokenContent()), ContentLength: 10 };
    default:
      return {
        Body: Readable.from([Buffer.from('hel'), Buffer.from('lo')]),
        ContentLength: 5,
        ContentType: 'text/plain',
      };
  }
}

async function* brokenContent(): AsyncGenerator<Buffer> {
  yield Buffer.from('hello');
  throw new Error('the disk is gone');
}

describe('uploads', () => {
  test('a stream of the SDK arrives unpacked, with its length and its checksum', async () => {
    const content = Buffer.alloc(200_000, 'snow');

    await client.send(
      new PutObjectCommand({
        Bucket: 'b',
        Key: 'k',
        Body: Readable.from([content]),
        ContentLength: content.length,
      }),
    );

    const [put] = stored;
    assert.ok(put);
    assert.ok(put.body.equals(content));
    assert.equal(put.input['ContentLength'], content.length);
    assert.equal(put.input['ContentEncoding'], undefined);
    assert.match(String(put.input['ChecksumCRC32']), /^[A-Za-z0-9+/]{6}==$/);
  });

  test('another encoding than the packing is kept', async () => {
    await client.send(
      new PutObjectCommand({
        Bucket: 'b',
        Key: 'k',
        Body: Readable.from(['x']),
        ContentLength: 1,
        ContentEncoding: 'gzip',
      }),
    );

    assert.equal(stored[0]?.input['ContentEncoding'], 'gzip');
  });

  for (const algorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)
    test(`the ${algorithm} that the SDK computes is the one that we compute`, async () => {
      await client.send(
        new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'hello', ChecksumAlgorithm: algorithm }),
      );

      assert.equal(stored[0]?.body.toString(), 'hello');
    });

  const wrong: readonly [what: string, code: string, headers: Record<string, string>][] = [
    ['a wrong checksum', 'BadDigest', { 'x-amz-checksum-crc32': 'AAAAAA==' }],
    ['a wrong MD5', 'BadDigest', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }],
    [
      'another content than was signed',
      'XAmzContentSHA256Mismatch',
      { 'x-amz-content-sha256': 'a'.repeat(64) },
    ],
  ];
  for (const [what, code, headers] of wrong)
    test(`${what} is answered ${code}`, async () => {
      const answer = await send(
        wire,
        { method: 'PUT', path: '/b/k', body: 'hello', headers },
        { service: 's3' },
      );

      assert.equal(answer.status, 400);
      assert.match(answer.body, new RegExp(`<Code>${code}<`));
    });

  test('a forged chunk is not stored', async () => {
    const body = `5;chunk-signature=${'0'.repeat(64)}\r\nhello\r\n0;chunk-signature=${'0'.repeat(64)}\r\n\r\n`;
    const headers = {
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-decoded-content-length': '5',
    };

    const answer = await send(wire, { method: 'PUT', path: '/b/k', body, headers }, { service: 's3' });

    assert.match(answer.body, /<Code>SignatureDoesNotMatch</);
    assert.equal(stored.length, 0);
  });

  test('a client that asks before sending is told to go on, or is refused at once', async () => {
    const accepted = await converse('/b/k');
    const refused = await converse('/b/refused');

    assert.match(accepted, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    assert.match(refused, /^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  test('a client that goes away in the middle leaves no error of ours', async () => {
    wire.errors.length = 0;
    const socket = connect(wire.port, '127.0.0.1');
    const headers = sign(
      {
        method: 'PUT',
        path: '/b/k',
        headers: { host: 'localhost', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      },
      key,
      's3',
    );
    socket.write(head('/b/k', { ...headers, 'content-length': '100' }));
    socket.write('hello');
    await new Promise((resolve) => socket.once('ready', resolve));
    socket.end();

    const answer = await text(socket);

    assert.match(answer, /<Code>IncompleteBody<|^HTTP\/1\.1 400|^$/);
    assert.deepEqual(wire.errors, []);
    assert.equal(stored.length, 0);
  });
});

describe('downloads', () => {
  test('a stream has its length and its type', async () => {
    const answer = await send(wire, { method: 'GET', path: '/b/k' }, { service: 's3' });

    assert.deepEqual([answer.status, answer.body], [200, 'hello']);
    assert.equal(answer.headers['content-length'], '5');
    assert.equal(answer.headers['content-type'], 'text/plain');
  });

  test('a part of an object is partial content', async () => {
    const answer = await send(wire, { method: 'GET', path: '/b/part' }, { service: 's3' });

    assert.deepEqual([answer.status, answer.body], [206, 'ell']);
  });

  test('what has not changed has no body', async () => {
    const answer = await send(wire, { method: 'GET', path: '/b/unchanged' }, { service: 's3' });

    assert.deepEqual([answer.status, answer.body], [304, '']);
  });

  test('HEAD tells the length and the metadata', async () => {
    const answer = await send(wire, { method: 'HEAD', path: '/b/k' }, { service: 's3' });

    assert.equal(answer.headers['content-length'], '5');
    assert.equal(answer.headers['x-amz-meta-owner'], 'me');
  });

  test('a stream that fails is cut, never ended as if it were whole', async () => {
    wire.errors.length = 0;

    await assert.rejects(send(wire, { method: 'GET', path: '/b/broken' }, { service: 's3' }));

    assert.match(String(wire.errors), /the disk is gone/);
  });

  test('the location of a bucket is the root itself', async () => {
    const answer = await send(wire, { method: 'GET', path: '/b', query: 'location=' }, { service: 's3' });

    assert.match(answer.body, /<LocationConstraint xmlns="[^"]+">eu-west-3<\/LocationConstraint>$/);
  });
});

describe('addresses', () => {
  const addresses: readonly [host: string, path: string, bucket: string, key: string][] = [
    ['127.0.0.1', '/b/dir/k%C3%A9%2B', 'b', 'dir/ké+'],
    ['localhost:4566', '/b//k', 'b', '/k'],
    ['my.bucket.localhost', '/k', 'my.bucket', 'k'],
    ['b.s3.localhost', '/k', 'b', 'k'],
    ['b.s3.eu-west-3.localhost', '/k', 'b', 'k'],
    ['s3.eu-west-3.localhost', '/b/k', 'b', 'k'],
    ['b.s3.eu-west-3.amazonaws.com', '/k', 'b', 'k'],
    ['my.bucket.s3.amazonaws.com', '/k', 'my.bucket', 'k'],
    ['s3.eu-west-3.amazonaws.com', '/b/k', 'b', 'k'],
  ];
  for (const [host, path, bucket, name] of addresses)
    test(`${host}${path} is ${name} in ${bucket}`, async () => {
      await send(wire, { method: 'PUT', path, headers: { host } });

      assert.deepEqual([stored[0]?.input['Bucket'], stored[0]?.input['Key']], [bucket, name]);
    });
});

describe('presigned URLs', () => {
  test('one of version 4 works until it expires, and for its object alone', async () => {
    const minuteAgo = new Date(Date.now() - 60_000);
    const good = presignV4('/b/k', 3600, minuteAgo);
    const expired = presignV4('/b/k', 30, minuteAgo);

    const answers = [
      await send(wire, { method: 'GET', path: '/b/k', query: good }),
      await send(wire, { method: 'GET', path: '/b/other', query: good }),
      await send(wire, { method: 'GET', path: '/b/k', query: expired }),
    ];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 403, 403],
    );
    assert.match(answers[1]?.body ?? '', /<Code>SignatureDoesNotMatch</);
    assert.match(answers[2]?.body ?? '', /<Code>AccessDenied<\/Code><Message>Request has expired</);
  });

  test('one of version 2 works until it expires, and for its object alone', async () => {
    const soon = Math.floor(Date.now() / 1000) + 60;
    const good = presignV2('/b/k', soon);

    const answers = [
      await send(wire, { method: 'GET', path: '/b/k', query: good }),
      await send(wire, { method: 'GET', path: '/b/other', query: good }),
      await send(wire, { method: 'GET', path: '/b/k', query: presignV2('/b/k', soon - 120) }),
    ];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 403, 403],
    );
  });

  test('the SDK reads an object through the server', async () => {
    const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));

    assert.equal(await Body?.transformToString(), 'hello');
    assert.equal(ContentType, 'text/plain');
  });
});

function presignV4(path: string, expiresS: number, at: Date): string {
  const date = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/eu-west-3/s3/aws4_request`;
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(`${key.accessKeyId}/${scope}`)}&X-Amz-Date=${date}&X-Amz-Expires=${expiresS}&X-Amz-SignedHeaders=host`;
  const canonical = `GET\n${path}\n${query}\nhost:127.0.0.1:${wire.port}\n\nhost\nUNSIGNED-PAYLOAD`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const derived = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${key.secretAccessKey}`);
  const signature = hmac(derived, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest}`).toString('hex');
  return `${query}&X-Amz-Signature=${signature}`;
}

function hmac(secret: string | Buffer, part: string): Buffer {
  return createHmac('sha256', secret).update(part).digest();
}

function presignV2(path: string, expires: number): string {
  const signature = createHmac('sha1', key.secretAccessKey)
    .update(`GET\n\n\n${expires}\n${path}`)
    .digest('base64');
  return `AWSAccessKeyId=${key.accessKeyId}&Signature=${encodeURIComponent(signature)}&Expires=${expires}`;
}

/** Sends the head of an upload that waits, and the body once it is asked for; answers all that came back. */
async function converse(path: string): Promise<string> {
  const headers = sign(
    { method: 'PUT', path, headers: { host: 'localhost', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    key,
    's3',
  );
  const socket = connect(wire.port, '127.0.0.1');
  socket.write(
    head(path, { ...headers, 'content-length': '5', expect: '100-continue', connection: 'close' }),
  );
  let received = '';
  for await (const piece of socket) {
    received += String(piece);
    if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hello');
  }
  return received;
}

function head(path: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `PUT ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
