import type * as aws from '@aws-sdk/client-ec2';
import { resourceId } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import {
  dryRunOperation,
  instancesNotFound,
  launchTemplateNamesNotFound,
  launchTemplateNameTaken,
  launchTemplateVersionNotFound,
} from '#/services/ec2/compute-errors.ts';
import { invalidParameterValue, missingParameter } from '#/services/ec2/errors.ts';
import { describeResources, paginate } from '#/services/ec2/filters.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import { requireLaunchTemplate, requireVersion } from '#/services/ec2/launch-template/lookup.ts';
import {
  launchTemplateType,
  type LaunchTemplate,
  type LaunchTemplateData,
  type LaunchTemplateVersion,
} from '#/services/ec2/launch-template/resource.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** The API of launch templates. */
export const launchTemplateOperations = {
  CreateLaunchTemplate(input, context) {
    const { store, random } = context;
    const { LaunchTemplateName: name, LaunchTemplateData: data } = input;
    const repeated =
      input.ClientToken === undefined
        ? undefined
        : store.listBy(launchTemplateType, 'clientToken', input.ClientToken)[0];
    if (repeated) return { LaunchTemplate: toOutput(repeated) };
    if (!/^[\w().\-/]{3,128}$/.test(name))
      throw invalidParameterValue(
        `Invalid launch template name. A launch template name must be between 3 and 128 characters, ` +
          `and may contain letters, numbers, and the following characters: - ( ) . / _.`,
      );
    if (store.listBy(launchTemplateType, 'name', name).length > 0) throw launchTemplateNameTaken();
    if (input.DryRun) throw dryRunOperation();
    const template = store.create(launchTemplateType, {
      id: resourceId('lt', random),
      spec: {
        name,
        defaultVersion: 1,
        latestVersion: 1,
        versions: [versionOf(context, 1, data, input.VersionDescription)],
        createdBy: context.principal.arn,
        clientToken: input.ClientToken,
      },
      status: {},
      tags: tagsOfSpecifications(input.TagSpecifications, 'launch-template'),
    });
    return { LaunchTemplate: toOutput(template) };
  },

  CreateLaunchTemplateVersion(input, context) {
    const { store } = context;
    const template = requireLaunchTemplate(store, input.LaunchTemplateId, input.LaunchTemplateName);
    const source =
      input.SourceVersion === undefined ? {} : requireVersion(template, input.SourceVersion).data;
    if (input.DryRun) throw dryRunOperation();
    const number = template.spec.latestVersion + 1;
    const version = versionOf(
      context,
      number,
      { ...source, ...input.LaunchTemplateData },
      input.VersionDescription,
    );
    store.setSpec(template, {
      ...template.spec,
      latestVersion: number,
      versions: [...template.spec.versions, version],
    });
    return { LaunchTemplateVersion: toVersionOutput(template, version) };
  },

  ModifyLaunchTemplate(input, { store }) {
    const template = requireLaunchTemplate(store, input.LaunchTemplateId, input.LaunchTemplateName);
    if (input.DefaultVersion === undefined) throw missingParameter('SetDefaultVersion');
    const { number } = requireVersion(template, input.DefaultVersion);
    if (input.DryRun) throw dryRunOperation();
    const changed = store.setSpec(template, { ...template.spec, defaultVersion: number });
    return { LaunchTemplate: toOutput(changed ?? template) };
  },

  DeleteLaunchTemplate(input, { store }) {
    const template = requireLaunchTemplate(store, input.LaunchTemplateId, input.LaunchTemplateName);
    if (input.DryRun) throw dryRunOperation();
    store.remove(template);
    return { LaunchTemplate: toOutput(template) };
  },

  DeleteLaunchTemplateVersions(input, { store }) {
    const template = requireLaunchTemplate(store, input.LaunchTemplateId, input.LaunchTemplateName);
    const outcomes = input.Versions.map((text) => {
      const version = template.spec.versions.find(({ number }) => String(number) === text);
      return { text, version, isDefault: version?.number === template.spec.defaultVersion };
    });
    const deleted = outcomes.flatMap(({ version, isDefault }) => (version && !isDefault ? [version] : []));
    store.setSpec(template, {
      ...template.spec,
      versions: template.spec.versions.filter((version) => !deleted.includes(version)),
    });
    const handle = { LaunchTemplateId: template.id, LaunchTemplateName: template.spec.name };
    return {
      SuccessfullyDeletedLaunchTemplateVersions: deleted.map(({ number }) => ({
        ...handle,
        VersionNumber: number,
      })),
      UnsuccessfullyDeletedLaunchTemplateVersions: outcomes
        .filter(({ version, isDefault }) => !version || isDefault)
        .map(({ text, version }) => ({
          ...handle,
          VersionNumber: Number(text),
          ResponseError: version
            ? {
                Code: 'unexpectedError' as const,
                Message: 'The default launch template version cannot be deleted.',
              }
            : {
                Code: 'launchTemplateVersionDoesNotExist' as const,
                Message: launchTemplateVersionNotFound(template.id, text).message,
              },
        })),
    };
  },

  DescribeLaunchTemplates(input, { store }) {
    const byIds = (input.LaunchTemplateIds ?? []).map((id) => requireLaunchTemplate(store, id, undefined));
    const byNames = (input.LaunchTemplateNames ?? []).map((name) => {
      const [found] = store.listBy(launchTemplateType, 'name', name);
      if (!found) throw launchTemplateNamesNotFound();
      return found;
    });
    const asked =
      input.LaunchTemplateIds || input.LaunchTemplateNames
        ? [...byIds, ...byNames]
        : store.list(launchTemplateType);
    const { items, nextToken } = describeResources(asked, input, {
      'launch-template-name': ({ spec }) => spec.name,
      'create-time': ({ createdAt }) => new Date(createdAt).toISOString(),
    });
    return {
      LaunchTemplates: items.map(toOutput),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  DescribeLaunchTemplateVersions(input, { store }) {
    const templates =
      input.LaunchTemplateId === undefined && input.LaunchTemplateName === undefined
        ? store.list(launchTemplateType)
        : [requireLaunchTemplate(store, input.LaunchTemplateId, input.LaunchTemplateName)];
    const found = templates.flatMap((template) =>
      versionsAsked(template, input).map((version) => ({ template, version })),
    );
    const { items, nextToken } = paginate(found, input);
    return {
      LaunchTemplateVersions: items.map(({ template, version }) => toVersionOutput(template, version)),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  GetLaunchTemplateData(input, { store }) {
    const found = store.get(instanceType, input.InstanceId);
    if (!found) throw instancesNotFound([input.InstanceId]);
    const { spec } = found;
    const ownTags = toTagList(found.tags).filter(({ Key }) => !Key.startsWith('aws:'));
    return {
      LaunchTemplateData: {
        ImageId: spec.imageId,
        // The instance was launched with it, so it is one of AWS's.
        InstanceType: spec.instanceType as aws._InstanceType,
        ...(spec.userData === undefined ? {} : { UserData: spec.userData }),
        ...(spec.keyName === undefined ? {} : { KeyName: spec.keyName }),
        TagSpecifications: ownTags.length === 0 ? [] : [{ ResourceType: 'instance', Tags: ownTags }],
      },
    };
  },
} satisfies Handlers<Ec2Api>;

function versionsAsked(
  template: LaunchTemplate,
  input: { Versions?: string[]; MinVersion?: string; MaxVersion?: string },
): readonly LaunchTemplateVersion[] {
  if (input.Versions) {
    const numbers = new Set(input.Versions.map((text) => requireVersion(template, text).number));
    return template.spec.versions.filter(({ number }) => numbers.has(number)).toReversed();
  }
  const min = Number(input.MinVersion ?? 0);
  const max = Number(input.MaxVersion ?? Number.MAX_SAFE_INTEGER);
  return template.spec.versions.filter(({ number }) => number >= min && number <= max).toReversed();
}

function versionOf(
  { clock, principal }: Context,
  number: number,
  data: LaunchTemplateData,
  description: string | undefined,
): LaunchTemplateVersion {
  return { number, description, data, createdBy: principal.arn, createdAt: clock.now() };
}

function toOutput({ id, spec, tags, createdAt }: LaunchTemplate): aws.LaunchTemplate {
  return {
    LaunchTemplateId: id,
    LaunchTemplateName: spec.name,
    CreateTime: new Date(createdAt),
    CreatedBy: spec.createdBy,
    DefaultVersionNumber: spec.defaultVersion,
    LatestVersionNumber: spec.versions.at(-1)?.number ?? spec.latestVersion,
    Tags: toTagList(tags),
  };
}

function toVersionOutput(
  { id, spec }: LaunchTemplate,
  version: LaunchTemplateVersion,
): aws.LaunchTemplateVersion {
  return {
    LaunchTemplateId: id,
    LaunchTemplateName: spec.name,
    VersionNumber: version.number,
    ...(version.description === undefined ? {} : { VersionDescription: version.description }),
    CreateTime: new Date(version.createdAt),
    CreatedBy: version.createdBy,
    DefaultVersion: version.number === spec.defaultVersion,
    LaunchTemplateData: version.data,
  };
}
