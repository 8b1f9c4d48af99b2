import { randomText } from '#/lib/random.ts';
import type { ResourceProvider } from '#/services/contract.ts';

/** The CDK's note of what built the template: there is nothing to make. */
export const cdkMetadataProvider: ResourceProvider = {
  type: 'AWS::CDK::Metadata',
  create: (_, { random }) => randomText(random, '0123456789abcdef', 8),
  stability: () => ({ state: 'stable' }),
  update: (physicalId) => physicalId,
  delete: () => undefined,
  attributes: () => ({}),
};

/** A place where signals would be sent; `Ref` gives its address. Until WaitCondition waits, only empty stacks use it. */
export const waitConditionHandleProvider: ResourceProvider = {
  type: 'AWS::CloudFormation::WaitConditionHandle',
  create: (_, { region, stackId, logicalId }) =>
    `https://cloudformation-waitcondition-${region}.s3.${region}.amazonaws.com/${encodeURIComponent(stackId)}/${logicalId}`,
  stability: () => ({ state: 'stable' }),
  update: (physicalId) => physicalId,
  delete: () => undefined,
  attributes: () => ({}),
};
