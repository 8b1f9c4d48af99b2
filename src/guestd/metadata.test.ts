import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listingAt } from '#/guestd/metadata.ts';

test('a folder of the metadata tree lists its names once, folders with a slash', () => {
  const paths = [
    'instance-id',
    'placement/region',
    'placement/availability-zone',
    'iam/security-credentials/role',
  ];

  assert.deepEqual(listingAt('', paths), ['iam/', 'instance-id', 'placement/']);
  assert.deepEqual(listingAt('placement', paths), ['availability-zone', 'region']);
  assert.deepEqual(listingAt('iam/security-credentials', paths), ['role']);
  assert.deepEqual(listingAt('nothing', paths), []);
});
