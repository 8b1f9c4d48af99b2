import { anyType, type Service } from '#/services/contract.ts';
import { topicPolicyProvider, topicProvider } from '#/services/sns/topic/cloudformation.ts';
import { topicOperations } from '#/services/sns/topic/operations.ts';
import { topicType } from '#/services/sns/topic/resource.ts';

/** Topics, as things to name and configure. Publishing and subscriptions are not there, so nothing has an effect. */
export function snsService(): Service<'sns'> {
  return {
    name: 'sns',
    operations: topicOperations,
    // The names of the operations above.
    metadataOnly: Object.keys(topicOperations) as (keyof typeof topicOperations)[],
    types: [anyType(topicType)],
    controllers: [],
    providers: [topicProvider, topicPolicyProvider],
  };
}
