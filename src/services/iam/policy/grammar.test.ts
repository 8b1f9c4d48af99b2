import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireIdentityPolicy } from '#/services/iam/policy/grammar.ts';

const statement = { Effect: 'Allow', Action: 'ec2:RunInstances', Resource: '*' };

const faults: readonly (readonly [statement: unknown, message: string])[] = [
  [{ ...statement, Effect: 'Maybe' }, 'Syntax errors in policy.'],
  [{ ...statement, Extra: 1 }, 'Syntax errors in policy.'],
  [{ ...statement, NotAction: 'ec2:*' }, 'Syntax errors in policy.'],
  [{ ...statement, Condition: { Sometimes: { a: 'b' } } }, 'Syntax errors in policy.'],
  [[], 'Syntax errors in policy.'],
  [{ ...statement, Effect: 'allow' }, 'The policy failed legacy parsing'],
  [{ ...statement, Condition: { DateLessThan: { a: 'soon' } } }, 'The policy failed legacy parsing'],
  [
    [
      { ...statement, Sid: 'One' },
      { ...statement, Sid: 'One' },
    ],
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  [{ ...statement, Resource: 'bucket' }, 'Resource bucket must be in ARN format or "*".'],
  [
    { ...statement, Resource: 'aws:s3:::bucket' },
    'Partition "s3" is not valid for resource "arn:s3:::bucket:*".',
  ],
  [{ Effect: 'Allow', Resource: '*' }, 'Policy statement must contain actions.'],
  [
    { ...statement, Action: 'RunInstances' },
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
  [{ Effect: 'Allow', Action: '*' }, 'Policy statement must contain resources.'],
];

for (const [Statement, message] of faults) {
  test(`a policy is refused: ${message} ${JSON.stringify(Statement)}`, () => {
    const document = JSON.stringify({ Version: '2012-10-17', Statement });

    assert.throws(() => requireIdentityPolicy(document, 'managed'), {
      code: 'MalformedPolicyDocument',
      message,
    });
  });
}

test('a policy as people write it is taken, with its text unchanged', () => {
  const document = JSON.stringify({
    Version: '2012-10-17',
    Id: 'p',
    Statement: [
      {
        Sid: '',
        ...statement,
        Action: ['s3:Get*', '*'],
        Resource: ['arn:aws:s3:::b/*', 'arn:aws-cn:s3:::c'],
      },
      {
        Effect: 'Deny',
        NotAction: 'iam:*',
        NotResource: 'arn:aws:ec2:eu-west-3:123456789012:instance/*',
        Condition: {
          'ForAnyValue:StringLikeIfExists': { 'aws:TagKeys': ['a', 'b'] },
          DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' },
          Bool: { 'aws:SecureTransport': false },
        },
      },
    ],
  });

  assert.equal(requireIdentityPolicy(document, 'managed'), document);
});

test('only managed policies must be of the current version of the language', () => {
  const document = JSON.stringify({ Version: '2008-10-17', Statement: statement });

  assert.equal(requireIdentityPolicy(document, 'inline'), document);
  assert.throws(() => requireIdentityPolicy(document, 'managed'), {
    message: 'Policy document must be version 2012-10-17 or greater.',
  });
});
