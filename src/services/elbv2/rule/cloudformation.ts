import type { ResourceProvider } from '#/services/contract.ts';
import { toInput, unlessMissing, withTextPorts } from '#/services/elbv2/template.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

type CreateInput = InputOf<Elbv2Api, 'CreateRule'>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html */
export const ruleProvider: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::ListenerRule',

  create(properties, context) {
    const input = toInput<CreateInput>(properties, ['ListenerArn', 'Priority', 'Conditions', 'Actions']);
    const { Rules } = context.call.elbv2.CreateRule({
      ListenerArn: input.ListenerArn ?? '',
      Priority: input.Priority ?? 0,
      Conditions: input.Conditions ?? [],
      Actions: withTextPorts(input.Actions ?? []),
    });
    return Rules?.[0]?.RuleArn ?? '';
  },

  stability: () => ({ state: 'stable' }),

  update(arn, properties, _previous, context) {
    const input = toInput<CreateInput>(properties, ['Priority', 'Conditions', 'Actions']);
    context.call.elbv2.ModifyRule({
      RuleArn: arn,
      Conditions: input.Conditions ?? [],
      Actions: withTextPorts(input.Actions ?? []),
    });
    if (input.Priority !== undefined)
      context.call.elbv2.SetRulePriorities({ RulePriorities: [{ RuleArn: arn, Priority: input.Priority }] });
    return arn;
  },

  delete(arn, context) {
    unlessMissing(() => context.call.elbv2.DeleteRule({ RuleArn: arn }));
  },

  attributes: (arn) => ({ RuleArn: arn, IsDefault: false }),
};
