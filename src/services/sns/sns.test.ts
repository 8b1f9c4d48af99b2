import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drivers } from '#/drivers/drivers.ts';
import { systemClock } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { createRegion, servicePrincipal } from '#/region.ts';
import { snsService } from '#/services/sns/service.ts';
import { Store } from '#/store/store.ts';

const topicArn = 'arn:aws:sns:eu-west-3:123456789012:alerts';

function simSns() {
  const account = '123456789012';
  const region = createRegion({
    store: new Store(':memory:', systemClock),
    clock: systemClock,
    random: seededRandom(7),
    region: 'eu-west-3',
    account,
    publicPool: '198.18.7.0/24',
    drivers: {} as Drivers, // SNS uses none
    services: () => [snsService()],
  });
  return region.callAs(servicePrincipal(account)).sns;
}

test('making the same topic again answers the topic, making another of its name fails', () => {
  const sns = simSns();
  const made = sns.CreateTopic({ Name: 'alerts', Attributes: { DisplayName: 'Alerts' } });

  const again = sns.CreateTopic({ Name: 'alerts', Attributes: { DisplayName: 'Alerts' } });

  assert.equal(made.TopicArn, topicArn);
  assert.equal(again.TopicArn, topicArn);
  assert.throws(() => sns.CreateTopic({ Name: 'alerts', Attributes: { DisplayName: 'Other' } }), {
    code: 'InvalidParameter',
    message: 'Invalid parameter: Attributes Reason: Topic already exists with different attributes',
  });
});

test('a topic that is deleted is gone, and deleting it again succeeds', () => {
  const sns = simSns();
  sns.CreateTopic({ Name: 'alerts' });

  sns.DeleteTopic({ TopicArn: topicArn });
  sns.DeleteTopic({ TopicArn: topicArn });

  assert.deepEqual(sns.ListTopics({}).Topics, []);
  assert.throws(() => sns.GetTopicAttributes({ TopicArn: topicArn }), { code: 'NotFound', status: 404 });
});

test('the name of a FIFO topic ends with .fifo, that of another has no dot', () => {
  const sns = simSns();

  assert.throws(() => sns.CreateTopic({ Name: 'alerts', Attributes: { FifoTopic: 'true' } }), {
    code: 'InvalidParameter',
  });
  assert.throws(() => sns.CreateTopic({ Name: 'alerts.fifo' }), { code: 'InvalidParameter' });
  assert.equal(
    sns.CreateTopic({ Name: 'alerts.fifo', Attributes: { FifoTopic: 'true' } }).TopicArn,
    `${topicArn}.fifo`,
  );
});
