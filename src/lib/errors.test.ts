import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as ours, unreachable } from '#/lib/assert.ts';
import { AwsError } from '#/lib/aws-error.ts';

test('an AWS error is an error with its code, and without a status or details unless told', () => {
  const plain = new AwsError('InvalidVpcID.NotFound', 'The vpc ID does not exist');
  const full = new AwsError('Throttling', 'Rate exceeded', { status: 503, details: { Reason: 'x' } });

  assert.ok(plain instanceof Error);
  assert.deepEqual(
    [plain.name, plain.code, plain.message, plain.status, plain.details],
    ['AwsError', 'InvalidVpcID.NotFound', 'The vpc ID does not exist', undefined, {}],
  );
  assert.deepEqual([full.status, full.details], [503, { Reason: 'x' }]);
});

test('an assertion that does not hold is loud, and one that holds is silent', () => {
  assert.throws(() => ours(0, 'there are some'), { message: 'assertion failed: there are some' });
  assert.doesNotThrow(() => ours('x', 'there are some'));
});

test('a case that the compiler thought impossible says what it was', () => {
  const impossible = { do: 'dance' } as never; // what the compiler is told not to expect

  assert.throws(() => unreachable(impossible), {
    message: 'assertion failed: unreachable case {"do":"dance"}',
  });
});
