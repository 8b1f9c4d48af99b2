/** The examples of AWS's documentation: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { parseSignatureV2, verifySignatureV2 } from '#/wire/auth/sigv2.ts';
import { parseSignatureV4, signedAt, verifySignatureV4 } from '#/wire/auth/sigv4.ts';
import { toWireRequest, type WireRequest } from '#/wire/http/request.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const credential = 'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';

const examples = [
  {
    name: 'GET Object',
    method: 'GET',
    url: '/test.txt',
    payload: empty,
    headers: { range: 'bytes=0-9', 'x-amz-content-sha256': empty, 'x-amz-date': '20130524T000000Z' },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT Object',
    method: 'PUT',
    url: '/test$file.text',
    payload: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET Bucket Lifecycle',
    method: 'GET',
    url: '/?lifecycle',
    payload: empty,
    headers: { 'x-amz-content-sha256': empty, 'x-amz-date': '20130524T000000Z' },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'GET Bucket (List Objects)',
    method: 'GET',
    url: '/?max-keys=2&prefix=J',
    payload: empty,
    headers: { 'x-amz-content-sha256': empty, 'x-amz-date': '20130524T000000Z' },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
];

for (const { name, method, url, payload, headers, signature } of examples)
  test(`the documented signature of ${name} is accepted, and no other`, () => {
    const all: Record<string, string> = { host: 'examplebucket.s3.amazonaws.com', ...headers };
    const names = Object.keys(all).sort().join(';');
    const authorization = `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names},Signature=${signature}`;
    const request = requestOf(method, url, { ...all, authorization });

    const parsed = parseSignatureV4(request);

    assert.ok(parsed);
    assert.equal(verifySignatureV4(request, parsed, secret, payload), true);
    assert.equal(verifySignatureV4(request, parsed, `${secret}x`, payload), false);
    assert.equal(verifySignatureV4({ ...request, method: 'DELETE' }, parsed, secret, payload), false);
  });

const presigned =
  '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

test('the documented presigned URL is accepted, and says when it was signed and for how long', () => {
  const request = requestOf('GET', presigned, { host: 'examplebucket.s3.amazonaws.com' });

  const parsed = parseSignatureV4(request);

  assert.ok(parsed);
  assert.equal(verifySignatureV4(request, parsed, secret, 'UNSIGNED-PAYLOAD'), true);
  assert.equal(signedAt(parsed), Date.UTC(2013, 4, 24));
  assert.equal(parsed.expiresS, 86_400);
});

test('an authorization without all its parts is an incomplete signature', () => {
  for (const authorization of [
    'AWS4-HMAC-SHA256',
    `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host`,
    'AWS4-HMAC-SHA256 Credential=AKID/20130524/s3, SignedHeaders=host, Signature=00',
  ]) {
    const request = requestOf('GET', '/', { 'x-amz-date': '20130524T000000Z', authorization });

    assert.throws(() => parseSignatureV4(request), { code: 'IncompleteSignature' });
  }
});

test('the documented query signature of version 2 is accepted', () => {
  const query =
    'AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620';
  const request = requestOf('GET', `/photos/puppy.jpg?${query}`, { host: 'johnsmith.s3.amazonaws.com' });

  const parsed = parseSignatureV2(request);

  assert.ok(parsed);
  assert.equal(verifySignatureV2(request, parsed, secret, '/johnsmith'), true);
  assert.equal(verifySignatureV2(request, parsed, secret, '/another'), false);
});

function requestOf(method: string, url: string, headers: Record<string, string>): WireRequest {
  const message = new IncomingMessage(new Socket());
  message.method = method;
  message.url = url;
  Object.assign(message.headers, headers);
  return toWireRequest(message, () => {});
}
