import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { memoryObjects } from '#/drivers/objects/memory.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { systemClock } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { createRegion, servicePrincipal } from '#/region.ts';
import { iamService } from '#/services/iam/service.ts';
import { s3Service } from '#/services/s3/service.ts';
import { stsService } from '#/services/sts/service.ts';
import { Store } from '#/store/store.ts';

function region() {
  const objects = memoryObjects();
  const made = createRegion({
    store: new Store(':memory:', systemClock),
    clock: systemClock,
    random: seededRandom(1),
    region: 'eu-west-3',
    account: '123456789012',
    publicPool: '198.18.1.0/24',
    drivers: { objects } as unknown as Drivers, // these services use no other
    services: (dependencies) => [s3Service(dependencies), iamService(dependencies), stsService()],
  });
  const caller = { principal: servicePrincipal('123456789012'), requestId: 'r' };
  return {
    objects,
    runtime: made.runtime,
    call: (service: string, operation: string, input: object, as: object | undefined = caller.principal) =>
      made.invoke(service, operation, input, {
        ...caller,
        principal: as as typeof caller.principal,
      }) as Promise<Record<string, unknown>>,
  };
}

test('an object is read back as it was put, and its former bytes are collected', async () => {
  const { call, objects, runtime } = region();
  runtime.start();
  await call('s3', 'CreateBucket', { Bucket: 'snow' });

  await call('s3', 'PutObject', { Bucket: 'snow', Key: 'a/b', Body: 'old' });
  await call('s3', 'PutObject', { Bucket: 'snow', Key: 'a/b', Body: 'new', ContentType: 'text/plain' });

  const got = await call('s3', 'GetObject', { Bucket: 'snow', Key: 'a/b', Range: 'bytes=1-' });
  assert.equal(await text(got['Body'] as NodeJS.ReadableStream), 'ew');
  assert.equal(got['ContentRange'], 'bytes 1-2/3');
  assert.equal(got['ContentType'], 'text/plain');
  while (!runtime.idle) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await objects.list()).length, 1);
  await runtime.stop();
});

test('a body that is not what it claims to be changes nothing', async () => {
  const { call, objects } = region();
  await call('s3', 'CreateBucket', { Bucket: 'snow' });

  await assert.rejects(call('s3', 'PutObject', { Bucket: 'snow', Key: 'k', Body: 'x', ContentMD5: 'AAAA' }), {
    code: 'BadDigest',
  });

  assert.deepEqual(await objects.list(), []);
  await assert.rejects(call('s3', 'HeadObject', { Bucket: 'snow', Key: 'k' }), {
    code: 'NoSuchKey',
    status: 404,
  });
});

test('a listing folds keys at the delimiter and goes on where it stopped', async () => {
  const { call } = region();
  await call('s3', 'CreateBucket', { Bucket: 'snow' });
  for (const Key of ['a/1', 'a/2', 'b', 'c/1'])
    await call('s3', 'PutObject', { Bucket: 'snow', Key, Body: Key });

  const first = await call('s3', 'ListObjectsV2', { Bucket: 'snow', Delimiter: '/', MaxKeys: 2 });
  const second = await call('s3', 'ListObjectsV2', {
    Bucket: 'snow',
    Delimiter: '/',
    MaxKeys: 2,
    ContinuationToken: first['NextContinuationToken'],
  });

  assert.deepEqual(first['CommonPrefixes'], [{ Prefix: 'a/' }]);
  assert.deepEqual(
    (first['Contents'] as { Key: string }[]).map(({ Key }) => Key),
    ['b'],
  );
  assert.deepEqual(second['CommonPrefixes'], [{ Prefix: 'c/' }]);
  assert.equal(second['IsTruncated'], false);
});

test('in a versioned bucket a deletion hides the object and can be undone', async () => {
  const { call } = region();
  await call('s3', 'CreateBucket', { Bucket: 'snow' });
  await call('s3', 'PutBucketVersioning', { Bucket: 'snow', VersioningConfiguration: { Status: 'Enabled' } });
  await call('s3', 'PutObject', { Bucket: 'snow', Key: 'k', Body: 'kept' });

  const { VersionId, DeleteMarker } = await call('s3', 'DeleteObject', { Bucket: 'snow', Key: 'k' });
  await assert.rejects(call('s3', 'GetObject', { Bucket: 'snow', Key: 'k' }), { code: 'NoSuchKey' });
  await call('s3', 'DeleteObject', { Bucket: 'snow', Key: 'k', VersionId });

  assert.equal(DeleteMarker, true);
  const got = await call('s3', 'GetObject', { Bucket: 'snow', Key: 'k' });
  assert.equal(await text(got['Body'] as NodeJS.ReadableStream), 'kept');
});

test('parts become an object in order, under an entity tag that counts them', async () => {
  const { call } = region();
  await call('s3', 'CreateBucket', { Bucket: 'snow' });
  const { UploadId } = await call('s3', 'CreateMultipartUpload', { Bucket: 'snow', Key: 'big' });
  const reference = { Bucket: 'snow', Key: 'big', UploadId };
  const large = Buffer.alloc(5 * 1024 * 1024, 'a');
  const one = await call('s3', 'UploadPart', { ...reference, PartNumber: 1, Body: large });
  const two = await call('s3', 'UploadPart', { ...reference, PartNumber: 2, Body: 'end' });

  const done = await call('s3', 'CompleteMultipartUpload', {
    ...reference,
    MultipartUpload: {
      Parts: [
        { PartNumber: 1, ETag: one['ETag'] },
        { PartNumber: 2, ETag: two['ETag'] },
      ],
    },
  });

  assert.match(String(done['ETag']), /-2"$/);
  const head = await call('s3', 'HeadObject', { Bucket: 'snow', Key: 'big' });
  assert.equal(head['ContentLength'], large.length + 3);
});

test('an unsigned reader gets only what the bucket policy gives to everybody', async () => {
  const { call } = region();
  const anonymous = { account: '0', arn: 'anonymous', userId: 'anonymous', accessKeyId: '' };
  await call('s3', 'CreateBucket', { Bucket: 'snow' });
  await call('s3', 'PutObject', { Bucket: 'snow', Key: 'open/a', Body: 'a' });
  await call('s3', 'PutObject', { Bucket: 'snow', Key: 'b', Body: 'b' });
  const Statement = [
    { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::snow/open/*' },
  ];
  await call('s3', 'PutBucketPolicy', { Bucket: 'snow', Policy: JSON.stringify({ Statement }) });

  await call('s3', 'GetObject', { Bucket: 'snow', Key: 'open/a' }, anonymous);

  await assert.rejects(call('s3', 'GetObject', { Bucket: 'snow', Key: 'b' }, anonymous), {
    code: 'AccessDenied',
  });
  await assert.rejects(call('s3', 'PutObject', { Bucket: 'snow', Key: 'c', Body: '' }, anonymous), {
    code: 'AccessDenied',
  });
});

test('a role can be assumed once it is there, and only under its own ARN', async () => {
  const { call } = region();
  const RoleArn = 'arn:aws:iam::123456789012:role/Inventory-App-Role';
  await assert.rejects(call('sts', 'AssumeRole', { RoleArn, RoleSessionName: 's' }), {
    code: 'AccessDenied',
  });
  await call('iam', 'CreateRole', {
    RoleName: 'Inventory-App-Role',
    AssumeRolePolicyDocument: '{"Statement":[]}',
  });

  const { AssumedRoleUser } = await call('sts', 'AssumeRole', { RoleArn, RoleSessionName: 's' });

  assert.equal(
    (AssumedRoleUser as { Arn: string }).Arn,
    'arn:aws:sts::123456789012:assumed-role/Inventory-App-Role/s',
  );
});
