import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { validationError } from '#/services/elbv2/errors.ts';
import { retag, templateTags, toInput } from '#/services/elbv2/template.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

type CreateInput = InputOf<Elbv2Api, 'CreateTargetGroup'>;
type Target = { Id: string; Port?: number; AvailabilityZone?: string };
type OtherInput = { Targets: Target[]; TargetGroupAttributes: { Key: string; Value: string }[] };

const healthCheckNames = [
  'HealthCheckProtocol',
  'HealthCheckEnabled',
  'HealthCheckPath',
  'HealthCheckPort',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Matcher',
] as const;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html */
export const targetGroupProvider: ResourceProvider = {
  type: 'AWS::ElasticLoadBalancingV2::TargetGroup',

  create(properties, context) {
    const tags = templateTags(properties, context);
    const input = toInput<CreateInput>(properties, [
      ...healthCheckNames,
      'Name',
      'Port',
      'Protocol',
      'ProtocolVersion',
      'VpcId',
      'TargetType',
    ]);
    const { TargetGroups } = context.call.elbv2.CreateTargetGroup({
      ...input,
      Name: input.Name ?? defaultName(context),
      ...(tags ? { Tags: tags } : {}),
    });
    const arn = TargetGroups?.[0]?.TargetGroupArn ?? '';
    setAttributes(arn, properties, context);
    const { Targets } = toInput<OtherInput>(properties, ['Targets']);
    if (Targets && Targets.length > 0) context.call.elbv2.RegisterTargets({ TargetGroupArn: arn, Targets });
    return arn;
  },

  stability: () => ({ state: 'stable' }),

  update(arn, properties, previous, context) {
    const input = toInput<CreateInput>(properties, healthCheckNames);
    context.call.elbv2.ModifyTargetGroup({ TargetGroupArn: arn, ...input });
    setAttributes(arn, properties, context);
    setTargets(arn, properties, previous, context);
    retag(arn, properties, previous, context);
    return arn;
  },

  delete(arn, context) {
    context.call.elbv2.DeleteTargetGroup({ TargetGroupArn: arn });
  },

  attributes(arn, context) {
    const group = context.call.elbv2.DescribeTargetGroups({ TargetGroupArns: [arn] }).TargetGroups?.[0];
    if (!group) throw validationError(`Target group '${arn}' not found`);
    return {
      TargetGroupArn: arn,
      TargetGroupFullName: arn.slice(arn.indexOf('targetgroup/')),
      TargetGroupName: group.TargetGroupName,
      LoadBalancerArns: group.LoadBalancerArns ?? [],
    };
  },
};

/** A name may have 32 characters, of letters, digits and hyphens, and no hyphen at its ends. */
function defaultName(context: ProviderContext): string {
  return context
    .physicalName(32)
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

function setAttributes(arn: string, properties: Properties, { call }: ProviderContext): void {
  const { TargetGroupAttributes } = toInput<OtherInput>(properties, ['TargetGroupAttributes']);
  if (TargetGroupAttributes)
    call.elbv2.ModifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes: TargetGroupAttributes });
}

function isIn(targets: readonly Target[], { Id, Port }: Target): boolean {
  return targets.some((target) => target.Id === Id && target.Port === Port);
}

// Only what the template named is taken away: an Auto Scaling group registers targets beside it.
function setTargets(
  arn: string,
  properties: Properties,
  previous: Properties,
  { call }: ProviderContext,
): void {
  const wanted = toInput<OtherInput>(properties, ['Targets']).Targets ?? [];
  const before = toInput<OtherInput>(previous, ['Targets']).Targets ?? [];
  const added = wanted.filter((target) => !isIn(before, target));
  const removed = before.filter((target) => !isIn(wanted, target));
  if (removed.length > 0) call.elbv2.DeregisterTargets({ TargetGroupArn: arn, Targets: removed });
  if (added.length > 0) call.elbv2.RegisterTargets({ TargetGroupArn: arn, Targets: added });
}
