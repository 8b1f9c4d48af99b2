import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { findCredentials, findHostCredentials } from '#/services/iam/sessions.ts';
import { Store } from '#/store/store.ts';

test('the well-known key is the account for clients of this host, and nobody for guests', () => {
  const store = new Store(':memory:', new VirtualClock());

  const host = findHostCredentials(store, '123456789012', 'test');
  const guest = findCredentials(store, '123456789012', 'test');

  assert.equal(host?.principal.arn, 'arn:aws:iam::123456789012:root');
  assert.equal(guest, undefined);
});
