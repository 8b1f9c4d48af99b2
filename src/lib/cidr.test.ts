import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, integer, property } from 'fast-check';
import {
  cidrContains,
  cidrContainsAddress,
  cidrSize,
  cidrsOverlap,
  parseAddress,
  parseCidr,
  renderAddress,
  renderCidr,
} from '#/lib/cidr.ts';

for (const [text, address] of [
  ['0.0.0.0', 0],
  ['10.0.0.1', 0x0a000001],
  ['255.255.255.255', 0xffffffff],
  ['', undefined],
  ['10.0.0', undefined],
  ['10.0.0.0.0', undefined],
  ['10.0.0.256', undefined],
  ['10.0.0.01', undefined],
  ['10.0.0.-1', undefined],
  ['10.0.0. 1', undefined],
  ['10.0.0.1e1', undefined],
  ['::1', undefined],
] as const) {
  test(`the address '${text}' is ${address ?? 'refused'}`, () => assert.equal(parseAddress(text), address));
}

for (const [text, canonical] of [
  ['10.0.0.0/16', '10.0.0.0/16'],
  ['10.0.3.7/16', '10.0.0.0/16'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['1.2.3.4/0', '0.0.0.0/0'],
  ['1.2.3.4/32', '1.2.3.4/32'],
  ['10.0.0.0', undefined],
  ['10.0.0.0/', undefined],
  ['10.0.0.0/33', undefined],
  ['10.0.0.0/08', undefined],
  ['10.0.0.0/8/8', undefined],
  ['/8', undefined],
] as const) {
  test(`the network '${text}' is ${canonical ?? 'refused'}`, () => {
    const cidr = parseCidr(text);

    assert.equal(cidr && renderCidr(cidr), canonical);
  });
}

for (const [a, b, overlap, contains] of [
  ['10.0.0.0/16', '10.0.1.0/24', true, true],
  ['10.0.1.0/24', '10.0.0.0/16', true, false],
  ['10.0.0.0/24', '10.0.1.0/24', false, false],
  ['10.0.0.0/24', '10.0.0.0/24', true, true],
  ['0.0.0.0/0', '255.255.255.255/32', true, true],
  ['128.0.0.0/1', '127.255.255.0/24', false, false],
] as const) {
  test(`${a} ${overlap ? 'overlaps' : 'does not overlap'} ${b} and ${contains ? 'contains' : 'does not contain'} it`, () => {
    const [first, second] = [parseCidr(a), parseCidr(b)];
    assert.ok(first && second);

    assert.deepEqual([cidrsOverlap(first, second), cidrContains(first, second)], [overlap, contains]);
  });
}

test('an address that is written can be read again', () => {
  check(
    property(integer({ min: 0, max: 2 ** 32 - 1 }), (address) => {
      assert.equal(parseAddress(renderAddress(address)), address);
    }),
  );
});

test('a network has its first and last address and neither neighbour', () => {
  check(
    property(integer({ min: 0, max: 2 ** 32 - 1 }), integer({ min: 1, max: 32 }), (address, prefixLength) => {
      const cidr = parseCidr(`${renderAddress(address)}/${prefixLength}`);
      assert.ok(cidr);
      const last = cidr.base + cidrSize(cidr) - 1;

      assert.deepEqual(
        [cidr.base - 1, cidr.base, address, last, last + 1].map((each) => cidrContainsAddress(cidr, each)),
        [false, true, true, true, false],
      );
    }),
  );
});
