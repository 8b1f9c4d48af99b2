import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkReadConditions, resolveRange } from '#/services/s3/object/conditions.ts';

test('a range is the bytes it names, within the object', () => {
  assert.deepEqual(resolveRange(undefined, 10), { start: 0, end: 10, isPartial: false });
  assert.deepEqual(resolveRange('bytes=0-3', 10), { start: 0, end: 4, isPartial: true });
  assert.deepEqual(resolveRange('bytes=8-99', 10), { start: 8, end: 10, isPartial: true });
  assert.deepEqual(resolveRange('bytes=-4', 10), { start: 6, end: 10, isPartial: true });
  assert.deepEqual(resolveRange('bytes=2-', 10), { start: 2, end: 10, isPartial: true });
  assert.deepEqual(resolveRange('lines=1-2', 10), { start: 0, end: 10, isPartial: false });
  assert.throws(() => resolveRange('bytes=10-', 10), { code: 'InvalidRange', status: 416 });
});

test('conditions decide between an answer, 304 and 412', () => {
  const at = Date.UTC(2026, 0, 1);
  assert.doesNotThrow(() => checkReadConditions({ IfMatch: '"abc"' }, 'abc', at));
  assert.throws(() => checkReadConditions({ IfMatch: '"x"' }, 'abc', at), { status: 412 });
  assert.throws(() => checkReadConditions({ IfNoneMatch: '*' }, 'abc', at), { status: 304 });
  assert.throws(() => checkReadConditions({ IfModifiedSince: new Date(at) }, 'abc', at), { status: 304 });
  assert.throws(() => checkReadConditions({ IfUnmodifiedSince: new Date(at - 1_000) }, 'abc', at), {
    status: 412,
  });
  assert.doesNotThrow(() =>
    checkReadConditions({ IfNoneMatch: '"x"', IfModifiedSince: new Date(at) }, 'abc', at),
  );
});
