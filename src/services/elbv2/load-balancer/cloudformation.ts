import { AwsError } from '#/lib/aws-error.ts';
import type { Dependencies, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { toCloudFormationAttributes } from '#/services/elbv2/load-balancer/operations.ts';
import { loadBalancerType } from '#/services/elbv2/load-balancer/resource.ts';
import { retag, templateTags, toInput } from '#/services/elbv2/template.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

type CreateInput = InputOf<Elbv2Api, 'CreateLoadBalancer'>;
type AttributesInput = { LoadBalancerAttributes: { Key: string; Value: string }[] };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html */
export function loadBalancerProvider({ store }: Pick<Dependencies, 'store'>): ResourceProvider {
  return {
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',

    create(properties, context) {
      const tags = templateTags(properties, context);
      const input = toInput<CreateInput>(properties, [
        'Name',
        'Scheme',
        'Type',
        'Subnets',
        'SubnetMappings',
        'SecurityGroups',
        'IpAddressType',
      ]);
      const { LoadBalancers } = context.call.elbv2.CreateLoadBalancer({
        ...input,
        Name: input.Name ?? defaultName(context),
        ...(tags ? { Tags: tags } : {}),
      });
      const arn = LoadBalancers?.[0]?.LoadBalancerArn ?? '';
      setAttributes(arn, properties, context);
      return arn;
    },

    stability(arn) {
      const found = store.get(loadBalancerType, arn);
      if (!found) return { state: 'failed', reason: `Load balancer '${arn}' not found` };
      if (found.status.state === 'failed')
        return { state: 'failed', reason: `Load balancer '${arn}' failed to be provisioned` };
      return { state: found.status.state === 'active' ? 'stable' : 'in-progress' };
    },

    update(arn, properties, previous, context) {
      const { Subnets, SubnetMappings, SecurityGroups } = toInput<CreateInput>(properties, [
        'Subnets',
        'SubnetMappings',
        'SecurityGroups',
      ]);
      if (SecurityGroups) context.call.elbv2.SetSecurityGroups({ LoadBalancerArn: arn, SecurityGroups });
      if (Subnets) context.call.elbv2.SetSubnets({ LoadBalancerArn: arn, Subnets });
      else if (SubnetMappings) context.call.elbv2.SetSubnets({ LoadBalancerArn: arn, SubnetMappings });
      setAttributes(arn, properties, context);
      retag(arn, properties, previous, context);
      return arn;
    },

    delete(arn, context) {
      context.call.elbv2.DeleteLoadBalancer({ LoadBalancerArn: arn });
    },

    gone: (arn) => store.getAny(loadBalancerType, arn) === undefined,

    attributes(arn) {
      const found = store.get(loadBalancerType, arn);
      if (!found) throw new AwsError('LoadBalancerNotFound', `Load balancer '${arn}' not found`);
      return toCloudFormationAttributes(found);
    },
  };
}

/** A name may have 32 characters, of letters, digits and hyphens, and no hyphen at its ends. */
function defaultName(context: ProviderContext): string {
  return context
    .physicalName(32)
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

function setAttributes(
  arn: string,
  properties: Parameters<ResourceProvider['create']>[0],
  context: ProviderContext,
): void {
  const { LoadBalancerAttributes } = toInput<AttributesInput>(properties, ['LoadBalancerAttributes']);
  if (LoadBalancerAttributes)
    context.call.elbv2.ModifyLoadBalancerAttributes({
      LoadBalancerArn: arn,
      Attributes: LoadBalancerAttributes,
    });
}
