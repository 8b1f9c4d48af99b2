import type { ResourceProvider } from '#/services/contract.ts';
import { templateTags, toInput, unlessMissing, withTextPorts } from '#/services/elbv2/template.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

type CreateInput = InputOf<Elbv2Api, 'CreateListener'>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listener.html */
export const listenerProvider: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::Listener',

  create(properties, context) {
    const tags = templateTags(properties, context);
    const input = toInput<CreateInput>(properties, ['LoadBalancerArn', 'Port', 'Protocol', 'DefaultActions']);
    const { Listeners } = context.call.elbv2.CreateListener({
      ...input,
      LoadBalancerArn: input.LoadBalancerArn ?? '',
      DefaultActions: withTextPorts(input.DefaultActions ?? []),
      ...(tags ? { Tags: tags } : {}),
    });
    return Listeners?.[0]?.ListenerArn ?? '';
  },

  stability: () => ({ state: 'stable' }),

  update(arn, properties, _previous, context) {
    const input = toInput<CreateInput>(properties, ['Port', 'Protocol', 'DefaultActions']);
    context.call.elbv2.ModifyListener({
      ...input,
      ListenerArn: arn,
      DefaultActions: withTextPorts(input.DefaultActions ?? []),
    });
    return arn;
  },

  delete(arn, context) {
    unlessMissing(() => context.call.elbv2.DeleteListener({ ListenerArn: arn }));
  },

  attributes: (arn) => ({ ListenerArn: arn }),
};
