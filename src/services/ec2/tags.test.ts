import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeTags, tagsOfSpecifications, toTagList, toTags } from '#/services/ec2/tags.ts';

test('tags of a specification go to and fro', () => {
  const tags = tagsOfSpecifications(
    [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'lab' }, { Key: 'empty' }] }],
    'vpc',
  );

  assert.deepEqual(toTagList(tags), [
    { Key: 'Name', Value: 'lab' },
    { Key: 'empty', Value: '' },
  ]);
});

test('a specification for another type of resource is refused', () => {
  assert.throws(() => tagsOfSpecifications([{ ResourceType: 'subnet', Tags: [] }], 'vpc'), {
    code: 'InvalidParameterValue',
    message: "'subnet' is not a valid taggable resource type for this operation.",
  });
});

test('reserved keys are refused, those of stacks are not', () => {
  assert.throws(() => toTags([{ Key: 'aws:mine', Value: 'x' }]), { code: 'InvalidParameterValue' });
  assert.deepEqual(toTags([{ Key: 'aws:cloudformation:stack-name', Value: 's' }]), {
    'aws:cloudformation:stack-name': 's',
  });
});

test('fifty tags are enough', () => {
  const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));

  assert.equal(Object.keys(mergeTags(fifty, { k0: 'new' })).length, 50);
  assert.throws(() => mergeTags(fifty, { one: 'more' }), { code: 'TagLimitExceeded' });
});
