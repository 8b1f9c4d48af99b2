import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { resourceType, type Resource } from '#/store/resource.ts';

/** Its id is its ARN. The default rule is the listener's own. */
export type Rule = Resource<'AWS::ElasticLoadBalancingV2::ListenerRule', RuleSpec, RuleStatus>;

export interface RuleSpec {
  readonly listenerArn: string;
  readonly priority: number;
  /** As the API spells them. */
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
}

/** The load balancer's controller makes it real; of its own it has nothing to report. */
export interface RuleStatus {}

export const ruleType = resourceType<Rule>('AWS::ElasticLoadBalancingV2::ListenerRule', {
  listenerArn: ({ spec }) => [spec.listenerArn],
});
