import { randomText } from '#/lib/random.ts';
import type { Dependencies, ProviderContext, ResourceProvider } from '#/services/contract.ts';
import {
  deploy,
  type Deployment,
  type Lookup,
  type Place,
} from '#/services/cloudformation/engine/deployment.ts';
import { NotYetKnown } from '#/services/cloudformation/engine/intrinsics.ts';
import { parseTemplate } from '#/services/cloudformation/engine/template.ts';
import { member } from '#/services/cloudformation/engine/value.ts';
import { templateError, validationError } from '#/services/cloudformation/errors.ts';
import {
  isGone,
  shownTarget,
  stackResourceType,
  stackType,
  type Stack,
  type StackResource,
  type Target,
} from '#/services/cloudformation/stack/resource.ts';

/** What the engine is built from. */
export interface EngineDependencies extends Dependencies {
  readonly providers: () => ReadonlyMap<string, ResourceProvider>;
}

const nameAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const suffixLength = 12;

/** What a provider gets to know when it handles one of the stack's resources. */
export function providerContext(
  engine: EngineDependencies,
  stack: Stack,
  logicalId: string,
): ProviderContext {
  const { stackName } = stack.spec;
  return {
    call: engine.call,
    random: engine.random,
    clock: engine.clock,
    region: engine.region,
    account: engine.account,
    stackName,
    stackId: stack.id,
    logicalId,
    tags: {
      ...shownTarget(stack).tags,
      'aws:cloudformation:stack-name': stackName,
      'aws:cloudformation:stack-id': stack.id,
      'aws:cloudformation:logical-id': logicalId,
    },
    physicalName(lengthMax) {
      const suffix = randomText(engine.random, nameAlphabet, suffixLength);
      const stem = `${stackName}-${logicalId}`.slice(0, lengthMax - suffixLength - 1);
      return `${stem}-${suffix}`;
    },
  };
}

/** The pseudo parameters of a stack. */
export function placeOf(engine: Pick<Dependencies, 'region' | 'account'>, stack: Stack): Place {
  return {
    region: engine.region,
    account: engine.account,
    stackName: stack.spec.stackName,
    stackId: stack.id,
    notificationArns: stack.spec.notificationArns,
  };
}

/** Reads targets, each once: a target never changes. */
export function deployments(engine: Dependencies): (stack: Stack, target: Target) => Deployment {
  const known = new WeakMap<Target, Deployment>();
  return (stack, target) => {
    const found =
      known.get(target) ?? deploy(parseTemplate(target.template), target.parameters, placeOf(engine, stack));
    known.set(target, found);
    return found;
  };
}

/** What the functions of a stack's template find: its resources, other stacks' exports, the region's zones. */
export function lookupOf(engine: EngineDependencies, stack: Stack): Lookup {
  return {
    ref(logicalId) {
      const { provider, physicalId, context } = live(logicalId, logicalId);
      return provider.ref?.(physicalId, context) ?? physicalId;
    },
    attribute(logicalId, name) {
      const { provider, physicalId, context, properties } = live(logicalId, `${logicalId}.${name}`);
      const attributes = provider.attributes(physicalId, context);
      const value = member(attributes, name) ?? member(properties, name);
      if (value === undefined) {
        throw templateError(`resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`);
      }
      return value;
    },
    importValue: (exportName) => readExport(engine, exportName),
    zones(region) {
      if (region !== engine.region) return [];
      const { AvailabilityZones: zones = [] } = engine.call.ec2.DescribeAvailabilityZones({});
      return zones.flatMap(({ ZoneName: name }) => name ?? []).toSorted();
    },
  };

  function live(logicalId: string, entity: string) {
    const record = findResource(engine, stack.id, logicalId);
    const physicalId = record?.status.physicalId;
    if (!record || physicalId === undefined || isGone(record.status.state)) throw new NotYetKnown(entity);
    const provider = requireProvider(engine, record.spec.type);
    const { properties } = record.status;
    return { provider, physicalId, properties, context: providerContext(engine, stack, logicalId) };
  }
}

/** The stack's resource of that logical id, if it has or had one. */
export function findResource(
  { store }: Pick<Dependencies, 'store'>,
  stackId: string,
  logicalId: string,
): StackResource | undefined {
  return store.get(stackResourceType, `${stackId}/${logicalId}`);
}

/** How the type is handled; throws what becomes the reason in the resource's event. */
export function requireProvider(engine: EngineDependencies, type: string): ResourceProvider {
  const provider = engine.providers().get(type);
  if (!provider) throw validationError(`Resource type ${type} is not implemented by this region`);
  return provider;
}

/** The value of an export of any stack. */
export function readExport({ store }: Pick<Dependencies, 'store'>, exportName: string): string {
  for (const { status } of store.list(stackType)) {
    if (status.state === 'DELETE_COMPLETE') continue;
    const found = status.outputs.find((output) => output.exportName === exportName);
    if (found) return found.value;
  }
  throw validationError(`No export named ${exportName} found.`);
}
