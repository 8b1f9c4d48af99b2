/** What the server answers to requests that go wrong, in each protocol's own words. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AwsError } from '#/lib/aws-error.ts';
import { expiredKey, key, startWire, temporaryKey, type Call, type WireTest } from './harness.ts';
import { send, sendForm, sendJson, type Answer } from './send.ts';

let wire: WireTest;
const calls: Call[] = [];

before(async () => {
  wire = await startWire(
    (call) => {
      calls.push(call);
      return answerOf(call);
    },
    { unbuilt: ['DescribeSubnets', 'GetParameter', 'GetBucketAcl'] },
  );
});
after(() => wire.close());

function answerOf({ operation, input }: Call): unknown {
  switch (operation) {
    case 'DescribeLoadBalancers':
      throw new AwsError('LoadBalancerNotFoundException', `One or more load balancers not found`);
    case 'DeleteParameter':
      throw new AwsError('ParameterNotFound', '');
    case 'DescribeVpcs':
      throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${String(input['VpcIds'])}' does not exist`);
    case 'HeadBucket':
    case 'GetBucketPolicy':
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
        status: 404,
        details: { BucketName: input['Bucket'] },
      });
    case 'CreateVpc':
      throw new Error('a bug');
    case 'DescribeKeyPairs':
      return { KeyPairs: [{ KeyPairId: 'key-1', internalNote: 'x' }] };
    default:
      return {};
  }
}

const sts = 'Version=2011-06-15&Action=GetCallerIdentity';
const ec2 = 'Version=2016-11-15&Action=';

describe('who calls', () => {
  const refusals: readonly [what: string, status: number, code: string, send: () => Promise<Answer>][] = [
    ['an unsigned request', 403, 'MissingAuthenticationToken', () => send(wire, formOf(sts))],
    [
      'an unsigned JSON request',
      400,
      'MissingAuthenticationTokenException',
      () => send(wire, jsonOf('GetParameters')),
    ],
    ['an unknown key', 403, 'InvalidClientTokenId', () => sendForm(wire, 'sts', sts, { key: unknownKey })],
    [
      'an unknown key to EC2',
      401,
      'AuthFailure',
      () => sendForm(wire, 'ec2', `${ec2}DeleteVpc`, { key: unknownKey }),
    ],
    [
      'an unknown key to SSM',
      400,
      'UnrecognizedClientException',
      () => sendJson(wire, ssm('GetParameters'), '{}', { key: unknownKey }),
    ],
    [
      'an unknown key to S3',
      403,
      'InvalidAccessKeyId',
      () => send(wire, { method: 'GET' }, { service: 's3', key: unknownKey }),
    ],
    ['a wrong secret', 403, 'SignatureDoesNotMatch', () => sendForm(wire, 'sts', sts, { key: wrongSecret })],
    [
      'a wrong secret to SSM',
      400,
      'InvalidSignatureException',
      () => sendJson(wire, ssm('GetParameters'), '{}', { key: wrongSecret }),
    ],
    [
      'a wrong secret to S3',
      403,
      'SignatureDoesNotMatch',
      () => send(wire, { method: 'GET' }, { service: 's3', key: wrongSecret }),
    ],
    [
      'a wrong session token',
      403,
      'InvalidClientTokenId',
      () => sendForm(wire, 'sts', sts, { key: { ...temporaryKey, sessionToken: 'x' } }),
    ],
    ['an expired token', 403, 'ExpiredToken', () => sendForm(wire, 'sts', sts, { key: expiredKey })],
    [
      'a request of an hour ago',
      403,
      'SignatureDoesNotMatch',
      () => sendForm(wire, 'sts', sts, { at: hourAgo() }),
    ],
    [
      'an hour-old request to S3',
      403,
      'RequestTimeTooSkewed',
      () => send(wire, { method: 'GET' }, { service: 's3', at: hourAgo() }),
    ],
    [
      'an hour-old request to SSM',
      400,
      'InvalidSignatureException',
      () => sendJson(wire, ssm('GetParameters'), '{}', { at: hourAgo() }),
    ],
  ];

  for (const [what, status, code, sendIt] of refusals)
    test(`${what} is answered ${code}`, async () => {
      const answer = await sendIt();

      assert.equal(answer.status, status);
      assert.match(answer.body, new RegExp(`(<Code>|"__type":")${code}[<"]`));
    });

  test('a changed body no longer fits its signature', async () => {
    const answer = await send(
      wire,
      {
        headers: {
          ...formHeaders,
          'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        },
        body: sts,
      },
      { service: 'sts' },
    );

    assert.match(answer.body, /<Code>SignatureDoesNotMatch</);
  });

  test('the principal of the key reaches the handler, of a temporary key too', async () => {
    calls.length = 0;

    await sendForm(wire, 'sts', sts);
    await sendForm(wire, 'sts', sts, { key: temporaryKey });

    assert.deepEqual(
      calls.map(({ caller }) => caller.principal?.accessKeyId),
      [key.accessKeyId, temporaryKey.accessKeyId],
    );
  });

  test('what carries another proof may be unsigned', async () => {
    calls.length = 0;
    const action = 'Version=2011-06-15&Action=AssumeRoleWithWebIdentity';
    const parameters = 'RoleArn=arn:aws:iam::123456789012:role/x&RoleSessionName=me&WebIdentityToken=token';

    const answer = await send(wire, formOf(`${action}&${parameters}`));

    assert.equal(answer.status, 200);
    assert.equal(calls[0]?.caller.principal, undefined);
  });

  test('another authorization than a signature of AWS is refused, by S3 too', async () => {
    const headers = { authorization: 'Bearer token' };

    const s3 = await send(wire, { method: 'GET', path: '/bucket', headers });
    const query = await send(wire, { headers: { ...formHeaders, ...headers }, body: sts });

    assert.match(s3.body, /<Code>InvalidArgument<\/Code><Message>Unsupported Authorization Type</);
    assert.match(query.body, /<Code>IncompleteSignature</);
  });

  test('S3 leaves unsigned requests to its handler', async () => {
    calls.length = 0;

    await send(wire, { method: 'GET', path: '/bucket/key' });

    assert.deepEqual(calls[0]?.input, { Bucket: 'bucket', Key: 'key' });
    assert.equal(calls[0]?.caller.principal, undefined);
  });
});

describe('web pages', () => {
  const refused: readonly [what: string, headers: Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { 'sec-fetch-site': 'same-site' }],
    ['a foreign origin', { origin: 'https://example.com' }],
    ['a file', { origin: 'null' }],
    ['a name that was pointed here', { host: 'example.com' }],
    ['a name that only looks like ours', { host: 'amazonaws.com.example.com' }],
  ];
  for (const [what, headers] of refused)
    test(`a request from ${what} is refused`, async () => {
      const answer = await send(wire, { method: 'GET', path: '/bucket', headers });

      assert.equal(answer.status, 403);
      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    });

  const served = [
    'localhost',
    '[::1]',
    'bucket.localhost',
    'sts.eu-west-3.amazonaws.com',
    'b.s3.amazonaws.com',
  ];
  for (const host of served)
    test(`${host} is a name of the region`, async () => {
      const answer = await send(wire, { method: 'GET', path: '/key', headers: { host: `${host}:4566` } });

      assert.notEqual(answer.status, 403);
    });

  test('the region serves its own pages', async () => {
    const host = `127.0.0.1:${wire.port}`;
    const headers = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };

    const answer = await send(wire, { method: 'GET', path: '/bucket', headers });

    assert.equal(answer.status, 200);
  });
});

describe('operations', () => {
  test('one that is not built yet says so in its protocol', async () => {
    const query = await sendForm(wire, 'ec2', `${ec2}DescribeSubnets`);
    const json = await sendJson(wire, ssm('GetParameter'), '{"Name":"x"}');
    const rest = await send(wire, { method: 'GET', path: '/bucket', query: 'acl=' }, { service: 's3' });

    assert.deepEqual([query.status, json.status, rest.status], [501, 501, 501]);
    assert.match(
      query.body,
      /^<\?xml.*\n<Response><Errors><Error><Code>NotImplemented<\/Code><Message>ec2 DescribeSubnets is/,
    );
    assert.match(json.body, /^{"__type":"NotImplemented","message":"ssm GetParameter is/);
    assert.match(rest.body, /<Error><Code>NotImplemented<\/Code><Message>s3 GetBucketAcl is/);
  });

  test('one that AWS does not have is told as AWS tells it', async () => {
    const answers = [
      await sendForm(wire, 'ec2', `${ec2}Nonsense`),
      await sendForm(wire, 'sts', 'Version=2011-06-15&Action=Nonsense'),
      await sendForm(wire, 'sts', 'Version=2011-06-15'),
      await sendJson(wire, ssm('Nonsense'), '{}'),
      await sendJson(wire, 'NoService.Nonsense', '{}'),
      await send(wire, { method: 'PATCH', path: '/bucket' }, { service: 's3' }),
      await send(wire, { method: 'GET', path: '/nonsense' }, { service: 'fis' }),
    ];

    assert.match(
      answers[0]?.body ?? '',
      /<Code>InvalidAction<.*The action Nonsense is not valid for this web service\./,
    );
    assert.match(
      answers[1]?.body ?? '',
      /<Code>InvalidAction<.*Could not find operation Nonsense for version 2011-06-15/,
    );
    assert.match(answers[2]?.body ?? '', /<Code>MissingAction</);
    assert.match(answers[3]?.body ?? '', /"__type":"UnknownOperationException"/);
    assert.match(answers[4]?.body ?? '', /"__type":"UnknownOperationException"/);
    assert.match(answers[5]?.body ?? '', /<Code>MethodNotAllowed</);
    assert.match(answers[6]?.body ?? '', /"__type":"UnknownOperationException"/);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 400, 400, 400, 400, 405, 404],
    );
  });

  test('the classic load balancers are not taken for the new ones', async () => {
    const answer = await sendForm(
      wire,
      'elasticloadbalancing',
      'Version=2012-06-01&Action=DescribeLoadBalancers',
    );

    assert.match(answer.body, /<Code>InvalidAction</);
  });
});

describe('errors', () => {
  test('each protocol spells a modelled error its own way', async () => {
    const query = await sendForm(
      wire,
      'elasticloadbalancing',
      'Version=2015-12-01&Action=DescribeLoadBalancers',
    );
    const json = await sendJson(wire, ssm('DeleteParameter'), '{"Name":"x"}');
    const ec2Answer = await sendForm(wire, 'ec2', `${ec2}DescribeVpcs&VpcId.1=vpc-%3C1%3E`);
    const s3 = await send(wire, { method: 'GET', path: '/b', query: 'policy=' }, { service: 's3' });

    assert.match(
      query.body,
      /<Error><Type>Sender<\/Type><Code>LoadBalancerNotFound<\/Code><Message>One or more/,
    );
    assert.deepEqual([json.status, json.body], [400, '{"__type":"ParameterNotFound","message":""}']);
    assert.match(ec2Answer.body, /<Message>The vpc ID 'vpc-&lt;1&gt;' does not exist|&#x27;/);
    assert.match(s3.body, /<Code>NoSuchBucket<\/Code>.*<BucketName>b<\/BucketName><RequestId>/);
    assert.equal(s3.status, 404);
  });

  test('a client in query mode is told the query code', async () => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.SetAlarmState',
      'x-amzn-query-mode': 'true',
    };

    const answer = await send(wire, { headers, body: '{}' }, { service: 'monitoring' });

    assert.equal(answer.headers['x-amzn-query-error'], 'ValidationError;Sender');
  });

  test('a HEAD request is answered by its status alone', async () => {
    const answer = await send(wire, { method: 'HEAD', path: '/bucket' }, { service: 's3' });

    assert.equal(answer.status, 404);
    assert.equal(answer.body, '');
  });

  test('our own bugs are told by request id to both sides', async () => {
    wire.errors.length = 0;

    const answer = await sendForm(wire, 'ec2', `${ec2}CreateVpc`);

    assert.equal(answer.status, 500);
    assert.match(answer.body, /<Code>InternalError<.*<RequestID>[0-9a-f-]{36}</);
    assert.match(String(wire.errors), /a bug/);
  });

  test('an output with a member that AWS does not have is a bug', async () => {
    wire.errors.length = 0;

    const answer = await sendForm(wire, 'ec2', `${ec2}DescribeKeyPairs`);

    assert.equal(answer.status, 500);
    assert.match(String(wire.errors), /KeyPairInfo has no member internalNote/);
  });
});

describe('inputs', () => {
  const invalid: readonly [what: string, code: string, message: string, send: () => Promise<Answer>][] = [
    [
      'a missing EC2 parameter',
      'MissingParameter',
      'The request must contain the parameter VpcId',
      () => sendForm(wire, 'ec2', `${ec2}DeleteVpc`),
    ],
    [
      'an unknown EC2 parameter',
      'UnknownParameter',
      'The parameter Foo.1.Bar is not recognized',
      () => sendForm(wire, 'ec2', `${ec2}DeleteVpc&VpcId=v&Foo.1.Bar=x`),
    ],
    [
      'no integer for EC2',
      'InvalidParameterValue',
      "Invalid value 'x' for MaxResults. Expecting an integer.",
      () => sendForm(wire, 'ec2', `${ec2}DescribeInstances&MaxResults=x`),
    ],
    [
      'an EC2 enum',
      'InvalidParameterValue',
      'Value (x) for parameter InstanceTenancy is invalid.',
      () => sendForm(wire, 'ec2', `${ec2}CreateVpc&InstanceTenancy=x`),
    ],
    [
      'a missing RDS parameter',
      'MissingParameter',
      'The request must contain the parameter DBInstanceIdentifier.',
      () => sendForm(wire, 'rds', 'Version=2014-10-31&Action=DeleteDBInstance'),
    ],
    [
      'a query constraint',
      'ValidationError',
      "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
      () => sendForm(wire, 'iam', 'Version=2010-05-08&Action=CreateUser&UserName=a%20b'),
    ],
    [
      'two constraints',
      'ValidationException',
      "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'x' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, String, StringList]",
      () => sendJson(wire, ssm('PutParameter'), '{"Name":"","Value":"x","Type":"x"}'),
    ],
    [
      'broken JSON',
      'SerializationException',
      'the body should be of type JSON and is not JSON',
      () => sendJson(wire, ssm('PutParameter'), '{'),
    ],
    [
      'a JSON number for a string',
      'SerializationException',
      'Name should be of type string and is number',
      () => sendJson(wire, ssm('PutParameter'), '{"Name":1}'),
    ],
    [
      'a broken escape',
      'MalformedQueryString',
      'The query string contains a syntax error.',
      () => sendForm(wire, 'sts', 'Action=%zz'),
    ],
    [
      'no integer for S3',
      'InvalidArgument',
      'Provided max-keys not an integer or within integer range',
      () => send(wire, { method: 'GET', path: '/b', query: 'max-keys=x' }, { service: 's3' }),
    ],
    [
      'broken XML',
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
      () =>
        send(wire, { method: 'PUT', path: '/b', query: 'tagging=', body: '<Tagging>' }, { service: 's3' }),
    ],
    [
      'XML without what is required',
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
      () =>
        send(wire, { method: 'PUT', path: '/b', query: 'tagging=', body: '<Tagging/>' }, { service: 's3' }),
    ],
  ];
  for (const [what, code, message, sendIt] of invalid)
    test(`${what} is answered ${code}`, async () => {
      const answer = await sendIt();

      assert.equal(answer.status, 400);
      assert.ok(answer.body.includes(code), answer.body);
      assert.ok(answer.body.replaceAll('&#x27;', "'").includes(message), answer.body);
    });

  test('a secret value is not repeated', async () => {
    const answer = await sendForm(
      wire,
      'iam',
      'Version=2010-05-08&Action=CreateLoginProfile&UserName=me&Password=',
    );

    assert.match(answer.body, /Value at &#x27;password&#x27;|Value at 'password'/);
  });

  test('names that mean something to JavaScript are data', async () => {
    calls.length = 0;

    await sendJson(
      wire,
      ssm('PutParameter'),
      '{"Name":"a","Value":"x","__proto__":{"Overwrite":true},"constructor":1}',
    );

    assert.deepEqual(calls[0]?.input, { Name: 'a', Value: 'x' });
  });

  test('a body beyond the bound is refused before it is read', async () => {
    const answer = await send(
      wire,
      { headers: { ...formHeaders, 'content-length': '17000000', expect: '100-continue' } },
      { service: 'sts' },
    );

    assert.equal(answer.status, 413);
  });
});

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };
const unknownKey = { accessKeyId: 'AKIDUNKNOWN', secretAccessKey: 'x' };
const wrongSecret = { ...key, secretAccessKey: 'wrong' };

function formOf(body: string): { headers: Record<string, string>; body: string } {
  return { headers: formHeaders, body };
}

function jsonOf(operation: string): { headers: Record<string, string>; body: string } {
  return {
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': ssm(operation) },
    body: '{}',
  };
}

function ssm(operation: string): string {
  return `AmazonSSM.${operation}`;
}

function hourAgo(): Date {
  return new Date(Date.now() - 3_600_000);
}
