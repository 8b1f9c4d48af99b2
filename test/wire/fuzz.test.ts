/** Whatever is sent, a parser answers a value or one of its own errors, soon; and what is written can be read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { seededRandom } from '#/lib/random.ts';
import { decodeCbor, encodeCbor } from '#/wire/codec/cbor.ts';
import { readJson } from '#/wire/codec/json.ts';
import { Malformed } from '#/wire/codec/malformed.ts';
import { parseForm, readAwsQuery, readEc2Query, unknownParameter } from '#/wire/codec/query.ts';
import { escapeXml, writeXmlDocument } from '#/wire/codec/xml-write.ts';
import { parseXml, readXml } from '#/wire/codec/xml-read.ts';
import { modelOf, serviceIndex, type Scalar, type Shape, type Structure } from '#/wire/model.ts';
import { validate } from '#/wire/validate.ts';
import { comparable, randomValue } from './values.ts';

/** A failure prints the seed, and this one repeats it. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_260_102);
fc.configureGlobal({ seed, numRuns: 2000, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false });

const filters = inputOf('ec2', 'DescribeInstances');
const tags = inputOf('autoscaling', 'CreateAutoScalingGroup');

const [anyMember] = tags.members;
assert.ok(anyMember);

describe('forms', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9.%+_]{0,12}$/);
  const names = fc.oneof(
    name,
    fc.constantFrom(
      'Filter.1.Name',
      'Filter.1.Value.1',
      'InstanceId.1',
      'MaxResults',
      'Tags.member.1.Key',
      '__proto__.1',
      'constructor',
    ),
  );
  const forms = fc
    .array(fc.tuple(names, fc.string()), { maxLength: 20 })
    .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

  test('any form is read or refused', () => {
    fc.assert(
      fc.property(forms, (text) => {
        orRefused([URIError, Malformed], () => {
          const form = parseForm(text);
          unknownParameter(form);
          validate(filters, readEc2Query(filters)(form, ''));
          validate(tags, readAwsQuery(tags)(parseForm(text), ''));
        });
      }),
    );
  });

  test('a name of a thousand parts is no deeper than the bound', () => {
    const form = parseForm(`${'a.'.repeat(100_000)}b=1`);

    let depth = 0;
    for (let node = form.children?.get('a'); node; node = node.children?.get('a')) depth++;
    assert.equal(depth, 64);
  });
});

describe('JSON', () => {
  const shape = inputOf('ssm', 'PutParameter');

  test('any JSON is read or refused, and leaves no prototype changed', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('Name', 'Tags', 'Overwrite', '__proto__'),
        (value, member) => {
          orRefused([Malformed], () =>
            validate(shape, readJson(shape)(JSON.parse(`{"${member}":${JSON.stringify(value)}}`), '')),
          );
        },
      ),
    );

    assert.deepEqual(Object.keys(Object.prototype), []);
  });
});

describe('XML', () => {
  const shape = inputOf('s3', 'DeleteObjects');
  const pieces = fc.constantFrom(
    '<Delete>',
    '</Delete>',
    '<Object a="b">',
    '</Object>',
    '<Key>',
    '</Key>',
    '<Quiet/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?xml',
    '?>',
    '&amp;',
    '&#x41;',
    '&#99999999;',
    '&lt',
    '<!DOCTYPE a>',
    '"',
    'text',
    ' ',
    '>',
  );

  test('any text is read or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          orRefused([Malformed], () => readXml(shape)(parseXml(text), ''));
        },
      ),
    );
  });

  test('text comes through as it is, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`).text, text);
      }),
    );
  });

  test('a document type, and with it every entity of its own, is refused', () => {
    assert.throws(() => parseXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), Malformed);
  });

  test('large and hostile documents take no long time', () => {
    const hostile = [
      `<a ${' '.repeat(1_000_000)}`,
      '<a>'.repeat(100_000),
      `<!--${'-'.repeat(1_000_000)}`,
      `<a ${'b="c" '.repeat(100_000)}`,
      `<a>${'&'.repeat(1_000_000)}`,
    ];

    const started = performance.now();
    for (const text of hostile) assert.throws(() => parseXml(text), Malformed);

    assert.ok(performance.now() - started < 3000);
  });

  test('every structure of S3 is written as it is read', () => {
    const random = seededRandom(seed);
    for (const { input, name } of modelOf('s3').operations.values())
      for (const { shape: body, http } of input?.members ?? []) {
        if (http?.kind !== 'payload' || body.kind !== 'structure') continue;
        const value = randomValue(random, body);

        const read = readXml(body)(parseXml(writeXmlDocument(body, value, 'http://s3', true)), '');

        assert.deepEqual(comparable(read), comparable(value), name);
      }
  });
});

describe('CBOR', () => {
  test('any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        orRefused([SyntaxError, RangeError], () => decodeCbor(Buffer.from(bytes)));
      }),
    );
  });

  test('every value is decoded as it was encoded', () => {
    const keys = fc.string().filter((name) => name !== '__proto__');
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double({ noNaN: true }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.array(tie('value')),
        fc.dictionary(keys, tie('value'), { noNullPrototype: true }),
      ),
    })).value;

    fc.assert(
      fc.property(values, (value) => {
        assert.deepStrictEqual(decodeCbor(encodeCbor(value)), value);
      }),
    );
  });

  test('nesting and lengths beyond what is there are refused', () => {
    assert.throws(() => decodeCbor(Buffer.alloc(100_000, 0x81)), SyntaxError);
    assert.throws(() => decodeCbor(Buffer.from('9b7fffffffffffffff', 'hex')), RangeError);
    assert.throws(() => decodeCbor(Buffer.from('5b7fffffffffffffff00', 'hex')), RangeError);
  });
});

describe('validation', () => {
  test('no pattern of any service takes long for a long value', () => {
    const parts = ['a', '/', 'a-', 'a.b', 'arn:aws:', ' ', '0', '\u00e9', ':/'];
    const slow: string[] = [];
    for (const scalar of patternedScalars()) {
      const length = Math.min(scalar.constraints?.bounds?.[1] ?? 4000, 4000);
      const started = performance.now();
      for (const part of parts) {
        const text = `${part.repeat(length).slice(0, length - 1)}\u0001`;
        validate({ ...tags, members: [{ ...anyMember, shape: scalar }] }, { [anyMember.name]: text });
      }
      if (performance.now() - started > 1000) slow.push(String(scalar.constraints?.pattern));
    }

    assert.deepEqual(slow, []);
  });
});

/** Every scalar of any input that has a pattern, each pattern once. */
function patternedScalars(): Scalar[] {
  const scalars = new Map<string, Scalar>();
  const seen = new Set<Shape>();
  for (const service of serviceIndex.keys())
    for (const { input } of modelOf(service).operations.values()) if (input) visit(input);
  return [...scalars.values()];

  function visit(shape: Shape): void {
    if (seen.has(shape)) return;
    seen.add(shape);
    if (shape.kind === 'list') visit(shape.item);
    if (shape.kind === 'map') visit(shape.value);
    if (shape.kind === 'structure') for (const member of shape.members) visit(member.shape);
    if (shape.kind === 'scalar' && shape.constraints?.pattern !== undefined)
      scalars.set(shape.constraints.pattern, shape);
  }
}

function inputOf(service: string, operation: string): Structure {
  const input = modelOf(service).operations.get(operation)?.input;
  assert.ok(input);
  return input;
}

function orRefused(allowed: readonly (new (...args: never[]) => Error)[], parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!allowed.some((Type) => error instanceof Type)) throw error;
  }
}
