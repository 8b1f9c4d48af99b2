/** The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { decodeAwsChunked, type ChunkSigner } from '#/wire/http/aws-chunked.ts';

const content = 'a'.repeat(65_536 + 1024);
const signed = {
  seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  body: chunks(
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ),
};
const withTrailer = {
  seed: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  body: chunks(
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
  ),
};

test('chunks that are signed as documented give their content', async () => {
  const { text } = await decode(signed.body, signer(signed.seed));

  assert.equal(text, content);
});

test('signed trailers come with the content', async () => {
  const { text, trailers } = await decode(withTrailer.body, signer(withTrailer.seed));

  assert.equal(text, content);
  assert.deepEqual([...trailers], [['x-amz-checksum-crc32c', 'sOO8/Q==']]);
});

const forgeries: readonly [what: string, body: string, seed: string][] = [
  ['a changed byte', signed.body.replace('aaa', 'aba'), signed.seed],
  ['another request', signed.body, withTrailer.seed],
  ['a missing chunk signature', signed.body.replace(/;chunk-signature=[0-9a-f]+/, ''), signed.seed],
  ['a changed trailer', withTrailer.body.replace('sOO8', 'sOO9'), withTrailer.seed],
  ['an unsigned trailer', withTrailer.body.replace(/x-amz-trailer-signature:.*\r\n/, ''), withTrailer.seed],
];

for (const [what, body, seed] of forgeries)
  test(`${what} is a signature that does not match`, async () => {
    await assert.rejects(decode(body, signer(seed)), { code: 'SignatureDoesNotMatch' });
  });

test('a body that ends early is incomplete', async () => {
  await assert.rejects(decode(signed.body.slice(0, 5000), signer(signed.seed)), { code: 'IncompleteBody' });
  await assert.rejects(decode('5\r\nhello\r\n', undefined), { code: 'IncompleteBody' });
});

test('a body that is not packed in chunks is refused', async () => {
  for (const body of ['hello\r\n', '-1\r\n', '5\r\nhello, \r\n0\r\n', `${'0'.repeat(5000)}\r\n`])
    await assert.rejects(decode(body, undefined), { code: 'InvalidRequest' }, body.slice(0, 20));
});

test('unsigned chunks and trailers are read whatever pieces they come in', async () => {
  const body = '5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Amz-Checksum-Crc32: abcd==\r\n\r\n';

  for (const size of [1, 2, 3, 1000]) {
    const { text, trailers } = await decode(body, undefined, size);

    assert.equal(text, 'hello, world');
    assert.deepEqual([...trailers], [['x-amz-checksum-crc32', 'abcd==']]);
  }
});

function chunks(first: string, second: string, last: string, trailers = ''): string {
  const head = `10000;chunk-signature=${first}\r\n${'a'.repeat(65_536)}\r\n400;chunk-signature=${second}\r\n${'a'.repeat(1024)}\r\n`;
  return `${head}0;chunk-signature=${last}\r\n${trailers}\r\n`;
}

function signer(signature: string): ChunkSigner {
  return {
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    signature: {
      version: 4,
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      scope: { day: '20130524', region: 'us-east-1', service: 's3' },
      signedHeaders: [],
      signature,
      date: '20130524T000000Z',
      sessionToken: undefined,
      expiresS: undefined,
    },
  };
}

async function decode(
  body: string,
  signedBy: ChunkSigner | undefined,
  pieceBytes = 777,
): Promise<{ text: string; trailers: Map<string, string> }> {
  const trailers = new Map<string, string>();
  const bytes = Buffer.from(body);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const decoded = Readable.from(decodeAwsChunked(Readable.from(pieces), signedBy, trailers));
  return { text: (await buffer(decoded)).toString(), trailers };
}
