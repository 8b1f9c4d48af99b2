import {
  launchTemplateIdNotFound,
  launchTemplateNameNotFound,
  launchTemplateVersionNotFound,
} from '#/services/ec2/compute-errors.ts';
import { invalidParameterCombination, missingParameter } from '#/services/ec2/errors.ts';
import {
  launchTemplateType,
  type LaunchTemplate,
  type LaunchTemplateVersion,
} from '#/services/ec2/launch-template/resource.ts';
import type { Store } from '#/store/store.ts';

/** The template by either of its handles; both at once are refused. */
export function requireLaunchTemplate(
  store: Store,
  id: string | undefined,
  name: string | undefined,
): LaunchTemplate {
  if (id !== undefined && name !== undefined)
    throw invalidParameterCombination(
      'You must specify either the launch template ID or the launch template name, but not both.',
    );
  if (id !== undefined) {
    const found = store.get(launchTemplateType, id);
    if (!found) throw launchTemplateIdNotFound(id);
    return found;
  }
  if (name === undefined) throw missingParameter('LaunchTemplateId');
  const [found] = store.listBy(launchTemplateType, 'name', name);
  if (!found) throw launchTemplateNameNotFound(name);
  return found;
}

/** The version by number, `$Latest` or `$Default`; absent means the default one. */
export function requireVersion(
  { id, spec }: LaunchTemplate,
  version: string | undefined,
): LaunchTemplateVersion {
  const number =
    version === undefined || version === '' || version === '$Default'
      ? spec.defaultVersion
      : version === '$Latest'
        ? spec.versions.at(-1)?.number
        : Number(version);
  const found = spec.versions.find((candidate) => candidate.number === number);
  if (!found) throw launchTemplateVersionNotFound(id, version ?? '$Default');
  return found;
}
