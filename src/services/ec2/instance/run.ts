import { createHash } from 'node:crypto';
import { resourceId, type Random } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { dryRunOperation, idempotentParameterMismatch } from '#/services/ec2/compute-errors.ts';
import { invalidParameterValue } from '#/services/ec2/errors.ts';
import { attachInterface } from '#/services/ec2/instance/interfaces.ts';
import { planLaunch, type LaunchPlan } from '#/services/ec2/instance/launch.ts';
import { toInstanceOutput } from '#/services/ec2/instance/output.ts';
import { instanceType, type Instance } from '#/services/ec2/instance/resource.ts';
import type { InputOf, OutputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** RunInstances. `imageAliases` are foreign image ids that are taken for the region's own. */
export function runOperations(imageAliases: readonly string[]): Pick<Handlers<Ec2Api>, 'RunInstances'> {
  return {
    RunInstances(input, context) {
      checkCounts(input.MinCount, input.MaxCount);
      const digest = digestOf(input);
      const earlier = findEarlier(context, input.ClientToken, digest);
      if (earlier.length > 0) return toReservation(context, earlier);
      const plan = planLaunch(input, context, imageAliases);
      if (input.DryRun) throw dryRunOperation();
      const reservationId = resourceId('r', context.random);
      const common = { reservationId, clientToken: input.ClientToken, requestDigest: digest };
      const instances = Array.from({ length: input.MaxCount }, (_, launchIndex) =>
        createInstance(context, plan, { ...common, launchIndex }),
      );
      return toReservation(context, instances);
    },
  };
}

/** Instances of one request, as RunInstances and DescribeInstances show them. */
export function toReservation(
  context: Context,
  instances: readonly Instance[],
): OutputOf<Ec2Api, 'RunInstances'> {
  return {
    ReservationId: instances[0]?.spec.reservationId,
    OwnerId: context.account,
    Groups: [],
    Instances: instances.map((instance) => toInstanceOutput(context, instance)),
  };
}

function createInstance(
  context: Context,
  plan: LaunchPlan,
  request: Pick<Instance['spec'], 'reservationId' | 'clientToken' | 'requestDigest' | 'launchIndex'>,
): Instance {
  const { store, random, clock } = context;
  const id = resourceId('i', random);
  const interfaces = plan.interfaces.map((wish) => attachInterface(context, id, wish));
  return store.create(instanceType, {
    id,
    spec: {
      ...plan.spec,
      ...request,
      wish: 'running',
      reboots: 0,
      vpcId: plan.subnet.spec.vpcId,
      subnetId: plan.subnet.id,
      availabilityZone: plan.subnet.spec.availabilityZone,
      networkInterfaceIds: interfaces.map((networkInterface) => networkInterface.id),
      rootVolume: { ...plan.rootVolume, id: volumeId(random) },
      launchedAt: clock.now(),
    },
    status: {
      state: 'pending',
      stateReason: undefined,
      stateChangedAt: clock.now(),
      reboots: 0,
      systemReachable: undefined,
      instanceReachable: undefined,
      impairedSince: undefined,
    },
    tags: plan.tags,
  });
}

function volumeId(random: Random): string {
  return resourceId('vol', random);
}

function checkCounts(min: number, max: number): void {
  if (min < 1)
    throw invalidParameterValue(
      `Value (${min}) for parameter minCount is invalid. Expected a positive number.`,
    );
  if (max < min)
    throw invalidParameterValue(
      `Value (${min}) for parameter minCount is invalid. It must be no more than maxCount.`,
    );
}

/** https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
function findEarlier(
  { store }: Context,
  clientToken: string | undefined,
  digest: string,
): readonly Instance[] {
  if (clientToken === undefined) return [];
  const earlier = store.listBy(instanceType, 'clientToken', clientToken);
  if (earlier.some(({ spec }) => spec.requestDigest !== digest)) throw idempotentParameterMismatch();
  return earlier;
}

function digestOf(input: InputOf<Ec2Api, 'RunInstances'>): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex');
}
