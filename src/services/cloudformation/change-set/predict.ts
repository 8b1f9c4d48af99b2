import type { Deployment, Lookup } from '#/services/cloudformation/engine/deployment.ts';
import { diffProperties } from '#/services/cloudformation/engine/diff.ts';
import { evaluate, noValue, NotYetKnown } from '#/services/cloudformation/engine/intrinsics.ts';
import { referencesIn } from '#/services/cloudformation/engine/references.ts';
import { checkProperties } from '#/services/cloudformation/engine/properties.ts';
import { findSchema, type TypeSchema } from '#/services/cloudformation/engine/schema.ts';
import { canonical, isScalar, sameValue, type JsonObject } from '#/services/cloudformation/engine/value.ts';
import type { PlannedChange, PlannedDetail } from '#/services/cloudformation/change-set/resource.ts';
import type { StackResource } from '#/services/cloudformation/stack/resource.ts';

/** What AWS writes for a value that only the change itself brings. */
export const knownAfterApply = '{{changeSet:KNOWN_AFTER_APPLY}}';

/** What is needed to foresee a change. */
export interface Prospect {
  readonly wanted: Deployment;
  /** As the stack is now; undefined for a new stack. */
  readonly current: Deployment | undefined;
  /** The stack's live resources by logical id. */
  readonly live: ReadonlyMap<string, StackResource>;
  readonly lookup: Lookup;
}

/** What executing would do to each resource, in the template's order, removals last. */
export function predictChanges(prospect: Prospect): PlannedChange[] {
  const { wanted, live } = prospect;
  // Values of these are known only after the change: they are new, or made anew.
  const unknown = new Set<string>();
  const changes = new Map<string, PlannedChange>();
  for (const logicalId of inOrder(wanted)) {
    const change = predictOne(prospect, logicalId, unknown);
    if (!change) continue;
    changes.set(logicalId, change);
    if (change.action === 'Add' || change.replacement === 'True') unknown.add(logicalId);
  }
  const removals = [...live.values()].filter(({ spec }) => !wanted.nodes.has(spec.logicalId)).map(removalOf);
  const kept = [...wanted.nodes.keys()].flatMap((logicalId) => changes.get(logicalId) ?? []);
  const secrets = [...wanted.secrets, ...(prospect.current?.secrets ?? [])];
  return [...kept, ...removals].map((change) => withoutSecrets(change, secrets));
}

/** Values of NoEcho parameters are as little shown in a change set as anywhere. */
function withoutSecrets(change: PlannedChange, secrets: readonly string[]): PlannedChange {
  const masked = (text: string | undefined): string | undefined =>
    secrets.reduce(
      (rest, secret) =>
        rest?.replaceAll(secret, '****').replaceAll(JSON.stringify(secret).slice(1, -1), '****'),
      text,
    );
  return {
    ...change,
    before: masked(change.before),
    after: masked(change.after),
    details: change.details.map((detail) => ({
      ...detail,
      before: masked(detail.before),
      after: masked(detail.after),
    })),
  };
}

/** Dependencies before dependants. */
function inOrder({ nodes }: Deployment): string[] {
  const ordered = new Set<string>();
  const visit = (logicalId: string): void => {
    if (ordered.has(logicalId)) return;
    for (const dependency of nodes.get(logicalId)?.dependencies ?? []) visit(dependency);
    ordered.add(logicalId);
  };
  for (const logicalId of nodes.keys()) visit(logicalId);
  return [...ordered];
}

function predictOne(
  prospect: Prospect,
  logicalId: string,
  unknown: ReadonlySet<string>,
): PlannedChange | undefined {
  const { wanted, live } = prospect;
  const declaration = wanted.nodes.get(logicalId)?.declaration;
  const schema = findSchema(declaration?.type ?? '');
  if (!declaration || !schema) return undefined;
  const record = live.get(logicalId);
  const after = foresee(prospect, declaration.properties, unknown);
  if (!record) {
    return {
      action: 'Add',
      logicalId,
      physicalId: undefined,
      type: declaration.type,
      replacement: undefined,
      policyAction: undefined,
      scope: [],
      details: [],
      before: undefined,
      after: canonical({ Properties: after.properties }),
    };
  }
  const checked = checkProperties(after.properties, schema).properties;
  const details = toDetails(record.status.properties, checked, after.causes, schema, (name) =>
    changedParameters(prospect, declaration.properties[name]),
  );
  const otherScope = changedAttributes(prospect, logicalId);
  if (details.length === 0 && otherScope.length === 0) return undefined;
  const replacement = replacementOf(details);
  const { updateReplacePolicy = 'Delete' } = declaration;
  return {
    action: 'Modify',
    logicalId,
    physicalId: record.status.physicalId,
    type: declaration.type,
    replacement,
    policyAction: replacement === 'True' ? replacePolicy(updateReplacePolicy) : undefined,
    scope: [...(details.length > 0 ? ['Properties'] : []), ...otherScope],
    details,
    before: canonical({ Properties: record.status.properties }),
    after: canonical({ Properties: checked }),
  };
}

interface Foreseen {
  readonly properties: JsonObject;
  /** Property names to the reference that makes them unknown. */
  readonly causes: ReadonlyMap<string, string>;
}

/** The properties as far as they can be known; each that cannot stands as a whole for "known after apply". */
function foresee(
  { wanted, lookup }: Prospect,
  properties: JsonObject,
  unknown: ReadonlySet<string>,
): Foreseen {
  const scope = wanted.scope({
    ...lookup,
    ref(logicalId) {
      if (unknown.has(logicalId)) throw new NotYetKnown(logicalId);
      return lookup.ref(logicalId);
    },
    attribute(logicalId, name) {
      if (unknown.has(logicalId)) throw new NotYetKnown(`${logicalId}.${name}`);
      return lookup.attribute(logicalId, name);
    },
  });
  const causes = new Map<string, string>();
  const entries = Object.entries(properties).map(([name, value]): readonly [string, unknown] => {
    try {
      return [name, evaluate(value, scope)];
    } catch (error) {
      if (!(error instanceof NotYetKnown)) throw error;
      causes.set(name, error.entity);
      return [name, knownAfterApply];
    }
  });
  return { properties: Object.fromEntries(entries.filter(([, value]) => value !== noValue)), causes };
}

function toDetails(
  before: JsonObject,
  after: JsonObject,
  causes: ReadonlyMap<string, string>,
  schema: TypeSchema,
  parametersOf: (name: string) => readonly string[],
): PlannedDetail[] {
  return diffProperties(before, after, schema).map((change) => ({
    name: change.name,
    // Whether a value not known yet will differ is open.
    recreation: causes.has(change.name) && change.recreation === 'Always' ? 'Always' : change.recreation,
    before: textOf(change.before),
    after: causes.has(change.name) ? knownAfterApply : textOf(change.after),
    causingEntity: causes.get(change.name),
    changedParameters: parametersOf(change.name),
  }));
}

function changedParameters({ wanted, current, lookup }: Prospect, value: unknown): readonly string[] {
  const named = referencesIn(value, wanted.scope(lookup)).map(({ name }) => name);
  return [...new Set(named)].filter((name) => {
    const parameter = wanted.parameters.get(name);
    return parameter && !sameValue(parameter.value, current?.parameters.get(name)?.value);
  });
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return isScalar(value) ? String(value) : canonical(value);
}

function replacementOf(details: readonly PlannedDetail[]): PlannedChange['replacement'] {
  if (details.some(({ recreation, causingEntity }) => recreation === 'Always' && causingEntity === undefined))
    return 'True';
  return details.some(({ recreation }) => recreation !== 'Never') ? 'Conditional' : 'False';
}

function replacePolicy(policy: string): PlannedChange['policyAction'] {
  if (policy === 'Snapshot') return 'ReplaceAndSnapshot';
  return policy === 'Retain' ? 'ReplaceAndRetain' : 'ReplaceAndDelete';
}

/** Attributes beside the properties that differ in the template. */
function changedAttributes({ wanted, current }: Prospect, logicalId: string): string[] {
  const before = current?.nodes.get(logicalId)?.declaration;
  const after = wanted.nodes.get(logicalId)?.declaration;
  if (!before || !after) return [];
  const attributes = [
    ['Metadata', before.metadata, after.metadata],
    ['CreationPolicy', before.creationPolicy, after.creationPolicy],
    ['UpdatePolicy', before.updatePolicy, after.updatePolicy],
    ['DeletionPolicy', before.deletionPolicy, after.deletionPolicy],
    ['UpdateReplacePolicy', before.updateReplacePolicy, after.updateReplacePolicy],
  ] as const;
  return attributes.filter(([, a, b]) => !sameValue(a, b)).map(([name]) => name);
}

function removalOf({ spec, status }: StackResource): PlannedChange {
  const policy = status.deletionPolicy;
  return {
    action: 'Remove',
    logicalId: spec.logicalId,
    physicalId: status.physicalId,
    type: spec.type,
    replacement: undefined,
    policyAction: policy === 'Retain' || policy === 'Snapshot' ? policy : 'Delete',
    scope: [],
    details: [],
    before: canonical({ Properties: status.properties }),
    after: undefined,
  };
}
