import { AwsError } from '#/lib/aws-error.ts';
import type { Tags } from '#/store/resource.ts';

/** One tag on the wire. */
export interface TagMember {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** `TagSpecifications` of a Create operation as the wire layer hands them over. */
export type TagSpecifications = readonly {
  readonly ResourceType?: string;
  readonly Tags?: readonly TagMember[];
}[];

const tagsMax = 50;

/** Tags that only AWS's own services may set: those of stacks, groups and launch templates are set by ours. */
const servicePrefixes = ['aws:cloudformation:', 'aws:autoscaling:', 'aws:ec2launchtemplate:', 'aws:rds:'];

/**
 * The tags that a Create operation puts on its resource. `resourceType` is EC2's word for it (`vpc`, `route-table`).
 * Throws InvalidParameterValue for tags of another type unless `otherTypes` allows them (RunInstances).
 */
export function tagsOfSpecifications(
  specifications: TagSpecifications | undefined,
  resourceType: string,
  otherTypes: readonly string[] = [],
): Tags {
  const members: TagMember[] = [];
  for (const { ResourceType, Tags: tags = [] } of specifications ?? []) {
    if (ResourceType === undefined)
      throw new AwsError('InvalidParameter', 'Tag specification resource type must have a value');
    if (ResourceType !== resourceType && !otherTypes.includes(ResourceType))
      throw new AwsError(
        'InvalidParameterValue',
        `'${ResourceType}' is not a valid taggable resource type for this operation.`,
      );
    if (tags.length === 0)
      throw new AwsError('InvalidParameter', 'Tag specification must have at least one tag');
    if (ResourceType === resourceType) members.push(...tags);
  }
  return toTags(members);
}

/** Tags from the wire. Throws for keys that are given twice, reserved or malformed. */
export function toTags(members: readonly TagMember[] | undefined): Tags {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const { Key, Value = '' } of members ?? []) {
    if (Key === undefined || Key === '' || Key.length > 127)
      throw new AwsError(
        'InvalidParameterValue',
        `Tag key exceeds the maximum length or is empty: '${Key ?? ''}'`,
      );
    if (/^aws:/i.test(Key) && !servicePrefixes.some((prefix) => Key.startsWith(prefix)))
      throw new AwsError(
        'InvalidParameterValue',
        "Tag keys starting with 'aws:' are reserved for internal use",
      );
    if (Value.length > 256)
      throw new AwsError('InvalidParameterValue', 'Tag value exceeds the maximum length of 256 characters');
    if (Object.hasOwn(tags, Key))
      throw new AwsError('InvalidParameterValue', `Duplicate tag key '${Key}' specified.`);
    tags[Key] = Value;
  }
  return withinLimit({ ...tags });
}

/** Tags joined with others that win. Throws TagLimitExceeded. */
export function mergeTags(tags: Tags, others: Tags): Tags {
  return withinLimit({ ...tags, ...others });
}

/** Tags for the wire. */
export function toTagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function withinLimit(tags: Tags): Tags {
  const own = Object.keys(tags).filter((key) => !key.startsWith('aws:'));
  if (own.length > tagsMax)
    throw new AwsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
  return tags;
}
