import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomText, resourceId, seededRandom, systemRandom, uuid } from '#/lib/random.ts';

test('the same seed gives the same numbers, another seed others', () => {
  assert.deepEqual(draw(8), draw(8));
  assert.notDeepEqual(draw(8), draw(9));
});

function draw(seed: number): readonly number[] {
  const random = seededRandom(seed);
  return Array.from({ length: 20 }, () => random.int(1_000_000));
}

test('numbers are spread over the whole range, and stay in it', () => {
  const random = seededRandom(1);
  const counts = Array.from({ length: 10 }, () => 0);

  for (let number = 0; number < 10_000; number += 1) {
    const drawn = random.int(10);
    counts[drawn] = (counts[drawn] ?? NaN) + 1;
  }

  assert.equal(counts.length, 10);
  for (const count of counts) assert.ok(count > 850 && count < 1_150, `${count} of 10000`);
});

for (const [what, make, pattern] of [
  ['a resource id', () => resourceId('vpc', systemRandom), /^vpc-0[0-9a-f]{16}$/],
  [
    'a UUID',
    () => uuid(systemRandom),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  ],
  ['a text', () => randomText(systemRandom, 'ab', 12), /^[ab]{12}$/],
] as const) {
  test(`${what} has its form, and comes only once`, () => {
    const made = Array.from({ length: 20 }, make);

    for (const each of made) assert.match(each, pattern);
    assert.ok(new Set(made).size > 15);
  });
}
