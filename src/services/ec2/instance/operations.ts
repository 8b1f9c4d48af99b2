import type * as aws from '@aws-sdk/client-ec2';
import type { Context, Handlers } from '#/services/contract.ts';
import { zoneId } from '#/services/ec2/availability-zone/zones.ts';
import {
  dryRunOperation,
  incorrectInstanceState,
  operationNotPermitted,
} from '#/services/ec2/compute-errors.ts';
import { invalidParameterCombination } from '#/services/ec2/errors.ts';
import { filterItems, paginate } from '#/services/ec2/filters.ts';
import { instanceFilters } from '#/services/ec2/instance/filters.ts';
import { chooseInstances } from '#/services/ec2/instance/lookup.ts';
import { toState } from '#/services/ec2/instance/output.ts';
import type { Instance, InstanceStateName } from '#/services/ec2/instance/resource.ts';
import { toReservation } from '#/services/ec2/instance/run.ts';
import { userShutdown } from '#/services/ec2/instance/decide.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** The API of instances' lives: seeing, starting, stopping, ending them. */
export const instanceOperations = {
  DescribeInstances(input, context) {
    if (input.InstanceIds && input.InstanceIds.length > 0 && input.MaxResults !== undefined)
      throw invalidParameterCombination(
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    const found = filterItems(
      chooseInstances(context.store, input.InstanceIds),
      input.Filters,
      instanceFilters(context),
      ({ tags }) => tags,
    );
    const { items, nextToken } = paginate(found, input);
    const reservations = Map.groupBy(items, ({ spec }) => spec.reservationId);
    return {
      Reservations: [...reservations.values()].map((instances) => toReservation(context, instances)),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },

  StartInstances(input, context) {
    const instances = chooseInstances(context.store, input.InstanceIds);
    for (const { id, status } of instances) {
      if (!['stopped', 'running', 'pending'].includes(status.state))
        throw incorrectInstanceState(id, 'started');
    }
    if (input.DryRun) throw dryRunOperation();
    return {
      StartingInstances: instances.map((instance) =>
        instance.status.state === 'stopped'
          ? wish(context, instance, 'running', 'pending')
          : unchanged(instance),
      ),
    };
  },

  StopInstances(input, context) {
    const instances = chooseInstances(context.store, input.InstanceIds);
    for (const { id, status, spec } of instances) {
      if (status.state === 'terminated' || status.state === 'shutting-down')
        throw incorrectInstanceState(id, 'stopped');
      if (spec.disableApiStop) throw operationNotPermitted(id, 'stopped', 'disableApiStop');
    }
    if (input.DryRun) throw dryRunOperation();
    return {
      StoppingInstances: instances.map((instance) =>
        instance.status.state === 'running' || instance.status.state === 'pending'
          ? wish(context, instance, 'stopped', 'stopping')
          : unchanged(instance),
      ),
    };
  },

  TerminateInstances(input, context) {
    const instances = chooseInstances(context.store, input.InstanceIds);
    for (const { id, spec, status } of instances) {
      if (spec.disableApiTermination && status.state !== 'terminated')
        throw operationNotPermitted(id, 'terminated', 'disableApiTermination');
    }
    if (input.DryRun) throw dryRunOperation();
    return {
      TerminatingInstances: instances.map((instance) =>
        instance.spec.wish === 'terminated'
          ? unchanged(instance)
          : wish(context, instance, 'terminated', 'shutting-down'),
      ),
    };
  },

  RebootInstances(input, { store }) {
    const instances = chooseInstances(store, input.InstanceIds);
    for (const { id, status } of instances) {
      if (status.state !== 'running' && status.state !== 'pending')
        throw incorrectInstanceState(id, 'rebooted');
    }
    if (input.DryRun) throw dryRunOperation();
    for (const instance of instances)
      store.setSpec(instance, { ...instance.spec, reboots: instance.spec.reboots + 1 });
    return {};
  },

  DescribeInstanceStatus(input, context) {
    const known = instanceFilters(context);
    const shown = chooseInstances(context.store, input.InstanceIds).filter(
      ({ status }) => input.IncludeAllInstances === true || status.state === 'running',
    );
    const found = filterItems(shown, input.Filters, {
      ...known,
      'instance-status.status': (instance) => summary(instance, 'instanceReachable').Status,
      'instance-status.reachability': (instance) =>
        summary(instance, 'instanceReachable').Details?.[0]?.Status,
      'system-status.status': (instance) => summary(instance, 'systemReachable').Status,
      'system-status.reachability': (instance) => summary(instance, 'systemReachable').Details?.[0]?.Status,
    });
    const { items, nextToken } = paginate(found, input);
    return {
      InstanceStatuses: items.map((instance) => ({
        InstanceId: instance.id,
        AvailabilityZone: instance.spec.availabilityZone,
        AvailabilityZoneId: zoneId(context.region, instance.spec.availabilityZone),
        InstanceState: toState(instance.status.state),
        InstanceStatus: summary(instance, 'instanceReachable'),
        SystemStatus: summary(instance, 'systemReachable'),
        AttachedEbsStatus: summary(instance, 'systemReachable'),
      })),
      ...(nextToken === undefined ? {} : { NextToken: nextToken }),
    };
  },
} satisfies Handlers<Ec2Api>;

/**
 * Writes the wish and the state that answers it at once, as AWS shows it; the controller takes it from there.
 * Balancers and groups hear of the state in the same moment, before the machine is touched.
 */
function wish(
  { store, clock }: Context,
  instance: Instance,
  wanted: Instance['spec']['wish'],
  state: InstanceStateName,
): aws.InstanceStateChange {
  const launchedAt = wanted === 'running' ? clock.now() : instance.spec.launchedAt;
  const changed = store.setSpec(instance, { ...instance.spec, wish: wanted, launchedAt });
  if (changed)
    store.setStatus(changed, {
      ...changed.status,
      state,
      stateReason: wanted === 'running' ? undefined : userShutdown,
      stateChangedAt: clock.now(),
      systemReachable: undefined,
      instanceReachable: undefined,
      impairedSince: undefined,
    });
  return {
    InstanceId: instance.id,
    CurrentState: toState(state),
    PreviousState: toState(instance.status.state),
  };
}

function unchanged({ id, status }: Instance): aws.InstanceStateChange {
  return {
    InstanceId: id,
    CurrentState: toState(status.state),
    PreviousState: toState(status.state),
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html */
function summary(
  { status }: Instance,
  check: 'systemReachable' | 'instanceReachable',
): aws.InstanceStatusSummary {
  if (status.state !== 'running' && status.state !== 'pending') return { Status: 'not-applicable' };
  const isReachable = status[check];
  if (isReachable === undefined)
    return { Status: 'initializing', Details: [{ Name: 'reachability', Status: 'initializing' }] };
  if (isReachable) return { Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] };
  return {
    Status: 'impaired',
    Details: [
      {
        Name: 'reachability',
        Status: 'failed',
        ...(status.impairedSince === undefined ? {} : { ImpairedSince: new Date(status.impairedSince) }),
      },
    ],
  };
}
