import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsError } from '#/lib/aws-error.ts';
import { chooseByIds, filterItems, paginate } from '#/services/ec2/filters.ts';

interface Thing {
  readonly id: string;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
}

const things: readonly Thing[] = [
  { id: 'a-1', state: 'available', tags: { Name: 'web', tier: 'public' } },
  { id: 'a-2', state: 'pending', tags: { Name: 'we.b*' } },
  { id: 'b-1', state: 'available', tags: {} },
];

const fields = { state: (thing: Thing) => thing.state, id: (thing: Thing) => [thing.id, undefined] };

for (const { name, filters, ids } of [
  { name: 'nothing asked is everything', filters: [], ids: ['a-1', 'a-2', 'b-1'] },
  {
    name: 'values of one filter are alternatives',
    filters: [{ Name: 'id', Values: ['a-1', 'b-1'] }],
    ids: ['a-1', 'b-1'],
  },
  {
    name: 'all filters must hold',
    filters: [
      { Name: 'id', Values: ['a-*'] },
      { Name: 'state', Values: ['available'] },
    ],
    ids: ['a-1'],
  },
  {
    name: 'a question mark is one character',
    filters: [{ Name: 'id', Values: ['?-1'] }],
    ids: ['a-1', 'b-1'],
  },
  { name: 'a dot is a dot', filters: [{ Name: 'tag:Name', Values: ['we.b?'] }], ids: ['a-2'] },
  { name: 'an escaped star is a star', filters: [{ Name: 'tag:Name', Values: ['*\\*'] }], ids: ['a-2'] },
  { name: 'a tag is found by key', filters: [{ Name: 'tag-key', Values: ['tier'] }], ids: ['a-1'] },
  { name: 'a filter without values finds nothing', filters: [{ Name: 'state' }], ids: [] },
  { name: 'values are case-sensitive', filters: [{ Name: 'state', Values: ['Available'] }], ids: [] },
]) {
  test(`filters: ${name}`, () => {
    const found = filterItems(things, filters, fields, (thing) => thing.tags);

    assert.deepEqual(
      found.map(({ id }) => id),
      ids,
    );
  });
}

test('an unknown filter is an error, also when it names a member of every object', () => {
  for (const name of ['colour', 'constructor', '__proto__']) {
    assert.throws(() => filterItems(things, [{ Name: name, Values: ['x'] }], fields), {
      code: 'InvalidParameterValue',
      message: `The filter '${name}' is invalid`,
    });
  }
});

test('pages joined are the whole', () => {
  const first = paginate(things, { MaxResults: 2 });
  const second = paginate(things, {
    MaxResults: 2,
    ...(first.nextToken === undefined ? {} : { NextToken: first.nextToken }),
  });

  assert.deepEqual([...first.items, ...second.items], things);
  assert.equal(second.nextToken, undefined);
});

test('a token of our own making only', () => {
  assert.throws(() => paginate(things, { NextToken: 'nonsense' }), { code: 'InvalidParameterValue' });
});

test('an id that does not exist is an error even beside ones that do', () => {
  assert.throws(() => chooseByIds(things, ['a-1', 'c-1'], (id) => new AwsError('Gone', id)), {
    code: 'Gone',
    message: 'c-1',
  });
});
