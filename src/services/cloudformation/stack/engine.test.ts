import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { testRegion, type Behaviour, type TestRegion } from '#/services/cloudformation/testing.ts';

/** A random stack: topics that mention earlier ones, some in a name (a change replaces), some in a text (it does not). */
interface Plan {
  readonly nodes: readonly Node[];
}
interface Node {
  readonly inText: readonly number[];
  readonly inName: readonly number[];
  readonly text: number;
  readonly name: number;
  readonly present: boolean;
  readonly retained: boolean;
}

const anyNode: fc.Arbitrary<Node> = fc.record({
  inText: fc.array(fc.nat(7), { maxLength: 2 }),
  inName: fc.array(fc.nat(7), { maxLength: 1 }),
  text: fc.nat(2),
  name: fc.nat(1),
  present: fc.boolean(),
  retained: fc.constant(false),
});
const anyPlan: fc.Arbitrary<Plan> = fc.record({ nodes: fc.array(anyNode, { minLength: 2, maxLength: 7 }) });
const trouble: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ createDelayMs: fc.nat(2_000), deleteDelayMs: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.constant({ refuses: true }) },
  { weight: 1, arbitrary: fc.constant({ fails: true }) },
  { weight: 1, arbitrary: fc.constant({ refusesUpdate: true }) },
);
const troubles = fc.array(trouble, { minLength: 7, maxLength: 7 });
const calm = fc.array(fc.record({ createDelayMs: fc.nat(1_000) }), { minLength: 7, maxLength: 7 });

function templateOf({ nodes }: Plan): string {
  const ids = new Set(nodes.flatMap(({ present }, index) => (present || index === 0 ? index : [])));
  const mentions = (items: readonly number[], index: number) =>
    items.filter((item) => item < index && ids.has(item)).map((item) => ({ Ref: `N${item}` }));
  const entries = [...ids].map((index) => {
    const { inText = [], inName = [], text = 0, name = 0 } = nodes[index] ?? {};
    return [
      `N${index}`,
      {
        Type: 'AWS::SNS::Topic',
        Properties: {
          DisplayName: { 'Fn::Join': ['+', [`text${text}`, ...mentions(inText, index)]] },
          TopicName: { 'Fn::Join': ['+', [`name${name}`, ...mentions(inName, index)]] },
        },
      },
    ];
  });
  return JSON.stringify({ Resources: Object.fromEntries(entries) });
}

function behave(behaviours: Map<string, Behaviour>, list: readonly Behaviour[]): void {
  list.forEach((behaviour, index) => behaviours.set(`N${index}`, behaviour));
}

function shapeOf(testing: TestRegion) {
  return testing
    .world()
    .map(({ id, spec }) => ({ id, properties: spec.properties }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the world should be by the template, from the physical ids that are there. */
function requireFaithful(testing: TestRegion, plan: Plan): void {
  const { Resources: resources } = JSON.parse(templateOf(plan)) as {
    Resources: Record<
      string,
      { Properties: Record<string, { 'Fn::Join': [string, (string | { Ref: string })[]] }> }
    >;
  };
  const ids = new Map(testing.world().map(({ id, spec }) => [spec.logicalId, id]));
  assert.equal(testing.world().length, ids.size, 'one of each');
  assert.deepEqual([...ids.keys()].toSorted(), Object.keys(resources).toSorted());
  for (const { spec } of testing.world()) {
    for (const [name, value] of Object.entries(resources[spec.logicalId]?.Properties ?? {})) {
      const expected = value['Fn::Join'][1].map((part) =>
        typeof part === 'string' ? part : ids.get(part.Ref),
      );
      assert.equal(spec.properties[name], expected.join('+'), `${spec.logicalId}.${name}`);
    }
  }
}

/** The history of each resource must read as one on AWS does. */
async function requireGrammar(testing: TestRegion, stackName: string): Promise<void> {
  const traces = new Map<string, string[]>();
  for (let token: string | undefined = '0'; token !== undefined;) {
    const page: {
      StackEvents?:
        | readonly { LogicalResourceId?: string | undefined; ResourceStatus?: string | undefined }[]
        | undefined;
      NextToken?: string | undefined;
    } = await testing.call('DescribeStackEvents', { StackName: stackName, NextToken: token });
    for (const { LogicalResourceId: id = '', ResourceStatus: status = '' } of page.StackEvents ?? []) {
      traces.set(id, [status, ...(traces.get(id) ?? [])]);
    }
    token = page.NextToken;
  }
  const grammar =
    /^((CREATE_IN_PROGRESS ){1,2}CREATE_(COMPLETE|FAILED) |(UPDATE_IN_PROGRESS ){1,2}UPDATE_(COMPLETE|FAILED) |DELETE_IN_PROGRESS DELETE_COMPLETE |DELETE_COMPLETE )*$/;
  for (const [id, trace] of traces) if (id !== stackName) assert.match(`${trace.join(' ')} `, grammar, id);
}

test('whatever fails, a creation ends with all of the stack or nothing of it', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlan, troubles, async (first, behaviours) => {
      const testing = testRegion();
      behave(testing.behaviours, behaviours);

      await testing.call('CreateStack', { StackName: 's', TemplateBody: templateOf(first) });
      const status = await testing.settled('s');

      if (status === 'CREATE_COMPLETE') requireFaithful(testing, first);
      else {
        assert.equal(status, 'ROLLBACK_COMPLETE');
        assert.deepEqual(testing.world(), []);
      }
      await requireGrammar(testing, 's');
      await testing.region.runtime.stop();
    }),
    { numRuns: 60 },
  );
});

test('whatever fails, an update ends with all of the new or all of the old', async () => {
  await fc.assert(
    fc.asyncProperty(anyPlan, anyPlan, calm, troubles, async (first, second, calmly, behaviours) => {
      const testing = testRegion();
      behave(testing.behaviours, calmly);
      await testing.call('CreateStack', { StackName: 's', TemplateBody: templateOf(first) });
      await testing.settled('s');
      const before = shapeOf(testing);
      behave(testing.behaviours, behaviours);

      const change = { StackName: 's', ChangeSetName: 'c' };
      await testing.call('CreateChangeSet', { ...change, TemplateBody: templateOf(second) });
      const changeSet = await testing.call('DescribeChangeSet', change);
      if (changeSet.Status === 'FAILED') {
        assert.deepEqual(changeSet.Changes, []);
        requireFaithful(testing, second);
        return;
      }
      await testing.call('ExecuteChangeSet', change);
      // An update that is not allowed to work cannot be taken back either.
      for (const [id, behaviour] of testing.behaviours) {
        if (behaviour.refusesUpdate) testing.behaviours.set(id, {});
      }
      const status = await testing.settled('s');

      if (status === 'UPDATE_COMPLETE') requireFaithful(testing, second);
      else {
        assert.equal(status, 'UPDATE_ROLLBACK_COMPLETE');
        assert.deepEqual(shapeOf(testing), before);
      }
      const predicted = new Set(
        changeSet.Changes?.map(({ ResourceChange: item }) => item?.LogicalResourceId),
      );
      const { StackEvents: events = [] } = await testing.call('DescribeStackEvents', { StackName: 's' });
      const operation = events[0]?.OperationId;
      for (const event of events) {
        if (event.OperationId !== operation || event.LogicalResourceId === 's') continue;
        assert.ok(predicted.has(event.LogicalResourceId), `${event.LogicalResourceId} was foreseen`);
      }
      await requireGrammar(testing, 's');
      await testing.region.runtime.stop();
    }),
    { numRuns: 100 },
  );
});

test('a region that dies at any moment goes on where it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 't-cfn-'));
  let run = 0;
  let seed = 1;
  try {
    await fc.assert(
      fc.asyncProperty(
        anyPlan,
        anyPlan,
        troubles,
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 5 }),
        async (first, second, behaviours, crashes) => {
          const file = join(folder, `${(run += 1)}.sqlite`);
          let testing = testRegion({ file, seed: (seed += 1) });
          const settle = async (): Promise<string> => {
            for (const transactions of [...crashes, Infinity]) {
              testing.crashAfter(transactions);
              const status = await testing.settled('s');
              if (status !== 'CRASHED') return status;
              testing = testRegion({
                file,
                now: testing.clock.now(),
                behaviours: testing.behaviours,
                seed: (seed += 1),
              });
            }
            return '';
          };
          await testing.call('CreateStack', { StackName: 's', TemplateBody: templateOf(first) });
          assert.equal(await settle(), 'CREATE_COMPLETE');
          requireFaithful(testing, first);
          const before = shapeOf(testing);
          behave(
            testing.behaviours,
            behaviours.map((behaviour) => ({ ...behaviour, refusesUpdate: false })),
          );

          testing.crashAfter(Infinity);
          const isChange = await testing
            .call('UpdateStack', { StackName: 's', TemplateBody: templateOf(second) })
            .then(
              () => true,
              () => false,
            );
          if (isChange) {
            const status = await settle();
            if (status === 'UPDATE_COMPLETE') requireFaithful(testing, second);
            else {
              assert.equal(status, 'UPDATE_ROLLBACK_COMPLETE');
              assert.deepEqual(shapeOf(testing), before);
            }
            await requireGrammar(testing, 's');
          }
          testing.crashAfter(Infinity);
          await testing.call('DeleteStack', { StackName: 's' });
          const { Stacks: [stack] = [] } = await testing.call('DescribeStacks', { StackName: 's' });
          assert.equal(stack?.StackStatus, 'DELETE_IN_PROGRESS');
          for (let settled = ''; settled !== 'DELETE_COMPLETE';) {
            settled = await testing.settled(stack?.StackId ?? '');
            assert.notEqual(settled, 'DELETE_FAILED');
          }
          assert.deepEqual(testing.world(), []);
          await testing.region.runtime.stop();
          testing.region.store.close();
        },
      ),
      { numRuns: 40 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
