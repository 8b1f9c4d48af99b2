import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsError } from '#/lib/aws-error.ts';
import type { Calls } from '#/services/contract.ts';
import { deploy } from '#/services/cloudformation/engine/deployment.ts';
import { resolveDynamic } from '#/services/cloudformation/engine/dynamic.ts';
import { evaluate, noValue, type Scope } from '#/services/cloudformation/engine/intrinsics.ts';
import { resolveParameters } from '#/services/cloudformation/engine/parameters.ts';
import { checkProperties } from '#/services/cloudformation/engine/properties.ts';
import { checkRules } from '#/services/cloudformation/engine/rules.ts';
import { findSchema } from '#/services/cloudformation/engine/schema.ts';
import { parseTemplate } from '#/services/cloudformation/engine/template.ts';
import { parseTemplateText } from '#/services/cloudformation/engine/text.ts';
import { parseObjectUrl } from '#/services/cloudformation/source.ts';

const place = {
  region: 'eu-west-3',
  account: '123456789012',
  stackName: 'net',
  stackId: 'arn:aws:cloudformation:eu-west-3:123456789012:stack/net/1',
  notificationArns: [],
};

const scope: Scope = {
  region: 'eu-west-3',
  mappings: { Sizes: { small: { Type: 't3.nano', List: ['a', 'b'] } } },
  conditions: { Yes: { 'Fn::Equals': [true, 'true'] }, No: { 'Fn::Not': [{ Condition: 'Yes' }] } },
  ref: (name) => (name === 'AWS::NoValue' ? noValue : name === 'List' ? ['x', 'y'] : `<${name}>`),
  attribute: (logicalId, name) => `<${logicalId}.${name}>`,
  importValue: (name) => `import ${name}`,
  zones: (region) => [`${region}a`, `${region}b`],
};

/** Stands for services that keep one parameter and one secret. */
const call = {
  ssm: {
    GetParameter({ Name: name }: { Name: string }) {
      if (name !== '/image') throw new AwsError('ParameterNotFound', name);
      return { Parameter: { Value: 'ami-0123' } };
    },
  },
  secretsmanager: {
    GetSecretValue: ({ SecretId: id }: { SecretId: string }) => ({
      SecretString: JSON.stringify({ password: 'p:w', id }),
    }),
  },
} as unknown as Calls; // only these two are called

const evaluations: readonly (readonly [string, unknown, unknown])[] = [
  ['Ref', { Ref: 'Vpc' }, '<Vpc>'],
  ['GetAtt as a list', { 'Fn::GetAtt': ['Db', 'Endpoint.Address'] }, '<Db.Endpoint.Address>'],
  ['GetAtt as a text', { 'Fn::GetAtt': 'Db.Endpoint.Address' }, '<Db.Endpoint.Address>'],
  ['Sub with references', { 'Fn::Sub': '${Vpc}-${Db.Arn}-${!Literal}' }, '<Vpc>-<Db.Arn>-${Literal}'],
  ['Sub with variables', { 'Fn::Sub': ['${a}/${b}', { a: 1, b: { Ref: 'X' } }] }, '1/<X>'],
  ['Join', { 'Fn::Join': ['-', ['a', 1, true, { Ref: 'X' }]] }, 'a-1-true-<X>'],
  ['Join of a list parameter', { 'Fn::Join': [',', { Ref: 'List' }] }, 'x,y'],
  ['Select', { 'Fn::Select': ['1', { 'Fn::Split': ['|', 'a|b'] }] }, 'b'],
  ['GetAZs of the own region', { 'Fn::GetAZs': '' }, ['eu-west-3a', 'eu-west-3b']],
  ['FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'Type'] }, 't3.nano'],
  ['FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'big', 'Type', { DefaultValue: 'd' }] }, 'd'],
  ['Base64', { 'Fn::Base64': { 'Fn::Sub': 'hé' } }, 'aMOp'],
  ['Cidr', { 'Fn::Cidr': ['10.0.0.0/22', 2, 8] }, ['10.0.0.0/24', '10.0.1.0/24']],
  ['ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': 'n' } }, 'import n'],
  ['If', { a: { 'Fn::If': ['No', 1, 2] }, b: { 'Fn::If': ['Yes', 1, 2] } }, { a: 2, b: 1 }],
  ['NoValue in an object', { a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: 1 }, { b: 1 }],
  ['NoValue in a list', [{ Ref: 'AWS::NoValue' }, 1], [1]],
  [
    'a policy with a Condition member',
    { Condition: { Bool: { x: 'true' } } },
    { Condition: { Bool: { x: 'true' } } },
  ],
];

for (const [name, value, expected] of evaluations) {
  test(`${name} evaluates as on AWS`, () => {
    assert.deepEqual(evaluate(value, scope), expected);
  });
}

test('a mapping that has no such key is named in the error', () => {
  assert.throws(() => evaluate({ 'Fn::FindInMap': ['Sizes', 'big', 'Type'] }, scope), {
    code: 'ValidationError',
    message: 'Template error: Unable to get mapping for Sizes::big::Type',
  });
});

test('short forms in YAML read as their long forms, nested ones too', () => {
  const text = [
    'A: !GetAtt Db.Endpoint.Address',
    'B: !Sub ["${x}", {x: !Ref Y}]',
    'C: !If [Yes, !Ref A, !Ref "AWS::NoValue"]',
    'D: !Sub ""',
    'E:',
    '  Fn::Join:',
    '    - ","',
    '    - !Split ["|", !ImportValue z]',
    'N: 1',
    'Y: on',
  ].join('\n');

  assert.deepEqual(parseTemplateText(text), {
    A: { 'Fn::GetAtt': ['Db', 'Endpoint.Address'] },
    B: { 'Fn::Sub': ['${x}', { x: { Ref: 'Y' } }] },
    C: { 'Fn::If': ['Yes', { Ref: 'A' }, { Ref: 'AWS::NoValue' }] },
    D: { 'Fn::Sub': '' },
    E: { 'Fn::Join': [',', { 'Fn::Split': ['|', { 'Fn::ImportValue': 'z' }] }] },
    N: 1,
    Y: 'on',
  });
});

test('broken YAML is told with its place', () => {
  assert.throws(() => parseTemplateText('Resources:\n  A: [1\nB: 2'), {
    message: /^Template format error: YAML not well-formed\. \(line \d+, column \d+\)$/,
  });
});

const faultyTemplates: readonly (readonly [unknown, string])[] = [
  [{ Resources: {} }, 'Template format error: At least one Resources member must be defined.'],
  [
    { Resources: { A: { Type: 'AWS::No::Thing' } } },
    'Template format error: Unrecognized resource types: [AWS::No::Thing]',
  ],
  [
    { Resources: { A: { Type: 'AWS::SNS::Topic', Properties: { TopicName: { Ref: 'X' } } } } },
    'Template format error: Unresolved resource dependencies [X] in the Resources block of the template',
  ],
  [
    {
      Resources: { A: { Type: 'AWS::SNS::Topic' } },
      Outputs: { O: { Value: { 'Fn::GetAtt': ['A', 'Nope'] } } },
    },
    'Template error: resource A does not support attribute type Nope in Fn::GetAtt',
  ],
  [
    {
      Resources: {
        A: { Type: 'AWS::SNS::Topic', DependsOn: 'B' },
        B: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::Sub': '${C}' } } },
        C: { Type: 'AWS::SNS::Topic', DependsOn: ['A'] },
        D: { Type: 'AWS::SNS::Topic', DependsOn: ['A'] },
      },
    },
    'Circular dependency between resources: [A, B, C]',
  ],
];

for (const [template, message] of faultyTemplates) {
  test(`a faulty template is refused: ${message}`, () => {
    assert.throws(() => deploy(parseTemplate(JSON.stringify(template)), [], place), {
      code: 'ValidationError',
      message,
    });
  });
}

test('a resource whose condition is false is not there, and what mentions it only then is fine', () => {
  const template = parseTemplate(
    JSON.stringify({
      Parameters: { Make: { Type: 'String' } },
      Conditions: { Make: { 'Fn::Equals': [{ Ref: 'Make' }, 'yes'] } },
      Resources: {
        A: { Type: 'AWS::SNS::Topic', Condition: 'Make' },
        B: {
          Type: 'AWS::SNS::Topic',
          DependsOn: 'A',
          Properties: { DisplayName: { 'Fn::If': ['Make', { Ref: 'A' }, 'none'] } },
        },
      },
    }),
  );

  const without = deploy(template, [{ key: 'Make', value: 'no' }], place);
  const withIt = deploy(template, [{ key: 'Make', value: 'yes' }], place);

  assert.deepEqual([...without.nodes.keys()], ['B']);
  assert.deepEqual(without.nodes.get('B')?.dependencies, []);
  assert.deepEqual(withIt.nodes.get('B')?.dependencies, ['A']);
});

const parameterFaults: readonly (readonly [object, string | undefined, string])[] = [
  [{ Type: 'String' }, undefined, 'Parameters: [P] must have values'],
  [{ Type: 'String', AllowedValues: ['a', 'b'] }, 'c', "Parameter 'P' must be one of AllowedValues"],
  [{ Type: 'String', AllowedPattern: '[a-z]+' }, 'a1', "Parameter 'P' must match pattern [a-z]+"],
  [
    { Type: 'String', AllowedPattern: '[a-z]+', ConstraintDescription: 'small' },
    '1',
    'Parameter P failed to satisfy constraint: small',
  ],
  [{ Type: 'String', MinLength: '3' }, 'ab', "Parameter 'P' must contain at least 3 characters"],
  [{ Type: 'Number' }, 'x', "Parameter 'P' must be a number."],
  [{ Type: 'Number', MaxValue: 5 }, '6', "Parameter 'P' must be a number not greater than 5"],
  [
    { Type: 'AWS::SSM::Parameter::Value<String>' },
    '/none',
    'Unable to fetch parameters [/none] from parameter store for this account.',
  ],
];

for (const [declaration, value, message] of parameterFaults) {
  test(`a wrong parameter is refused: ${message}`, () => {
    const template = parseTemplate(
      JSON.stringify({ Parameters: { P: declaration }, Resources: { A: { Type: 'AWS::SNS::Topic' } } }),
    );
    const inputs = value === undefined ? [] : [{ ParameterKey: 'P', ParameterValue: value }];

    assert.throws(() => resolveParameters(template, inputs, [], call), { code: 'ValidationError', message });
  });
}

test('a parameter of the parameter store keeps its name and takes the value of now', () => {
  const template = parseTemplate(
    JSON.stringify({
      Parameters: { Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/image' } },
      Resources: { A: { Type: 'AWS::SNS::Topic' } },
    }),
  );

  const given = resolveParameters(
    template,
    [{ ParameterKey: 'Image', UsePreviousValue: true }],
    [{ key: 'Image', value: '/image', resolvedValue: 'ami-old' }],
    call,
  );

  assert.deepEqual(given, [{ key: 'Image', value: '/image', resolvedValue: 'ami-0123' }]);
});

test('a rule that does not hold refuses the parameters', () => {
  const rules = {
    CheckVersion: {
      Assertions: [
        {
          Assert: { 'Fn::Not': [{ 'Fn::Contains': [['1', '2'], { Ref: 'Version' }] }] },
          AssertDescription: 'too old',
        },
      ],
    },
  };

  checkRules(rules, [], { ...scope, ref: () => '33' });
  assert.throws(() => checkRules(rules, [], { ...scope, ref: () => '2' }), { message: /too old/ });
});

test('properties take the type of their schema, and what does not fit is told', () => {
  const schema = findSchema('AWS::EC2::Subnet');
  assert.ok(schema);

  const good = checkProperties({ VpcId: 'v', MapPublicIpOnLaunch: 'true', Ipv4NetmaskLength: '24' }, schema);
  const bad = checkProperties({ MapPublicIpOnLaunch: 'maybe', Tags: [{ Key: 1, Oops: 2 }], Foo: 1 }, schema);

  assert.deepEqual(good, {
    properties: { VpcId: 'v', MapPublicIpOnLaunch: true, Ipv4NetmaskLength: 24 },
    problems: [],
  });
  assert.deepEqual(bad.problems, [
    '#: required key [VpcId] not found',
    '#: extraneous key [Foo] is not permitted',
    '#/MapPublicIpOnLaunch: expected type: Boolean, found: String',
    '#/Tags/0: extraneous key [Oops] is not permitted',
  ]);
});

test('dynamic references are replaced inside texts, a secret by its ARN and JSON key', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:db-AbCdEf';

  const resolved = resolveDynamic(
    {
      Password: `{{resolve:secretsmanager:${arn}:SecretString:password::}}`,
      Texts: ['id {{resolve:secretsmanager:db:SecretString:id}}', '{{resolve:ssm:/image}}'],
    },
    call,
  );

  assert.deepEqual(resolved, { Password: 'p:w', Texts: ['id db', 'ami-0123'] });
});

const urls: readonly (readonly [string, { bucket: string; key: string } | undefined])[] = [
  ['http://127.0.0.1:5620/assets/a.json', { bucket: 'assets', key: 'a.json' }],
  ['https://s3.eu-west-3.amazonaws.com/assets/x/a.json', { bucket: 'assets', key: 'x/a.json' }],
  ['https://assets.s3.eu-west-3.amazonaws.com/x/a%20b.json', { bucket: 'assets', key: 'x/a b.json' }],
  ['https://my.assets.s3.amazonaws.com/a', { bucket: 'my.assets', key: 'a' }],
  ['ftp://host/b/k', undefined],
  ['http://127.0.0.1/only', undefined],
];

for (const [url, expected] of urls) {
  test(`${url} names ${expected ? `${expected.key} in ${expected.bucket}` : 'no object'}`, () => {
    assert.deepEqual(parseObjectUrl(url), expected);
  });
}
