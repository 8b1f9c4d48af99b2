import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { testRegion, type TestRegion } from '#/services/cloudformation/testing.ts';

const bootstrapTemplate = new URL(
  '../../../../node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml',
  import.meta.url,
);

const network = {
  Resources: {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', EnableDnsSupport: 'true' } },
    Subnet: {
      Type: 'AWS::EC2::Subnet',
      Properties: {
        VpcId: { Ref: 'Vpc' },
        CidrBlock: { 'Fn::Select': [0, { 'Fn::Cidr': [{ 'Fn::GetAtt': ['Vpc', 'CidrBlock'] }, 4, 8] }] },
      },
    },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::Sub': '${AWS::StackName}' } } },
  },
  Outputs: { SubnetId: { Value: { Ref: 'Subnet' } } },
};

async function eventsOf(testing: TestRegion, stackName: string): Promise<string[]> {
  const { StackEvents: events = [] } = await testing.call('DescribeStackEvents', { StackName: stackName });
  return events
    .toReversed()
    .map((event) =>
      [event.LogicalResourceId, event.ResourceStatus, event.ResourceStatusReason]
        .filter((part) => part !== undefined)
        .join(' '),
    );
}

test('a change set makes the resources in the order of their references', async () => {
  const testing = testRegion();
  testing.behaviours.set('Vpc', { createDelayMs: 500 });

  await testing.call('CreateChangeSet', {
    StackName: 'net',
    ChangeSetName: 'first',
    ChangeSetType: 'CREATE',
    TemplateBody: JSON.stringify(network),
  });
  const changeSet = await testing.call('DescribeChangeSet', { StackName: 'net', ChangeSetName: 'first' });
  await testing.call('ExecuteChangeSet', { StackName: 'net', ChangeSetName: 'first' });
  const status = await testing.settled('net');

  assert.equal(changeSet.Status, 'CREATE_COMPLETE');
  assert.deepEqual(
    changeSet.Changes?.map(({ ResourceChange: change }) => `${change?.Action} ${change?.LogicalResourceId}`),
    ['Add Vpc', 'Add Subnet', 'Add Topic'],
  );
  assert.equal(status, 'CREATE_COMPLETE');
  const { Stacks: [stack] = [] } = await testing.call('DescribeStacks', { StackName: 'net' });
  const subnet = testing.world().find(({ spec }) => spec.logicalId === 'Subnet');
  const vpc = testing.world().find(({ spec }) => spec.logicalId === 'Vpc');
  assert.deepEqual(stack?.Outputs, [{ OutputKey: 'SubnetId', OutputValue: subnet?.id }]);
  assert.deepEqual(subnet?.spec.properties, { VpcId: vpc?.id, CidrBlock: '10.0.0.0/24' });
  assert.deepEqual(vpc?.spec.properties, { CidrBlock: '10.0.0.0/16', EnableDnsSupport: true });
  assert.deepEqual(await eventsOf(testing, 'net'), [
    'net REVIEW_IN_PROGRESS User Initiated',
    'net CREATE_IN_PROGRESS User Initiated',
    'Vpc CREATE_IN_PROGRESS',
    'Vpc CREATE_IN_PROGRESS Resource creation Initiated',
    'Topic CREATE_IN_PROGRESS',
    'Topic CREATE_IN_PROGRESS Resource creation Initiated',
    'Topic CREATE_COMPLETE',
    'Vpc CREATE_COMPLETE',
    'Subnet CREATE_IN_PROGRESS',
    'Subnet CREATE_IN_PROGRESS Resource creation Initiated',
    'Subnet CREATE_COMPLETE',
    'net CREATE_COMPLETE',
  ]);
});

test('a deleted stack takes its resources with it and stays readable by its ARN', async () => {
  const testing = testRegion();
  const { StackId: id = '' } = await testing.call('CreateStack', {
    StackName: 'net',
    TemplateBody: JSON.stringify(network),
  });
  await testing.settled('net');

  await testing.call('DeleteStack', { StackName: 'net' });
  const status = await testing.settled(id);

  assert.equal(status, 'DELETE_COMPLETE');
  assert.deepEqual(testing.world(), []);
  await assert.rejects(testing.call('DescribeStacks', { StackName: 'net' }), {
    code: 'ValidationError',
    message: 'Stack with id net does not exist',
  });
});

test('a resource that cannot be made takes the others back', async () => {
  const testing = testRegion();
  testing.behaviours.set('Topic', { createDelayMs: 60_000 });
  testing.behaviours.set('Subnet', { refuses: true });

  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  const status = await testing.settled('net');

  assert.equal(status, 'ROLLBACK_COMPLETE');
  assert.deepEqual(testing.world(), []);
  const events = await eventsOf(testing, 'net');
  assert.ok(
    events.some((event) =>
      event.startsWith('Subnet CREATE_FAILED Resource handler returned message: "Subnet is refused'),
    ),
  );
  assert.ok(events.includes('Topic CREATE_FAILED Resource creation cancelled'));
  assert.ok(
    events.includes(
      'net ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Topic, Subnet]. Rollback requested by user.',
    ),
  );
});

test('a property that the type does not have fails the resource in the words of AWS', async () => {
  const testing = testRegion();
  const template = { Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { Foo: 1 } } } };

  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(template) });
  await testing.settled('net');

  assert.ok(
    (await eventsOf(testing, 'net')).includes(
      'Vpc CREATE_FAILED Properties validation failed for resource Vpc with message:\n#: extraneous key [Foo] is not permitted',
    ),
  );
});

test('an update changes in place what may be, replaces what must be, and removes what is no longer there', async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  await testing.settled('net');
  const before = new Map(testing.world().map(({ id, spec }) => [spec.logicalId, id]));
  const { Vpc: vpc, Subnet: subnet } = network.Resources;
  const changed = {
    ...network,
    Resources: {
      Vpc: { ...vpc, Properties: { ...vpc.Properties, EnableDnsSupport: 'false' } },
      Subnet: { ...subnet, Properties: { ...subnet.Properties, CidrBlock: '10.0.9.0/24' } },
    },
  };

  await testing.call('UpdateStack', { StackName: 'net', TemplateBody: JSON.stringify(changed) });
  const status = await testing.settled('net');

  assert.equal(status, 'UPDATE_COMPLETE');
  const after = new Map(
    testing.world().map(({ id, spec }) => [spec.logicalId, { id, properties: spec.properties }]),
  );
  assert.deepEqual([...after.keys()].toSorted(), ['Subnet', 'Vpc']);
  assert.equal(after.get('Vpc')?.id, before.get('Vpc'));
  assert.equal(after.get('Vpc')?.properties['EnableDnsSupport'], false);
  assert.notEqual(after.get('Subnet')?.id, before.get('Subnet'));
});

test('a failed update takes everything back to what it was', async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  await testing.settled('net');
  const before = testing.world();
  const { Vpc: vpc, Subnet: subnet } = network.Resources;
  const changed = {
    ...network,
    Resources: {
      Vpc: { ...vpc, Properties: { ...vpc.Properties, EnableDnsSupport: 'false' } },
      Subnet: { ...subnet, Properties: { ...subnet.Properties, CidrBlock: '10.0.9.0/24' } },
      Late: { Type: 'AWS::SNS::Topic', DependsOn: 'Subnet' },
    },
  };
  testing.behaviours.set('Late', { fails: true });

  await testing.call('UpdateStack', { StackName: 'net', TemplateBody: JSON.stringify(changed) });
  const status = await testing.settled('net');

  assert.equal(status, 'UPDATE_ROLLBACK_COMPLETE');
  const shape = (world: typeof before) => world.map(({ id, spec }) => ({ id, properties: spec.properties }));
  assert.deepEqual(shape(testing.world()), shape(before));
  const { TemplateBody: body } = await testing.call('GetTemplate', { StackName: 'net' });
  assert.equal(body, JSON.stringify(network));
});

test('an unchanged template is no update, by stack and by change set', async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  await testing.settled('net');

  const update = testing.call('UpdateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  await assert.rejects(update, { code: 'ValidationError', message: 'No updates are to be performed.' });
  await testing.call('CreateChangeSet', {
    StackName: 'net',
    ChangeSetName: 'same',
    TemplateBody: JSON.stringify(network),
  });
  const changeSet = await testing.call('DescribeChangeSet', { StackName: 'net', ChangeSetName: 'same' });

  assert.equal(changeSet.Status, 'FAILED');
  assert.match(changeSet.StatusReason ?? '', /^The submitted information didn't contain changes\./);
});

test('the bootstrap template of the CDK deploys', async () => {
  const testing = testRegion();
  const body = readFileSync(bootstrapTemplate, 'utf8');

  await testing.call('CreateStack', {
    StackName: 'CDKToolkit',
    TemplateBody: body,
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    Parameters: [
      { ParameterKey: 'FileAssetsBucketKmsKeyId', ParameterValue: 'AWS_MANAGED_KEY' },
      { ParameterKey: 'TrustedAccounts', ParameterValue: '' },
    ],
  });
  const status = await testing.settled('CDKToolkit');

  assert.equal(status, 'CREATE_COMPLETE', (await eventsOf(testing, 'CDKToolkit')).join('\n'));
});

const changedNetwork = {
  ...network,
  Resources: {
    ...network.Resources,
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', EnableDnsSupport: 'false' } },
    Late: { Type: 'AWS::SNS::Topic', DependsOn: 'Subnet' },
  },
};

test('a rollback that failed goes on when it is told to', async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  await testing.settled('net');
  testing.behaviours.set('Late', { fails: true, createDelayMs: 1_000 });
  await testing.call('UpdateStack', { StackName: 'net', TemplateBody: JSON.stringify(changedNetwork) });
  while (!(await eventsOf(testing, 'net')).includes('Vpc UPDATE_COMPLETE')) {
    await new Promise((resolve) => setImmediate(resolve));
    testing.clock.step();
  }
  testing.behaviours.set('Vpc', { refusesUpdate: true });

  const failed = await testing.settled('net');
  testing.behaviours.delete('Vpc');
  await testing.call('ContinueUpdateRollback', { StackName: 'net' });
  const continued = await testing.settled('net');

  assert.equal(failed, 'UPDATE_ROLLBACK_FAILED');
  assert.equal(continued, 'UPDATE_ROLLBACK_COMPLETE');
  const vpc = testing.world().find(({ spec }) => spec.logicalId === 'Vpc');
  assert.equal(vpc?.spec.properties['EnableDnsSupport'], true);
});

test('an update that was left as it failed can be rolled back, or mended by another one', async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'net', TemplateBody: JSON.stringify(network) });
  await testing.settled('net');
  const before = testing.world().map(({ id }) => id);
  testing.behaviours.set('Late', { refuses: true });
  const update = { StackName: 'net', TemplateBody: JSON.stringify(changedNetwork), DisableRollback: true };

  await testing.call('UpdateStack', update);
  const failed = await testing.settled('net');
  await testing.call('UpdateStack', update);
  const failedAgain = await testing.settled('net');
  await testing.call('RollbackStack', { StackName: 'net' });
  const rolledBack = await testing.settled('net');

  assert.equal(failed, 'UPDATE_FAILED');
  assert.equal(failedAgain, 'UPDATE_FAILED');
  assert.equal(rolledBack, 'UPDATE_ROLLBACK_COMPLETE');
  assert.deepEqual(
    testing
      .world()
      .map(({ id }) => id)
      .toSorted(),
    before.toSorted(),
  );
  const vpc = testing.world().find(({ spec }) => spec.logicalId === 'Vpc');
  assert.equal(vpc?.spec.properties['EnableDnsSupport'], true);
});
