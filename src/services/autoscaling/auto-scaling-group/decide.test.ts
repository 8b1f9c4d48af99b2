import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#/services/autoscaling/auto-scaling-group/decide.ts';
import type { Member, Step } from '#/services/autoscaling/auto-scaling-group/steps.ts';
import type {
  AutoScalingGroup,
  AutoScalingGroupSpec,
  GroupInstanceSpec,
  GroupInstanceStatus,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';

const now = 1_000_000_000;
const arn = 'tg';

interface Given {
  readonly state?: string | undefined;
  readonly lifecycle?: GroupInstanceStatus['lifecycleState'];
  readonly zone?: string;
  readonly target?: string;
  readonly impairedMs?: number;
  readonly inServiceMs?: number;
  readonly needsReplacement?: boolean;
  readonly isProtected?: boolean;
  readonly wish?: GroupInstanceSpec['wish'];
  readonly version?: string;
}

function member(id: string, given: Given = {}): Member {
  const instance = {
    id,
    createdAt: now - 60_000,
    spec: {
      groupName: 'g',
      availabilityZone: given.zone ?? 'a',
      protectedFromScaleIn: given.isProtected ?? false,
      wish: given.wish ?? 'in-service',
      userHealth: undefined,
      launch: {
        from: 'template',
        id: 'lt',
        name: 'lt',
        version: given.version ?? '1',
        instanceType: undefined,
      },
    },
    status: {
      lifecycleState: given.lifecycle ?? 'InService',
      health: 'Healthy',
      inServiceAt: now - (given.inServiceMs ?? 600_000),
      activityId: undefined,
      needsReplacement: given.needsReplacement ?? false,
    },
  } as unknown as Member['instance']; // what a decision looks at
  return {
    instance,
    state: 'state' in given ? given.state : 'running',
    impairedSince: given.impairedMs === undefined ? undefined : now - given.impairedMs,
    targets: given.target === undefined ? {} : { [arn]: given.target },
  };
}

interface Case {
  readonly desired: number;
  readonly members: readonly Member[];
  readonly spec?: Partial<AutoScalingGroupSpec>;
  readonly deleting?: boolean;
  readonly launchAgainAt?: number;
  readonly targetGroup?: 'Adding' | 'Added' | 'InService';
  readonly steps: readonly string[];
}

const elb = { targetGroupArns: [arn], healthCheckType: 'ELB', healthCheckGracePeriodSeconds: 90 };

const cases: Readonly<Record<string, Case>> = {
  'an empty group launches evenly': {
    desired: 3,
    members: [],
    steps: ['launch subnet-a', 'launch subnet-b', 'launch subnet-a'],
  },
  'what is pending counts': {
    desired: 2,
    members: [member('1'), member('2', { zone: 'b', lifecycle: 'Pending', state: 'pending' })],
    steps: [],
  },
  'the emptier zone is launched into': { desired: 2, members: [member('1')], steps: ['launch subnet-b'] },
  'after a failure it waits': {
    desired: 1,
    members: [],
    launchAgainAt: now + 5_000,
    steps: ['wait 5000'],
  },
  'a running pending one is registered and enters service': {
    desired: 1,
    members: [member('1', { lifecycle: 'Pending' })],
    spec: elb,
    steps: ['register 1', 'enter-service 1'],
  },
  'a pending one that died is a failed launch': {
    desired: 1,
    members: [member('1', { lifecycle: 'Pending', state: 'terminated' })],
    steps: ['fail-launch 1'],
  },
  'a stopped one is unhealthy even in the grace period': {
    desired: 1,
    members: [member('1', { state: 'stopped', inServiceMs: 1 })],
    spec: { healthCheckGracePeriodSeconds: 300 },
    steps: ['mark-unhealthy 1', 'begin-termination 1 ec2-state'],
  },
  'one whose machine starts again is pending, not unhealthy': {
    desired: 1,
    members: [member('1', { state: 'pending' })],
    steps: ['return-to-service 1'],
  },
  'an impaired one has a few minutes': {
    desired: 1,
    members: [member('1', { impairedMs: 60_000 })],
    steps: ['wait 120000'],
  },
  'then it goes': {
    desired: 1,
    members: [member('1', { impairedMs: 180_000 })],
    steps: ['mark-unhealthy 1', 'begin-termination 1 ec2-status'],
  },
  'an unhealthy target waits for the grace period': {
    desired: 1,
    members: [member('1', { target: 'unhealthy', inServiceMs: 80_000 })],
    spec: elb,
    steps: ['wait 10000'],
  },
  'an unhealthy target goes after it': {
    desired: 1,
    members: [member('1', { target: 'unhealthy' })],
    spec: elb,
    steps: ['mark-unhealthy 1', 'begin-termination 1 elb'],
  },
  'with EC2 checks a target’s health does not matter': {
    desired: 1,
    members: [member('1', { target: 'unhealthy' })],
    spec: { ...elb, healthCheckType: 'EC2' },
    steps: [],
  },
  'before the target group was in service ELB health does not count': {
    desired: 1,
    members: [member('1', { target: 'unhealthy' })],
    spec: elb,
    targetGroup: 'Added',
    steps: [],
  },
  'of two unhealthy ones that run one goes first': {
    desired: 2,
    members: [member('1', { target: 'unhealthy' }), member('2', { target: 'unhealthy', zone: 'b' })],
    spec: elb,
    steps: ['mark-unhealthy 1', 'begin-termination 1 elb', 'mark-unhealthy 2'],
  },
  'the second waits for the first one’s replacement': {
    desired: 2,
    members: [
      member('1', { lifecycle: 'Terminating', state: 'shutting-down' }),
      member('2', { target: 'unhealthy', zone: 'b' }),
      member('3', { lifecycle: 'Pending', state: 'pending' }),
    ],
    spec: elb,
    steps: ['mark-unhealthy 2'],
  },
  'the replacement is launched while the old one terminates': {
    desired: 1,
    members: [
      member('1', { lifecycle: 'Terminating', state: 'running', target: 'draining', needsReplacement: true }),
    ],
    spec: elb,
    steps: ['await-draining 1', 'wait 5000', 'launch subnet-a'],
  },
  'a terminating one leaves the balancer first': {
    desired: 0,
    members: [member('1', { lifecycle: 'Terminating', target: 'healthy' })],
    spec: elb,
    steps: ['deregister 1'],
  },
  'a drained one is terminated': {
    desired: 0,
    members: [member('1', { lifecycle: 'Terminating' })],
    spec: elb,
    steps: ['terminate 1'],
  },
  'one that EC2 ends already is waited for': {
    desired: 0,
    members: [member('1', { lifecycle: 'Terminating', state: 'shutting-down', target: 'draining' })],
    spec: elb,
    steps: [],
  },
  'a terminated one is forgotten': {
    desired: 0,
    members: [member('1', { lifecycle: 'Terminating', state: 'terminated' })],
    steps: ['forget 1'],
  },
  'scale-in takes the fuller zone’s oldest template': {
    desired: 2,
    members: [member('1', { version: '2' }), member('2', { version: '1' }), member('3', { zone: 'b' })],
    steps: ['begin-termination 2 scale-in'],
  },
  'a zone that the group has left is emptied first': {
    desired: 2,
    members: [member('1'), member('2', { zone: 'b' }), member('3', { zone: 'c' })],
    steps: ['begin-termination 3 scale-in'],
  },
  'a zone that the group has left is replaced by one launch first': {
    desired: 2,
    members: [member('1'), member('2', { zone: 'c' })],
    steps: ['launch subnet-b'],
  },
  'protected ones are not scaled in': {
    desired: 0,
    members: [member('1', { isProtected: true })],
    steps: [],
  },
  'uneven zones are balanced by one launch first': {
    desired: 2,
    members: [member('1'), member('2')],
    steps: ['launch subnet-b'],
  },
  'balance is not sought when suspended': {
    desired: 2,
    members: [member('1'), member('2')],
    spec: { suspendedProcesses: ['AZRebalance'] },
    steps: [],
  },
  'nothing unhealthy is replaced when suspended': {
    desired: 1,
    members: [member('1', { state: 'stopped' })],
    spec: { suspendedProcesses: ['ReplaceUnhealthy'] },
    steps: ['mark-unhealthy 1'],
  },
  'a newly attached target group gets the members': {
    desired: 1,
    members: [member('1')],
    spec: { targetGroupArns: [arn] },
    targetGroup: 'Adding',
    steps: ['register 1'],
  },
  'it is in service with its first healthy target': {
    desired: 1,
    members: [member('1', { target: 'healthy' })],
    spec: { targetGroupArns: [arn] },
    targetGroup: 'Added',
    steps: ['target-group InService'],
  },
  'one that should stand by leaves the balancer': {
    desired: 0,
    members: [member('1', { wish: 'standby' })],
    steps: ['leave-service 1'],
  },
  'one that returns from standby is no reason to launch': {
    desired: 1,
    members: [member('1', { lifecycle: 'Standby' })],
    steps: ['return-to-service 1'],
  },
  'a deleted group ends its instances': {
    desired: 0,
    members: [member('1')],
    deleting: true,
    steps: ['begin-termination 1 group-deleted'],
  },
  'and itself after them': { desired: 0, members: [], deleting: true, steps: ['forget-group'] },
};

for (const [name, given] of Object.entries(cases)) {
  test(`a group: ${name}`, () => {
    const group = {
      id: 'g',
      deleting: given.deleting ?? false,
      spec: {
        desiredCapacity: given.desired,
        subnets: [
          { id: 'subnet-a', availabilityZone: 'a' },
          { id: 'subnet-b', availabilityZone: 'b' },
        ],
        targetGroupArns: [],
        healthCheckType: 'EC2',
        healthCheckGracePeriodSeconds: 0,
        suspendedProcesses: [],
        terminationPolicies: ['Default'],
        isForceDeleted: false,
        ...given.spec,
      },
      status: {
        targetGroups: { [arn]: given.targetGroup ?? 'InService' },
        launchFailures: 0,
        launchAgainAt: given.launchAgainAt ?? 0,
      },
    } as unknown as AutoScalingGroup; // what a decision looks at

    const steps = decide(group, given.members, now);

    assert.deepEqual(steps.map(render), given.steps);
  });
}

function render(step: Step): string {
  if (step.do === 'launch') return `launch ${step.subnetId}`;
  if (step.do === 'wait') return `wait ${step.ms}`;
  if (step.do === 'target-group') return `target-group ${step.state}`;
  if (step.do === 'forget-group') return step.do;
  if (step.do === 'begin-termination') return `${step.do} ${step.id} ${step.because}`;
  return `${step.do} ${step.id}`;
}
