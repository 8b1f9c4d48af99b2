import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { systemClock } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { modelledOperations } from '#/wire/operations.ts';
import { createWireServer } from '#/wire/server.ts';
import { startWire } from './harness.ts';
import { send, sendForm, sendJson } from './send.ts';
import { sign } from './signing.ts';

test('the private API has its own paths, and is closed to web pages too', async (context) => {
  const wire = await startWire(() => ({}), {
    privateApi: ({ url }, response) => response.end(`private ${url}`),
  });
  context.after(() => wire.close());

  const answers = [
    await send(wire, { method: 'GET', path: '/_snowglobe/topology' }),
    await send(wire, {
      method: 'POST',
      path: '/_snowglobe/reset',
      headers: { origin: 'https://example.com' },
    }),
  ];

  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.slice(0, 29)]),
    [
      [200, 'private /_snowglobe/topology'],
      [403, 'Requests from https://example'],
    ],
  );
});

test('where there is no private API, its paths lead nowhere', async (context) => {
  const wire = await startWire(() => ({}));
  context.after(() => wire.close());

  const answer = await send(wire, { method: 'GET', path: '/_snowglobe/topology' }, { service: 's3' });

  assert.equal(answer.status, 404);
});

test('it listens on a unix socket as on a port', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'wire-'));
  const socketPath = join(folder, 'api.sock');
  const server = createWireServer({
    backend: {
      region: 'eu-west-3',
      account: '123456789012',
      credentials: () => undefined,
      implements: () => true,
      invoke: async () => ({}),
    },
    clock: systemClock,
    random: seededRandom(1),
  });
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));

  const body = await new Promise<string>((resolve, reject) => {
    const outgoing = request({ socketPath, path: '/bucket', headers: { host: 'localhost' }, agent: false });
    outgoing.on('response', (response) => void text(response).then(resolve, reject));
    outgoing.on('error', reject);
    outgoing.end();
  });

  assert.match(body, /<ListBucketResult/);
});

test('every answer has a request id, the same as the handler was given', async (context) => {
  const ids: string[] = [];
  const wire = await startWire(({ caller }) => {
    ids.push(caller.requestId);
    return {};
  });
  context.after(() => wire.close());

  const query = await sendForm(wire, 'sts', 'Version=2011-06-15&Action=GetCallerIdentity');
  const json = await sendJson(wire, 'AmazonSSM.GetParameters', '{"Names":["a"]}');
  const rest = await send(wire, { method: 'GET', path: '/b' }, { service: 's3' });

  assert.match(query.body, new RegExp(`<RequestId>${ids[0]}</RequestId>`));
  assert.deepEqual(
    [query.headers['x-amzn-requestid'], json.headers['x-amzn-requestid'], rest.headers['x-amz-request-id']],
    ids,
  );
});

test('an EC2 action that answers nothing says that it was done', async (context) => {
  const wire = await startWire(() => ({}));
  context.after(() => wire.close());

  const answer = await sendForm(wire, 'ec2', 'Version=2016-11-15&Action=DeleteVpc&VpcId=vpc-1');

  assert.match(
    answer.body,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<DeleteVpcResponse xmlns="http:\/\/ec2.amazonaws.com\/doc\/2016-11-15\/"><requestId>[0-9a-f-]+<\/requestId><return>true<\/return><\/DeleteVpcResponse>$/,
  );
});

test('a query action without a result has only its metadata', async (context) => {
  const wire = await startWire(() => ({}));
  context.after(() => wire.close());

  const answer = await sendForm(wire, 'iam', 'Version=2010-05-08&Action=DeleteUser&UserName=me');

  assert.match(
    answer.body,
    /^<DeleteUserResponse xmlns="[^"]+"><ResponseMetadata><RequestId>[0-9a-f-]+<\/RequestId><\/ResponseMetadata><\/DeleteUserResponse>$/,
  );
});

test('an action may come by GET, with its signature in the query', async (context) => {
  const wire = await startWire(() => ({ Account: '123456789012' }));
  context.after(() => wire.close());
  const query = 'Action=GetCallerIdentity&Version=2011-06-15';
  const raw = { method: 'GET', path: '/', query, headers: { host: `127.0.0.1:${wire.port}` } };

  const answer = await send(wire, {
    ...raw,
    headers: sign(
      raw,
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
      'sts',
    ),
  });

  assert.match(answer.body, /<Account>123456789012<\/Account>/);
});

test('every service tells its operations', () => {
  const counts = Object.fromEntries(
    modelledOperations().map(({ service, operations }) => [service, operations.length]),
  );

  assert.equal(Object.keys(counts).length, 13);
  assert.ok((counts['ec2'] ?? 0) > 800);
  assert.ok(Object.values(counts).every((count) => count > 5));
});
