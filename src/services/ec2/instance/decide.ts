import type { ObservedMachine } from '#/drivers/machine/driver.ts';
import type { Instance, InstanceStatus } from '#/services/ec2/instance/resource.ts';
import { unreachable } from '#/lib/assert.ts';

export type StateReason = NonNullable<InstanceStatus['stateReason']>;

export type Step =
  | {
      readonly do: 'report';
      readonly state: InstanceStatus['state'];
      readonly reason: StateReason | undefined;
    }
  | { readonly do: 'create' }
  | { readonly do: 'start' }
  | { readonly do: 'stop' }
  | { readonly do: 'destroy' }
  | { readonly do: 'report-reboots' }
  /** What happened inside the machine becomes the wish: a guest that powers itself off is not started again. */
  | { readonly do: 'wish'; readonly wish: 'stopped' | 'terminated'; readonly reason: StateReason }
  | { readonly do: 'release-interfaces' }
  /** The two status checks. */
  | { readonly do: 'check' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'forget' };

export interface Situation {
  readonly machine: ObservedMachine | undefined;
  /** Whether the primary network interface is in the kernel. */
  readonly isLinked: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * How long a machine goes on working after its instance was said to be going. In AWS the balancers take such a
 * target out before it is gone; here they hear of the state at once, and this is the time in which they do so,
 * so that no request meets a machine that is shutting down.
 */
export const leaveBalancersMs = 1_500;

/** Terminated instances are shown for about an hour: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html */
export const terminatedVisibleMs = 3_600_000;

export const userShutdown: StateReason = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};
export const guestShutdown: StateReason = {
  code: 'Client.InstanceInitiatedShutdown',
  message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
};
export const internalError: StateReason = {
  code: 'Server.InternalError',
  message: 'Server.InternalError: Internal error on launch',
};

/** What to do next to an instance, in this order; the order is the safety. */
export function decide(instance: Instance, situation: Situation): readonly Step[] {
  const { wish } = instance.spec;
  switch (wish) {
    case 'terminated':
      return terminate(instance, situation);
    case 'stopped':
      return stop(instance, situation);
    case 'running':
      return run(instance, situation);
    default:
      return unreachable(wish);
  }
}

function terminate({ status }: Instance, { machine, now }: Situation): readonly Step[] {
  if (status.state === 'terminated') {
    const restMs = status.stateChangedAt + terminatedVisibleMs - now;
    return restMs <= 0 ? [{ do: 'forget' }] : [{ do: 'wait', ms: restMs }];
  }
  const reason = status.stateReason ?? userShutdown;
  if (status.state !== 'shutting-down') return [{ do: 'report', state: 'shutting-down', reason }];
  const restMs = status.stateChangedAt + leaveBalancersMs - now;
  const isRunning = machine?.state === 'running';
  if (isRunning && restMs > 0) return [{ do: 'wait', ms: restMs }];
  return [
    ...(isRunning ? [{ do: 'stop' } as const] : []),
    { do: 'destroy' },
    { do: 'release-interfaces' },
    { do: 'report', state: 'terminated', reason },
  ];
}

function stop({ status }: Instance, { machine, now }: Situation): readonly Step[] {
  const isRunning = machine?.state === 'running';
  if (status.state === 'stopped') return isRunning ? [{ do: 'stop' }] : [];
  const reason = status.stateReason ?? userShutdown;
  if (status.state !== 'stopping') return [{ do: 'report', state: 'stopping', reason }];
  const restMs = status.stateChangedAt + leaveBalancersMs - now;
  if (isRunning && restMs > 0) return [{ do: 'wait', ms: restMs }];
  return [...(isRunning ? [{ do: 'stop' } as const] : []), { do: 'report', state: 'stopped', reason }];
}

function run(instance: Instance, { machine, isLinked }: Situation): readonly Step[] {
  const { status, spec } = instance;
  if (status.state !== 'pending' && status.state !== 'running')
    return [{ do: 'report', state: 'pending', reason: undefined }];
  const running: Step = { do: 'report', state: 'running', reason: undefined };
  if (status.state === 'pending') {
    if (machine?.state === 'running') return [running];
    // The interface's controller says when its link is there, and that is looked at again then.
    if (!isLinked) return [];
    return [...(machine ? [] : [{ do: 'create' } as const]), { do: 'start' }, running];
  }
  if (status.reboots !== spec.reboots) {
    return [
      ...(machine?.state === 'running' ? [{ do: 'stop' } as const] : []),
      { do: 'start' },
      { do: 'report-reboots' },
    ];
  }
  if (machine?.state === 'running') return [{ do: 'check' }];
  switch (machine?.ending) {
    case 'reboot':
      return [{ do: 'start' }, { do: 'check' }];
    case 'poweroff': {
      const wish = spec.instanceInitiatedShutdownBehavior === 'stop' ? 'stopped' : 'terminated';
      return [{ do: 'wish', wish, reason: guestShutdown }];
    }
    case 'killed':
    case undefined:
      // The machine died under its instance, as when AWS's hardware fails. Groups replace what is not running.
      return [{ do: 'wish', wish: 'stopped', reason: internalError }];
    default:
      return unreachable(machine?.ending as never); // every ending has its case
  }
}
