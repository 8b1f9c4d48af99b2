import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { unlessMissing } from '#/services/iam/provider-help.ts';
import { withStackTags } from '#/services/stack-tags.ts';

/** AWS::SNS::Topic */
interface TopicProperties {
  readonly TopicName?: string;
  readonly Subscription?: readonly unknown[];
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
}

/** Properties that are attributes of the same name. */
const attributeNames = [
  'ArchivePolicy',
  'ContentBasedDeduplication',
  'DataProtectionPolicy',
  'DisplayName',
  'FifoThroughputScope',
  'FifoTopic',
  'KmsMasterKeyId',
  'SignatureVersion',
  'TracingConfig',
];

export const topicProvider: ResourceProvider = {
  type: 'AWS::SNS::Topic',
  create(properties, context) {
    const { TopicName, Subscription = [], Tags = [] } = read(properties);
    if (Subscription.length > 0)
      throw new AwsError('InvalidParameter', 'Subscriptions are not implemented by this region');
    const suffix = String(properties['FifoTopic']) === 'true' ? '.fifo' : '';
    const { TopicArn = '' } = context.call.sns.CreateTopic({
      Name: TopicName ?? context.physicalName(256 - suffix.length) + suffix,
      Attributes: attributesOf(properties),
      Tags: withStackTags(context, Tags),
    });
    return TopicArn;
  },
  stability: () => ({ state: 'stable' }),
  update(TopicArn, properties, previous, { call }) {
    const wanted = attributesOf(properties);
    const before = attributesOf(previous);
    for (const AttributeName of new Set([...Object.keys(wanted), ...Object.keys(before)])) {
      const AttributeValue = wanted[AttributeName] ?? '';
      if (AttributeValue !== (before[AttributeName] ?? ''))
        call.sns.SetTopicAttributes({ TopicArn, AttributeName, AttributeValue });
    }
    const { Tags = [] } = read(properties);
    const removed = (read(previous).Tags ?? []).filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
    if (removed.length > 0)
      call.sns.UntagResource({ ResourceArn: TopicArn, TagKeys: removed.map(({ Key }) => Key) });
    if (Tags.length > 0) call.sns.TagResource({ ResourceArn: TopicArn, Tags: [...Tags] });
    return TopicArn;
  },
  delete(TopicArn, { call }) {
    call.sns.DeleteTopic({ TopicArn });
  },
  attributes: (TopicArn) => ({ TopicArn, TopicName: TopicArn.slice(TopicArn.lastIndexOf(':') + 1) }),
};

/** A policy on topics; it is what their `Policy` attribute says. */
export const topicPolicyProvider: ResourceProvider = {
  type: 'AWS::SNS::TopicPolicy',
  create(properties, context) {
    setPolicies(properties, context);
    return context.physicalName(128);
  },
  stability: () => ({ state: 'stable' }),
  update(id, properties, _previous, context) {
    setPolicies(properties, context);
    return id;
  },
  delete: () => undefined,
  attributes: (Id) => ({ Id }),
};

function setPolicies(properties: Properties, { call }: ProviderContext): void {
  // The engine has validated the properties against the type's schema.
  const { PolicyDocument, Topics } = properties as { PolicyDocument: unknown; Topics: readonly string[] };
  for (const TopicArn of Topics) {
    const AttributeValue = textOf(PolicyDocument);
    unlessMissing(() => call.sns.SetTopicAttributes({ TopicArn, AttributeName: 'Policy', AttributeValue }));
  }
}

function read(properties: Properties): TopicProperties {
  return properties; // validated against the type's schema
}

function attributesOf(properties: Properties): Record<string, string> {
  return Object.fromEntries(
    attributeNames.flatMap((name) =>
      properties[name] === undefined ? [] : [[name, textOf(properties[name])] as const],
    ),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
