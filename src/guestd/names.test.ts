import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#/lib/random.ts';
import { NameTable } from '#/guestd/names.ts';

const table = new NameTable(
  [
    {
      id: 'public-rds-c',
      records: [
        {
          name: 'c.cluster-x.rds.amazonaws.com',
          ttlSeconds: 5,
          data: { type: 'CNAME', targets: ['i.x.rds.amazonaws.com'] },
        },
        { name: 'i.x.rds.amazonaws.com', ttlSeconds: 5, data: { type: 'A', addresses: ['10.0.5.7'] } },
      ],
    },
    {
      id: 'public-endpoints',
      records: [{ name: '*.eu-west-3.amazonaws.com', ttlSeconds: 60, data: { type: 'region' } }],
    },
    {
      id: 'vpc-1',
      records: [
        { name: 'ip-10-0-0-5.internal', ttlSeconds: 60, data: { type: 'A', addresses: ['10.0.0.5'] } },
      ],
    },
  ],
  '100.127.255.252',
  seededRandom(1),
);

test('an alias is followed to its address', () => {
  assert.deepEqual(table.resolve('vpc-1', 'C.cluster-x.rds.amazonaws.com', 'A'), {
    answers: [
      { type: 'CNAME', name: 'c.cluster-x.rds.amazonaws.com', ttl: 5, data: 'i.x.rds.amazonaws.com' },
      { type: 'A', name: 'i.x.rds.amazonaws.com', ttl: 5, data: '10.0.5.7' },
    ],
  });
});

test('an endpoint name of any depth is the region', () => {
  for (const name of ['ssm.eu-west-3.amazonaws.com', 'bucket.s3.eu-west-3.amazonaws.com']) {
    assert.deepEqual(table.resolve(undefined, name, 'A'), {
      answers: [{ type: 'A', name, ttl: 60, data: '100.127.255.252' }],
    });
  }
});

test('a network sees its own names and no other network does', () => {
  assert.notEqual(table.resolve('vpc-1', 'ip-10-0-0-5.internal', 'A'), 'unknown');
  assert.equal(table.resolve('vpc-2', 'ip-10-0-0-5.internal', 'A'), 'unknown');
});

test('a name without an address of that family says so, at once', () => {
  assert.equal(table.resolve(undefined, 'ssm.eu-west-3.amazonaws.com', 'AAAA'), 'no-data');
});
