import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import type { LaunchTemplateData } from '#/services/ec2/launch-template/resource.ts';
import { withStackTags } from '#/services/stack-tags.ts';

/** `AWS::EC2::LaunchTemplate`: other data is another version, in place; groups that follow `LatestVersionNumber` see it. */
export const launchTemplateProvider: ResourceProvider = {
  type: 'AWS::EC2::LaunchTemplate',
  create(properties, context) {
    const tags = withStackTags(context, templateTags(properties));
    const description = versionDescription(properties);
    return (
      context.call.ec2.CreateLaunchTemplate({
        LaunchTemplateName: templateName(properties) ?? context.physicalName(128),
        LaunchTemplateData: dataOf(properties),
        ...(description === undefined ? {} : { VersionDescription: description }),
        ...(tags.length === 0
          ? {}
          : { TagSpecifications: [{ ResourceType: 'launch-template', Tags: tags }] }),
      }).LaunchTemplate?.LaunchTemplateId ?? ''
    );
  },
  stability: () => ({ state: 'stable' }),
  update(id, properties, previous, { call }) {
    const hasNewData =
      JSON.stringify(properties['LaunchTemplateData']) !== JSON.stringify(previous['LaunchTemplateData']) ||
      versionDescription(properties) !== versionDescription(previous);
    if (!hasNewData) return id;
    const description = versionDescription(properties);
    call.ec2.CreateLaunchTemplateVersion({
      LaunchTemplateId: id,
      LaunchTemplateData: dataOf(properties),
      ...(description === undefined ? {} : { VersionDescription: description }),
    });
    return id;
  },
  delete(id, { call }) {
    try {
      call.ec2.DeleteLaunchTemplate({ LaunchTemplateId: id });
    } catch (error) {
      if (!(error instanceof AwsError && error.code === 'InvalidLaunchTemplateId.NotFound')) throw error;
    }
  },
  attributes(id, { call }: ProviderContext) {
    const [template] = call.ec2.DescribeLaunchTemplates({ LaunchTemplateIds: [id] }).LaunchTemplates ?? [];
    return {
      LaunchTemplateId: id,
      LaunchTemplateName: template?.LaunchTemplateName,
      DefaultVersionNumber: String(template?.DefaultVersionNumber ?? 1),
      LatestVersionNumber: String(template?.LatestVersionNumber ?? 1),
    };
  },
};

// Below: members of properties that were checked against the resource's schema.
function templateName(properties: Properties): string | undefined {
  return properties['LaunchTemplateName'] as string | undefined;
}

function versionDescription(properties: Properties): string | undefined {
  return properties['VersionDescription'] as string | undefined;
}

function dataOf(properties: Properties): LaunchTemplateData {
  return properties['LaunchTemplateData'] as LaunchTemplateData;
}

function templateTags(properties: Properties): { Key: string; Value: string }[] {
  const specifications = (properties['TagSpecifications'] ?? []) as {
    ResourceType: string;
    Tags: { Key: string; Value: string }[];
  }[];
  return specifications
    .filter(({ ResourceType }) => ResourceType === 'launch-template')
    .flatMap(({ Tags }) => Tags);
}
