import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedMachine } from '#/drivers/machine/driver.ts';
import { decide, leaveBalancersMs, terminatedVisibleMs } from '#/services/ec2/instance/decide.ts';
import type { Instance, InstanceSpec, InstanceStatus } from '#/services/ec2/instance/resource.ts';

const now = 1_000_000_000;
const running: ObservedMachine = { state: 'running', ending: undefined };
const ended = (ending: ObservedMachine['ending']): ObservedMachine => ({ state: 'stopped', ending });

interface Case {
  readonly wish: InstanceSpec['wish'];
  readonly state: InstanceStatus['state'];
  readonly machine: ObservedMachine | undefined;
  readonly isLinked?: boolean;
  readonly ageMs?: number;
  readonly reboots?: number;
  readonly steps: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'a new instance waits for its link': {
    wish: 'running',
    state: 'pending',
    machine: undefined,
    isLinked: false,
    steps: [],
  },
  'a linked one gets a machine': {
    wish: 'running',
    state: 'pending',
    machine: undefined,
    steps: ['create', 'start', 'report running'],
  },
  'a crash between create and start repeats nothing': {
    wish: 'running',
    state: 'pending',
    machine: ended(undefined),
    steps: ['start', 'report running'],
  },
  'a crash after start only reports': {
    wish: 'running',
    state: 'pending',
    machine: running,
    steps: ['report running'],
  },
  'a running one is checked': { wish: 'running', state: 'running', machine: running, steps: ['check'] },
  'a reboot stops and starts': {
    wish: 'running',
    state: 'running',
    machine: running,
    reboots: 1,
    steps: ['stop', 'start', 'report-reboots'],
  },
  'a crash amid a reboot goes on with it': {
    wish: 'running',
    state: 'running',
    machine: ended('poweroff'),
    reboots: 1,
    steps: ['start', 'report-reboots'],
  },
  'a guest’s reboot is a reboot': {
    wish: 'running',
    state: 'running',
    machine: ended('reboot'),
    steps: ['start', 'check'],
  },
  'a guest’s poweroff is a stop': {
    wish: 'running',
    state: 'running',
    machine: ended('poweroff'),
    steps: ['wish stopped'],
  },
  'a machine that was killed is a failure': {
    wish: 'running',
    state: 'running',
    machine: ended('killed'),
    steps: ['wish stopped'],
  },
  'a machine that vanished is a failure': {
    wish: 'running',
    state: 'running',
    machine: undefined,
    steps: ['wish stopped'],
  },
  'a start of a stopped one is pending first': {
    wish: 'running',
    state: 'stopped',
    machine: ended('poweroff'),
    steps: ['report pending'],
  },
  'a stop is reported before it is done': {
    wish: 'stopped',
    state: 'running',
    machine: running,
    steps: ['report stopping'],
  },
  'a stopping one serves a moment longer': {
    wish: 'stopped',
    state: 'stopping',
    machine: running,
    ageMs: leaveBalancersMs - 1,
    steps: ['wait 1'],
  },
  'then it is stopped': {
    wish: 'stopped',
    state: 'stopping',
    machine: running,
    ageMs: leaveBalancersMs,
    steps: ['stop', 'report stopped'],
  },
  'a stopped one is left alone': {
    wish: 'stopped',
    state: 'stopped',
    machine: ended('poweroff'),
    steps: [],
  },
  'a termination is reported before it is done': {
    wish: 'terminated',
    state: 'running',
    machine: running,
    steps: ['report shutting-down'],
  },
  'one that shuts down serves a moment longer': {
    wish: 'terminated',
    state: 'shutting-down',
    machine: running,
    ageMs: 0,
    steps: [`wait ${leaveBalancersMs}`],
  },
  'then machine, interfaces and state go in this order': {
    wish: 'terminated',
    state: 'shutting-down',
    machine: running,
    ageMs: leaveBalancersMs,
    steps: ['stop', 'destroy', 'release-interfaces', 'report terminated'],
  },
  'what does not run is not waited for': {
    wish: 'terminated',
    state: 'shutting-down',
    machine: ended('poweroff'),
    ageMs: 0,
    steps: ['destroy', 'release-interfaces', 'report terminated'],
  },
  'a terminated one is shown for a while': {
    wish: 'terminated',
    state: 'terminated',
    machine: undefined,
    ageMs: 1_000,
    steps: [`wait ${terminatedVisibleMs - 1_000}`],
  },
  'and then forgotten': {
    wish: 'terminated',
    state: 'terminated',
    machine: undefined,
    ageMs: terminatedVisibleMs,
    steps: ['forget'],
  },
};

for (const [name, { wish, state, machine, isLinked = true, ageMs = 0, reboots = 0, steps }] of Object.entries(
  cases,
)) {
  test(`an instance: ${name}`, () => {
    const instance = {
      spec: { wish, reboots, instanceInitiatedShutdownBehavior: 'stop' },
      status: { state, reboots: 0, stateChangedAt: now - ageMs, stateReason: undefined },
    } as unknown as Instance; // what a decision looks at

    const decided = decide(instance, { machine, isLinked, now });

    assert.deepEqual(
      decided.map((step) => {
        if (step.do === 'report') return `report ${step.state}`;
        if (step.do === 'wish') return `wish ${step.wish}`;
        return step.do === 'wait' ? `wait ${step.ms}` : step.do;
      }),
      steps,
    );
  });
}
