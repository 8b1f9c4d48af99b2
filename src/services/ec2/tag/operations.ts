import type { Handlers } from '#/services/contract.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { resourceTypeWord, taggableNotFound } from '#/services/ec2/tag/kinds.ts';
import { mergeTags, toTags, type TagMember } from '#/services/ec2/tags.ts';
import { resourceType, type Resource, type Tags } from '#/store/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';
import type { Store } from '#/store/store.ts';

export const tagOperations = {
  CreateTags({ Resources, Tags: members }, { store }) {
    const added = toTags(members);
    for (const target of requireTargets(store, Resources)) target.set(mergeTags(target.tags, added));
    return {};
  },

  DeleteTags({ Resources, Tags: members }, { store }) {
    for (const target of requireTargets(store, Resources)) target.set(without(target.tags, members));
    return {};
  },

  DescribeTags(input, { store }) {
    const all = listTargets(store).flatMap(({ id, word, tags }) =>
      Object.entries(tags).map(([Key, Value]) => ({ Key, Value, ResourceId: id, ResourceType: word })),
    );
    const found = filterItems(
      all,
      input.Filters,
      {
        key: ({ Key }) => Key,
        'resource-id': ({ ResourceId }) => ResourceId,
        'resource-type': ({ ResourceType }) => ResourceType,
        value: ({ Value }) => Value,
      },
      ({ Key, Value }) => ({ [Key]: Value }),
    );
    const { items, nextToken } = paginate(found, input);
    // EC2's model knows fewer words than the region may have kinds.
    return { Tags: items as typeof items & { ResourceType: 'vpc' }[], NextToken: nextToken };
  },
} satisfies Handlers<Ec2Api>;

/** Something that can be tagged: a resource, or a rule inside a security group. */
interface Target {
  readonly id: string;
  readonly word: string;
  readonly tags: Tags;
  readonly set: (tags: Tags) => void;
}

function listTargets(store: Store): Target[] {
  const resources = store
    .kinds()
    .filter((kind) => kind.startsWith('AWS::EC2::'))
    .flatMap((kind) => store.list(resourceType<Resource>(kind)));
  const rules = store
    .list(securityGroupType)
    .flatMap((group) => group.spec.rules.map((rule) => toRuleTarget(store, group.id, rule.id, rule.tags)));
  return [...resources.map((resource) => toTarget(store, resource)), ...rules];
}

/** The targets of these ids, in order. Throws before anything is changed when one does not exist. */
function requireTargets(store: Store, ids: readonly string[]): readonly Target[] {
  const kinds = store.kinds().filter((kind) => kind.startsWith('AWS::EC2::'));
  return ids.map((id) => {
    for (const kind of kinds) {
      const found = store.get(resourceType<Resource>(kind), id);
      if (found) return toTarget(store, found);
    }
    if (id.startsWith('sgr-')) {
      const rule = listTargets(store).find((target) => target.id === id);
      if (rule) return rule;
    }
    throw taggableNotFound(id);
  });
}

function toTarget(store: Store, resource: Resource): Target {
  return {
    id: resource.id,
    word: resourceTypeWord(resource.kind),
    tags: resource.tags,
    set: (tags) => void store.setTags(resource, tags),
  };
}

function toRuleTarget(store: Store, groupId: string, ruleId: string, tags: Tags): Target {
  return {
    id: ruleId,
    word: 'security-group-rule',
    tags,
    set: (changed) => {
      const group = store.get(securityGroupType, groupId);
      if (!group) return;
      const rules = group.spec.rules.map((rule) => (rule.id === ruleId ? { ...rule, tags: changed } : rule));
      store.setSpec(group, { ...group.spec, rules });
    },
  };
}

/** Tags without those named: with the value given, or whatever their value; without any named, all of the user's own. */
function without(tags: Tags, members: readonly TagMember[] | undefined): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(([key, value]) => {
      if (members === undefined || members.length === 0) return key.startsWith('aws:');
      return !members.some(({ Key, Value }) => Key === key && (Value === undefined || Value === value));
    }),
  );
}
