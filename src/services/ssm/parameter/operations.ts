import type { Parameter as ParameterOutput } from '@aws-sdk/client-ssm';
import type { Context, Handlers } from '#/services/contract.ts';
import { fromTagList, toTagList, tokenPage } from '#/services/iam/names.ts';
import {
  shownValue,
  toMetadata,
  toOutput,
  toPublishedOutput,
  versionOf,
} from '#/services/ssm/parameter/output.ts';
import {
  parameterAlreadyExists,
  parameterNotFound,
  parameterType,
  patternMismatch,
  validation,
  type Parameter,
  type ParameterVersion,
  type PublicParameter,
} from '#/services/ssm/parameter/resource.ts';
import type { SsmApi } from '#/wire/api/ssm.ts';

const versionsMax = 100;

/** The operations on parameters; `published` are those that AWS itself offers below `/aws/service/`. */
export function parameterOperations(published: readonly PublicParameter[]) {
  const publishedByName = new Map(published.map((parameter) => [parameter.name, parameter]));

  function find(reference: string, context: Context, WithDecryption: boolean): ParameterOutput | undefined {
    const name = plainName(reference, context);
    const open = publishedByName.get(name);
    if (open) return toPublishedOutput(open, context);
    const [base, selector] = splitSelector(name);
    const parameter = context.store.get(parameterType, base);
    if (!parameter) return undefined;
    const output = toOutput(parameter, versionOf(parameter, selector), context, WithDecryption);
    return selector === undefined ? output : { ...output, Selector: `:${selector}` };
  }

  return {
    PutParameter(input, context) {
      const { store } = context;
      const name = plainName(input.Name, context);
      requireName(name);
      const existing = store.get(parameterType, name);
      if (existing && !input.Overwrite) throw parameterAlreadyExists();
      const latest = existing?.spec.versions.at(-1);
      const type = input.Type ?? existing?.spec.type;
      if (!type) throw validation('A parameter type is required when you create a parameter.');
      const allowedPattern = input.AllowedPattern ?? latest?.allowedPattern;
      if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(input.Value))
        throw patternMismatch(name);
      const version: ParameterVersion = {
        version: (latest?.version ?? 0) + 1,
        value: input.Value,
        description: input.Description ?? latest?.description,
        allowedPattern,
        dataType: input.DataType ?? latest?.dataType ?? 'text',
        keyId: type === 'SecureString' ? (input.KeyId ?? 'alias/aws/ssm') : undefined,
        modifiedBy: context.principal.arn,
        modifiedAt: context.clock.now(),
      };
      const tier = input.Tier ?? existing?.spec.tier ?? 'Standard';
      const versions = [...(existing?.spec.versions ?? []), version].slice(-versionsMax);
      if (existing) store.setSpec(existing, { type, tier, versions });
      else
        store.create(parameterType, {
          id: name,
          spec: { type, tier, versions },
          status: null,
          tags: fromTagList(input.Tags),
        });
      return { Version: version.version, Tier: tier };
    },

    GetParameter({ Name, WithDecryption = false }, context) {
      const found = find(Name, context, WithDecryption);
      if (!found) throw parameterNotFound(Name);
      return { Parameter: found };
    },

    GetParameters({ Names, WithDecryption = false }, context) {
      const found = Names.map((name) => ({ name, parameter: find(name, context, WithDecryption) }));
      return {
        Parameters: found.flatMap(({ parameter }) => (parameter ? [parameter] : [])),
        InvalidParameters: found.filter(({ parameter }) => !parameter).map(({ name }) => name),
      };
    },

    GetParametersByPath(
      { Path, Recursive = false, WithDecryption = false, MaxResults = 10, NextToken },
      context,
    ) {
      const prefix = Path.endsWith('/') ? Path : `${Path}/`;
      const isBelow = (name: string): boolean =>
        name.startsWith(prefix) && (Recursive || !name.slice(prefix.length).includes('/'));
      const own = context.store
        .list(parameterType)
        .filter(({ id }) => isBelow(id))
        .map((parameter) => toOutput(parameter, versionOf(parameter, undefined), context, WithDecryption));
      const open = published
        .filter(({ name }) => isBelow(name))
        .map((each) => toPublishedOutput(each, context));
      const { items, ...rest } = tokenPage([...own, ...open], MaxResults, NextToken);
      return { Parameters: items, ...rest };
    },

    DescribeParameters({ ParameterFilters = [], Filters = [], MaxResults = 50, NextToken }, context) {
      const filters = [
        ...ParameterFilters.map(({ Key, Option = 'Equals', Values = [] }) => ({
          key: Key,
          option: Option,
          values: Values,
        })),
        ...Filters.map(({ Key, Values }) => ({ key: Key, option: 'BeginsWith', values: Values })),
      ];
      const parameters = context.store
        .list(parameterType)
        .filter((parameter) => filters.every((filter) => matches(parameter, filter)))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const { items, ...rest } = tokenPage(parameters, MaxResults, NextToken);
      return { Parameters: items.map((parameter) => toMetadata(parameter, context)), ...rest };
    },

    GetParameterHistory({ Name, WithDecryption = false, MaxResults = 50, NextToken }, context) {
      const parameter = requireParameter(Name, context);
      const { items, ...rest } = tokenPage(parameter.spec.versions, MaxResults, NextToken);
      return {
        Parameters: items.map((version) => ({
          ...toMetadata(parameter, context, version),
          Value: shownValue(parameter, version, WithDecryption),
          Labels: [],
        })),
        ...rest,
      };
    },

    DeleteParameter({ Name }, context) {
      context.store.remove(requireParameter(Name, context));
      return {};
    },

    DeleteParameters({ Names }, context) {
      const found = Names.filter((name) => context.store.get(parameterType, name));
      for (const name of found) context.store.remove(requireParameter(name, context));
      return { DeletedParameters: found, InvalidParameters: Names.filter((name) => !found.includes(name)) };
    },

    AddTagsToResource({ ResourceId, Tags }, context) {
      const parameter = requireParameter(ResourceId, context);
      context.store.setTags(parameter, { ...parameter.tags, ...fromTagList(Tags) });
      return {};
    },

    RemoveTagsFromResource({ ResourceId, TagKeys }, context) {
      const parameter = requireParameter(ResourceId, context);
      const tags = Object.fromEntries(
        Object.entries(parameter.tags).filter(([key]) => !TagKeys.includes(key)),
      );
      context.store.setTags(parameter, tags);
      return {};
    },

    ListTagsForResource({ ResourceId }, context) {
      return { TagList: toTagList(requireParameter(ResourceId, context).tags) };
    },
  } satisfies Handlers<SsmApi>;
}

function requireParameter(reference: string, context: Context): Parameter {
  const parameter = context.store.get(parameterType, plainName(reference, context));
  if (!parameter) throw parameterNotFound(reference);
  return parameter;
}

/** A parameter may be named by its ARN too. */
function plainName(reference: string, { region, account }: Context): string {
  const prefix = `arn:aws:ssm:${region}:${account}:parameter`;
  if (!reference.startsWith(prefix)) return reference;
  const name = reference.slice(prefix.length);
  return name.slice(1).includes('/') ? name : name.slice(1);
}

/** `name:3` names a version. */
function splitSelector(name: string): [string, string | undefined] {
  const at = name.lastIndexOf(':');
  return at > 0 ? [name.slice(0, at), name.slice(at + 1)] : [name, undefined];
}

// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html
function requireName(name: string): void {
  const reserved = /^\/?(aws|ssm)/i.exec(name)?.[1]?.toLowerCase();
  if (reserved !== undefined) {
    throw validation(
      `Parameter name: can't be prefixed with "${reserved}" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`,
    );
  }
  if (!/^[\w.\-/]+$/.test(name) || (name.includes('/') && !name.startsWith('/'))) {
    throw validation(
      'Parameter name must be a fully qualified name. It can consist of letters, numbers and the following 4 symbols: .-_/',
    );
  }
}

interface ParameterFilter {
  readonly key: string | undefined;
  readonly option: string;
  readonly values: readonly string[];
}

function matches(parameter: Parameter, { key = '', option, values }: ParameterFilter): boolean {
  const facts = new Map([
    ['Name', parameter.id],
    ['Path', parameter.id],
    ['Type', parameter.spec.type],
    ['Tier', parameter.spec.tier],
    ...Object.entries(parameter.tags).map(([tag, value]): [string, string] => [`tag:${tag}`, value]),
  ]);
  const fact = facts.get(key);
  if (fact === undefined) return false;
  if (key === 'Path') return values.some((path) => fact.startsWith(path.endsWith('/') ? path : `${path}/`));
  if (option === 'BeginsWith') return values.some((prefix) => fact.startsWith(prefix));
  if (option === 'Contains') return values.some((part) => fact.includes(part));
  return values.length === 0 || values.includes(fact);
}
