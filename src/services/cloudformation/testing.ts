// What the tests of this service share: a region with one service, time that they own, and a world of fake resources.
import { assert } from '#/lib/assert.ts';
import { AwsError } from '#/lib/aws-error.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';
import { seededRandom, randomText } from '#/lib/random.ts';
import type { Drivers } from '#/drivers/drivers.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import type { Properties, ResourceProvider } from '#/services/contract.ts';
import { cloudformationService } from '#/services/cloudformation/service.ts';
import { resourceType, type Resource } from '#/store/resource.ts';
import { Store } from '#/store/store.ts';
import type { CloudformationApi } from '#/wire/api/cloudformation.ts';

const account = '123456789012';

/** What a fake resource does. */
export interface Behaviour {
  readonly createDelayMs?: number;
  /** How often it refuses to be created. */
  readonly refuses?: boolean;
  /** Whether it fails after it was accepted. */
  readonly fails?: boolean;
  readonly refusesUpdate?: boolean;
  readonly deleteDelayMs?: number;
  readonly refusesDeletion?: boolean;
}

export type FakeResource = Resource<
  'Test::Fake',
  {
    readonly type: string;
    readonly logicalId: string;
    readonly properties: Properties;
    readonly readyAt: number;
    /** Whether it will fail when it is ready. */
    readonly doomed: boolean;
    readonly goneAt: number | undefined;
  },
  undefined
>;

const fakeType = resourceType<FakeResource>('Test::Fake');

export interface TestRegion {
  readonly region: Region;
  readonly clock: VirtualClock;
  /** Logical ids to what they do. */
  readonly behaviours: Map<string, Behaviour>;
  /** What is there, oldest first. */
  world(): readonly FakeResource[];
  call<Name extends keyof CloudformationApi>(
    operation: Name,
    input: CloudformationApi[Name]['input'],
  ): Promise<CloudformationApi[Name]['output']>;
  /** Lets the region die right after that many more transactions; `settled` then answers `CRASHED`. */
  crashAfter(transactions: number): void;
  /** Lets time pass until the stack's status is no longer "in progress"; answers the status. */
  settled(stackName: string): Promise<string>;
}

/** A region whose types are all fake, for tests of the engine. */
export function testRegion(
  options: { seed?: number; file?: string; now?: number; behaviours?: Map<string, Behaviour> } = {},
): TestRegion {
  const clock = new VirtualClock(options.now);
  const random = seededRandom(options.seed ?? 1);
  const store = new Store(options.file ?? ':memory:', clock);
  const behaviours = options.behaviours ?? new Map<string, Behaviour>();
  let left = Infinity;
  let failure: unknown;
  // Heard of before the runtime hears, after the commit: the moment between the two is the worst.
  store.watch(() => {
    left -= 1;
    if (left > 0) return;
    store.close(); // nothing is written after death
    throw new Error('crash');
  });
  const providers = new Map<string, ResourceProvider>();
  const region = createRegion({
    store,
    clock,
    random,
    region: 'eu-west-3',
    account,
    publicPool: '198.18.7.0/24',
    drivers: {} as Drivers, // no data plane: the resources are fake
    services: (dependencies) => {
      const service = cloudformationService(dependencies, () => providers, {
        readObject: async (bucket, key) => {
          throw new AwsError('NoSuchKey', `no ${bucket}/${key}`);
        },
      });
      for (const provider of service.providers) providers.set(provider.type, provider);
      return [service];
    },
    onFailure: ({ error }) => {
      if (left > 0) failure = error;
    },
  });
  for (const type of fakeTypes) providers.set(type, fakeProvider(type, store, behaviours));
  region.runtime.start();
  const caller = { principal: servicePrincipal(account), requestId: 'test' };
  const testing: TestRegion = {
    region,
    clock,
    behaviours,
    world: () => store.list(fakeType),
    async call(operation, input) {
      // The handler's own types are those of the operation.
      return (await region.invoke('cloudformation', operation, input, caller)) as never;
    },
    crashAfter(transactions) {
      left = transactions;
    },
    async settled(stackName) {
      for (let step = 0; step < 100_000; step++) {
        await idle(region);
        if (failure !== undefined) throw failure;
        if (left <= 0) {
          await region.runtime.stop();
          return 'CRASHED';
        }
        const { Stacks: [stack] = [] } = await testing.call('DescribeStacks', { StackName: stackName });
        const status = stack?.StackStatus ?? '';
        if (!status.endsWith('_IN_PROGRESS')) return status;
        assert(clock.step(), 'something is waited for');
      }
      throw new Error(`${stackName} never settles`);
    },
  };
  return testing;
}

async function idle(region: Region): Promise<void> {
  do await new Promise<void>((resolve) => setImmediate(resolve));
  while (!region.runtime.idle);
}

/** Types whose schemas the tests use; what they do is fake. */
const fakeTypes = [
  'AWS::SNS::Topic',
  'AWS::EC2::VPC',
  'AWS::EC2::Subnet',
  'AWS::SSM::Parameter',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
];

function fakeProvider(
  type: string,
  store: Store,
  behaviours: ReadonlyMap<string, Behaviour>,
): ResourceProvider {
  return {
    type,
    create(properties, { logicalId, random, clock }) {
      const behaviour = behaviours.get(logicalId) ?? {};
      if (behaviour.refuses) throw new AwsError('InvalidParameterValue', `${logicalId} is refused`);
      const id = `${logicalId}-${randomText(random, 'abcdef0123456789', 8)}`;
      const readyAt = clock.now() + (behaviour.createDelayMs ?? 0);
      store.create(fakeType, {
        id,
        spec: { type, logicalId, properties, readyAt, doomed: behaviour.fails ?? false, goneAt: undefined },
        status: undefined,
      });
      return id;
    },
    stability(physicalId, { logicalId, clock }) {
      const found = store.get(fakeType, physicalId);
      if (!found || found.spec.readyAt > clock.now()) return { state: 'in-progress' };
      if (found.spec.doomed) return { state: 'failed', reason: `${logicalId} did not stabilize` };
      return { state: 'stable' };
    },
    update(physicalId, properties, _, { logicalId }) {
      const found = store.get(fakeType, physicalId);
      if (!found) throw new AwsError('NotFound', `${physicalId} is gone`);
      if (behaviours.get(logicalId)?.refusesUpdate) {
        throw new AwsError('InvalidParameterValue', `${logicalId} is not changed`);
      }
      store.setSpec(found, { ...found.spec, properties });
      return physicalId;
    },
    delete(physicalId, { logicalId, clock }) {
      const found = store.get(fakeType, physicalId);
      if (!found) return;
      const behaviour = behaviours.get(logicalId) ?? {};
      if (behaviour.refusesDeletion) throw new AwsError('BucketNotEmpty', `${logicalId} is not empty`);
      const user = store
        .list(fakeType)
        .find(({ id, spec }) => id !== physicalId && JSON.stringify(spec.properties).includes(physicalId));
      if (user) throw new AwsError('DependencyViolation', `${physicalId} is used by ${user.id}`);
      store.setSpec(found, { ...found.spec, goneAt: clock.now() + (behaviour.deleteDelayMs ?? 0) });
    },
    gone(physicalId, { clock }) {
      const found = store.get(fakeType, physicalId);
      if (!found) return true;
      if (found.spec.goneAt === undefined || found.spec.goneAt > clock.now()) return false;
      store.remove(found);
      return true;
    },
    attributes: (physicalId) => ({
      Arn: `arn:${physicalId}`,
      TopicName: physicalId,
      CidrBlock: '10.0.0.0/16',
      Value: 'v',
      DomainName: `${physicalId}.example`,
      RegionalDomainName: `${physicalId}.example`,
    }),
  };
}
