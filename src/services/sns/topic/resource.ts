import { AwsError } from '#/lib/aws-error.ts';
import { resourceType, type Resource } from '#/store/resource.ts';

/** A topic; its id in the store is its ARN. Nothing is published to it yet: it is there for what names it. */
export type Topic = Resource<'AWS::SNS::Topic', TopicSpec, null>;

export interface TopicSpec {
  readonly name: string;
  /** As given, without what SNS adds when it shows them. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const topicType = resourceType<Topic>('AWS::SNS::Topic');

// https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
export const topicNotFound = (): AwsError =>
  new AwsError('NotFound', 'Topic does not exist', { status: 404 });
export const tagTargetNotFound = (): AwsError =>
  new AwsError('ResourceNotFound', 'Resource does not exist', { status: 404 });
export const invalidParameter = (detail: string): AwsError =>
  new AwsError('InvalidParameter', `Invalid parameter: ${detail}`);
