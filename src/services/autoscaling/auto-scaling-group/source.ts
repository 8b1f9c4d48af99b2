import type { LaunchSource } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { asValidation } from '#/services/autoscaling/auto-scaling-group/subnets.ts';
import { launchConfigurationNotFound, validationError } from '#/services/autoscaling/errors.ts';
import { launchConfigurationType } from '#/services/autoscaling/launch-configuration/resource.ts';
import type { Context } from '#/services/contract.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { AutoscalingApi } from '#/wire/api/autoscaling.ts';

type Input = Pick<
  InputOf<AutoscalingApi, 'UpdateAutoScalingGroup'>,
  'LaunchTemplate' | 'LaunchConfigurationName' | 'MixedInstancesPolicy'
>;

/** What instances are to be made from; undefined when the request says nothing of it. */
export function resolveSource(context: Context, input: Input): LaunchSource | undefined {
  const given = [input.LaunchTemplate, input.LaunchConfigurationName, input.MixedInstancesPolicy];
  if (given.filter((one) => one !== undefined).length > 1)
    throw validationError(
      'Valid requests must contain either launchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  if (input.LaunchConfigurationName !== undefined) {
    const found = context.store.get(launchConfigurationType, input.LaunchConfigurationName);
    if (!found) throw launchConfigurationNotFound();
    return { from: 'configuration', name: found.id };
  }
  const mixed = input.MixedInstancesPolicy?.LaunchTemplate;
  const template = input.LaunchTemplate ?? mixed?.LaunchTemplateSpecification;
  if (!template) return undefined;
  return resolveTemplate(context, template, mixed?.Overrides?.[0]?.InstanceType);
}

function resolveTemplate(
  { call }: Context,
  template: NonNullable<Input['LaunchTemplate']>,
  instanceType: string | undefined,
): LaunchSource {
  const { LaunchTemplateId, LaunchTemplateName, Version = '$Default' } = template;
  if ((LaunchTemplateId === undefined) === (LaunchTemplateName === undefined))
    throw validationError('Valid requests must contain either launchTemplateId or LaunchTemplateName');
  const [found] = asValidation(
    () =>
      call.ec2.DescribeLaunchTemplateVersions({
        ...(LaunchTemplateId === undefined ? {} : { LaunchTemplateId }),
        ...(LaunchTemplateName === undefined ? {} : { LaunchTemplateName }),
        Versions: [Version],
      }).LaunchTemplateVersions ?? [],
  );
  if (!found?.LaunchTemplateData?.ImageId)
    throw validationError(
      'You must use a valid fully-formed launch template. The request must contain the parameter ImageId',
    );
  return {
    from: 'template',
    id: found.LaunchTemplateId ?? '',
    name: found.LaunchTemplateName ?? '',
    version: Version,
    instanceType,
  };
}
