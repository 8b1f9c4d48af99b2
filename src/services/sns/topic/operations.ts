import type { Context, Handlers } from '#/services/contract.ts';
import { fromTagList, toTagList } from '#/services/iam/names.ts';
import {
  invalidParameter,
  tagTargetNotFound,
  topicNotFound,
  topicType,
  type Topic,
} from '#/services/sns/topic/resource.ts';
import type { SnsApi } from '#/wire/api/sns.ts';

const topicsPerPage = 100;

/** What may be set; the others are told by SNS. https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html */
const settable = new Set([
  'ArchivePolicy',
  'ContentBasedDeduplication',
  'DataProtectionPolicy',
  'DeliveryPolicy',
  'DisplayName',
  'FifoThroughputScope',
  'FifoTopic',
  'KmsMasterKeyId',
  'Policy',
  'SignatureVersion',
  'TracingConfig',
]);
const feedback =
  /^(Application|Firehose|HTTP|Lambda|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)$/;

/** The API of topics. */
export const topicOperations = {
  CreateTopic({ Name: name, Attributes: attributes = {}, Tags: tagList }, context) {
    const isFifo = attributes['FifoTopic'] === 'true';
    requireName(name, isFifo);
    requireSettable(Object.keys(attributes));
    const { store } = context;
    const id = `arn:aws:sns:${context.region}:${context.account}:${name}`;
    const tags = fromTagList(tagList);
    const existing = store.get(topicType, id);
    if (!existing) {
      store.create(topicType, { id, spec: { name, attributes }, status: null, tags });
      return { TopicArn: id };
    }
    const shown = shownAttributes(existing, context);
    if (Object.entries(attributes).some(([key, value]) => shown[key] !== value))
      throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
    if (tagList && JSON.stringify(toSorted(tags)) !== JSON.stringify(toSorted(existing.tags)))
      throw invalidParameter('Tags Reason: Topic already exists with different tags');
    return { TopicArn: id };
  },

  DeleteTopic({ TopicArn }, { store }) {
    const topic = store.get(topicType, TopicArn ?? '');
    if (topic) store.remove(topic);
    return {};
  },

  GetTopicAttributes({ TopicArn }, context) {
    return { Attributes: shownAttributes(requireTopic(context, TopicArn), context) };
  },

  ListTopics({ NextToken }, { store }) {
    const from = Number(NextToken ?? 0) || 0;
    const all = store.list(topicType);
    const end = from + topicsPerPage;
    return {
      Topics: all.slice(from, end).map(({ id }) => ({ TopicArn: id })),
      ...(end < all.length ? { NextToken: String(end) } : {}),
    };
  },

  ListTagsForResource({ ResourceArn }, { store }) {
    const topic = store.get(topicType, ResourceArn ?? '');
    if (!topic) throw tagTargetNotFound();
    return { Tags: toTagList(topic.tags) };
  },

  SetTopicAttributes({ TopicArn, AttributeName: name, AttributeValue: value = '' }, context) {
    const topic = requireTopic(context, TopicArn);
    requireSettable([name]);
    if (name === 'FifoTopic') throw invalidParameter('AttributeName');
    context.store.setSpec(topic, {
      ...topic.spec,
      attributes: { ...topic.spec.attributes, [name]: value },
    });
    return {};
  },

  TagResource({ ResourceArn, Tags: tagList }, { store }) {
    const topic = store.get(topicType, ResourceArn ?? '');
    if (!topic) throw tagTargetNotFound();
    const tags = { ...topic.tags, ...fromTagList(tagList) };
    if (Object.keys(tags).length > 50)
      throw invalidParameter('Tags Reason: Could not complete request: tag quota of per resource exceeded');
    store.setTags(topic, tags);
    return {};
  },

  UntagResource({ ResourceArn, TagKeys: keys }, { store }) {
    const topic = store.get(topicType, ResourceArn ?? '');
    if (!topic) throw tagTargetNotFound();
    store.setTags(
      topic,
      Object.fromEntries(Object.entries(topic.tags).filter(([key]) => !keys?.includes(key))),
    );
    return {};
  },
} satisfies Handlers<SnsApi>;

function requireTopic({ store }: Context, arn: string | undefined): Topic {
  const topic = store.get(topicType, arn ?? '');
  if (!topic) throw topicNotFound();
  return topic;
}

function requireName(name: string | undefined, isFifo: boolean): asserts name is string {
  const isValid = isFifo
    ? /^[A-Za-z0-9_-]{1,251}\.fifo$/.test(name ?? '')
    : /^[A-Za-z0-9_-]{1,256}$/.test(name ?? '');
  if (isValid) return;
  throw invalidParameter(
    isFifo
      ? 'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.'
      : 'Topic Name',
  );
}

function requireSettable(names: readonly string[]): void {
  if (names.every((name) => settable.has(name) || feedback.test(name))) return;
  throw invalidParameter('AttributeName');
}

function shownAttributes({ id, spec }: Topic, { account }: Context): Record<string, string> {
  return {
    Policy: defaultPolicy(id, account),
    EffectiveDeliveryPolicy: JSON.stringify(defaultDelivery),
    Owner: account,
    SubscriptionsConfirmed: '0',
    SubscriptionsDeleted: '0',
    SubscriptionsPending: '0',
    TopicArn: id,
    DisplayName: '',
    ...(spec.attributes['FifoTopic'] === 'true' ? { ContentBasedDeduplication: 'false' } : {}),
    ...spec.attributes,
  };
}

/** The owner may do everything. */
function defaultPolicy(topicArn: string, account: string): string {
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Effect: 'Allow',
        Sid: '__default_statement_ID',
        Principal: { AWS: '*' },
        Action: [
          'SNS:GetTopicAttributes',
          'SNS:SetTopicAttributes',
          'SNS:AddPermission',
          'SNS:RemovePermission',
          'SNS:DeleteTopic',
          'SNS:Subscribe',
          'SNS:ListSubscriptionsByTopic',
          'SNS:Publish',
        ],
        Resource: topicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': account } },
      },
    ],
  });
}

/** https://docs.aws.amazon.com/sns/latest/dg/creating-delivery-policy.html */
const defaultDelivery = {
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: 'linear',
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: 'text/plain; charset=UTF-8' },
  },
};

function toSorted(tags: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
