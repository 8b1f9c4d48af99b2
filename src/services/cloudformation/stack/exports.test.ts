import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testRegion } from '#/services/cloudformation/testing.ts';

const exporting = JSON.stringify({
  Resources: { Topic: { Type: 'AWS::SNS::Topic' } },
  Outputs: { Id: { Value: { Ref: 'Topic' }, Export: { Name: 'TheTopic' } } },
});
const importing = JSON.stringify({
  Resources: {
    User: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::ImportValue': 'TheTopic' } } },
  },
});

test('an export is found by other stacks and stays as long as one uses it', async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'from', TemplateBody: exporting });
  await testing.settled('from');
  await testing.call('CreateStack', { StackName: 'to', TemplateBody: importing });
  await testing.settled('to');

  const { Exports: exports } = await testing.call('ListExports', {});
  const { Imports: imports } = await testing.call('ListImports', { ExportName: 'TheTopic' });
  const topic = testing.world().find(({ spec }) => spec.logicalId === 'Topic');
  const user = testing.world().find(({ spec }) => spec.logicalId === 'User');

  assert.equal(exports?.[0]?.Value, topic?.id);
  assert.equal(user?.spec.properties['DisplayName'], topic?.id);
  assert.deepEqual(imports, ['to']);
  await assert.rejects(testing.call('DeleteStack', { StackName: 'from' }), {
    message: 'Export TheTopic cannot be deleted as it is in use by to',
  });
});

test("another stack's export of the same name fails the stack", async () => {
  const testing = testRegion();
  await testing.call('CreateStack', { StackName: 'from', TemplateBody: exporting });
  await testing.settled('from');
  await testing.call('CreateStack', { StackName: 'again', TemplateBody: exporting });

  assert.equal(await testing.settled('again'), 'ROLLBACK_COMPLETE');
  assert.deepEqual(
    testing.world().map(({ spec }) => spec.logicalId),
    ['Topic'],
  );
});

test('the value of a NoEcho parameter reaches the resource and no one else', async () => {
  const testing = testRegion();
  const template = {
    Parameters: { Secret: { Type: 'String', NoEcho: true } },
    Resources: {
      Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::Sub': 'x-${Secret}' } } },
    },
  };
  await testing.call('CreateStack', {
    StackName: 's',
    TemplateBody: JSON.stringify(template),
    Parameters: [{ ParameterKey: 'Secret', ParameterValue: 'hush"hush' }],
  });
  await testing.settled('s');
  const change = { StackName: 's', ChangeSetName: 'c' };
  await testing.call('CreateChangeSet', {
    ...change,
    UsePreviousTemplate: true,
    Parameters: [{ ParameterKey: 'Secret', ParameterValue: 'hush again' }],
  });

  const shown = JSON.stringify([
    await testing.call('DescribeChangeSet', { ...change, IncludePropertyValues: true }),
    await testing.call('DescribeStacks', { StackName: 's' }),
    await testing.call('DescribeStackEvents', { StackName: 's' }),
    await testing.call('DescribeStackResources', { StackName: 's' }),
  ]);

  assert.equal(testing.world()[0]?.spec.properties['DisplayName'], 'x-hush"hush');
  assert.doesNotMatch(shown, /hush/);
  assert.match(shown, /\*\*\*\*/);
});

test('a change set tells which parameter changes a property', async () => {
  const testing = testRegion();
  const TemplateBody = JSON.stringify({
    Parameters: { Title: { Type: 'String' } },
    Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { Ref: 'Title' } } } },
  });
  const change = { StackName: 's', ChangeSetName: 'c' };
  await testing.call('CreateStack', {
    StackName: 's',
    TemplateBody,
    Parameters: [{ ParameterKey: 'Title', ParameterValue: 'one' }],
  });
  await testing.settled('s');

  await testing.call('CreateChangeSet', {
    ...change,
    TemplateBody,
    Parameters: [{ ParameterKey: 'Title', ParameterValue: 'two' }],
  });

  const { Changes: changes = [] } = await testing.call('DescribeChangeSet', change);
  assert.deepEqual(
    changes[0]?.ResourceChange?.Details?.map(({ ChangeSource, CausingEntity, Evaluation }) => [
      ChangeSource,
      CausingEntity,
      Evaluation,
    ]),
    [
      ['ParameterReference', 'Title', 'Static'],
      ['DirectModification', undefined, 'Dynamic'],
    ],
  );
});

test('an executed change set can be described, is not listed, and its name is free', async () => {
  const testing = testRegion();
  const change = { StackName: 's', ChangeSetName: 'c' };
  const { Id: first } = await testing.call('CreateChangeSet', {
    ...change,
    ChangeSetType: 'CREATE',
    TemplateBody: exporting,
  });
  await testing.call('ExecuteChangeSet', change);
  await testing.settled('s');

  const described = await testing.call('DescribeChangeSet', change);
  const { Summaries: listed } = await testing.call('ListChangeSets', { StackName: 's' });
  const { Id: second } = await testing.call('CreateChangeSet', {
    ...change,
    TemplateBody: JSON.stringify({
      Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'x' } } },
    }),
  });

  assert.equal(described.ExecutionStatus, 'EXECUTE_COMPLETE');
  assert.deepEqual(listed, []);
  assert.notEqual(second, first);
});
