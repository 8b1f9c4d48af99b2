import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  backOf,
  decide,
  removalOf,
  type ResourceView,
  type StackView,
  type Step,
} from '#/services/cloudformation/stack/decide.ts';
import type { ResourceState, StackState } from '#/services/cloudformation/stack/resource.ts';

/** Vpc, a subnet in it, and a topic for itself. */
const wanted = new Map([
  ['Vpc', []],
  ['Subnet', ['Vpc']],
  ['Topic', []],
]);

function view(
  state: StackState,
  resources: readonly ResourceView[],
  more: Partial<StackView> = {},
): StackView {
  return {
    state,
    operationId: 'op',
    onFailure: 'ROLLBACK',
    canGoBack: true,
    isLate: false,
    wanted,
    resources,
    ...more,
  };
}

function resource(logicalId: string, state: ResourceState, more: Partial<ResourceView> = {}): ResourceView {
  return {
    id: logicalId,
    logicalId,
    leftover: false,
    state,
    operationId: 'op',
    change: 'create',
    hasBefore: false,
    dependencies: logicalId === 'Subnet' ? ['Vpc'] : [],
    ...more,
  };
}

const removing = removalOf({ state: 'DELETE_IN_PROGRESS', operationId: 'op' });
const updated = { change: 'update', hasBefore: true } as const;
const all = ['Vpc', 'Subnet', 'Topic'];

const cases: readonly (readonly [string, StackView, readonly Step[]])[] = [
  [
    'what depends on nothing starts first',
    view('CREATE_IN_PROGRESS', []),
    [
      { do: 'apply', logicalId: 'Vpc' },
      { do: 'apply', logicalId: 'Topic' },
    ],
  ],
  [
    'a dependant waits for completion, not for creation',
    view('CREATE_IN_PROGRESS', [resource('Vpc', 'CREATE_IN_PROGRESS'), resource('Topic', 'CREATE_COMPLETE')]),
    [{ do: 'check', id: 'Vpc' }],
  ],
  [
    'a resource of a former operation is looked at again by an update',
    view('UPDATE_IN_PROGRESS', [
      resource('Vpc', 'CREATE_COMPLETE', { operationId: 'former' }),
      resource('Topic', 'UPDATE_COMPLETE'),
    ]),
    [{ do: 'apply', logicalId: 'Vpc' }],
  ],
  [
    'the first failure cancels what is under way and starts nothing more',
    view('CREATE_IN_PROGRESS', [resource('Vpc', 'CREATE_FAILED'), resource('Topic', 'CREATE_IN_PROGRESS')]),
    [{ do: 'cancel', id: 'Topic' }],
  ],
  [
    'a creation that took too long is rolled back',
    view('CREATE_IN_PROGRESS', [], { isLate: true }),
    [
      {
        do: 'become',
        state: 'ROLLBACK_IN_PROGRESS',
        reason: 'Stack creation time exceeded the specified timeout. Rollback requested by user.',
      },
    ],
  ],
  [
    'a failure stays as it is when that is wanted',
    view('CREATE_IN_PROGRESS', [resource('Vpc', 'CREATE_FAILED')], { onFailure: 'DO_NOTHING' }),
    [{ do: 'become', state: 'CREATE_FAILED', reason: 'The following resource(s) failed to create: [Vpc]. ' }],
  ],
  [
    'an update of what was never complete has no way back',
    view('UPDATE_IN_PROGRESS', [resource('Vpc', 'UPDATE_FAILED')], { canGoBack: false }),
    [{ do: 'become', state: 'UPDATE_FAILED', reason: 'The following resource(s) failed to update: [Vpc]. ' }],
  ],
  [
    'a stack is created when all of it is',
    view(
      'CREATE_IN_PROGRESS',
      all.map((id) => resource(id, 'CREATE_COMPLETE')),
    ),
    [{ do: 'become', state: 'CREATE_COMPLETE' }],
  ],
  [
    'what is depended on is deleted last',
    view(
      'DELETE_IN_PROGRESS',
      all.map((id) => resource(id, 'CREATE_COMPLETE')),
    ),
    [
      { do: 'delete', id: 'Subnet' },
      { do: 'delete', id: 'Topic' },
    ],
  ],
  [
    'a deletion that failed leaves what it stands on, and fails when the rest is gone',
    view('DELETE_IN_PROGRESS', [
      resource('Vpc', 'CREATE_COMPLETE'),
      resource('Subnet', 'DELETE_FAILED', { operationId: removing }),
      resource('Topic', 'DELETE_COMPLETE', { operationId: removing }),
    ]),
    [
      {
        do: 'become',
        state: 'DELETE_FAILED',
        reason: 'The following resource(s) failed to delete: [Subnet]. ',
      },
    ],
  ],
  [
    'a second deletion tries again what failed in the first',
    view('DELETE_IN_PROGRESS', [
      resource('Vpc', 'CREATE_COMPLETE'),
      resource('Subnet', 'DELETE_FAILED', { operationId: 'former' }),
    ]),
    [{ do: 'delete', id: 'Subnet' }],
  ],
  [
    'the clean-up takes what is no longer wanted and what replacements left, nothing else',
    view('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', [
      resource('Vpc', 'UPDATE_COMPLETE'),
      resource('Vpc', 'UPDATE_COMPLETE', { id: 'Vpc/old', leftover: true }),
      resource('Old', 'CREATE_COMPLETE'),
    ]),
    [
      { do: 'delete', id: 'Vpc/old' },
      { do: 'delete', id: 'Old' },
    ],
  ],
  [
    'going back begins with what others stand on',
    view('UPDATE_ROLLBACK_IN_PROGRESS', [
      resource('Vpc', 'UPDATE_COMPLETE', updated),
      resource('Subnet', 'UPDATE_FAILED', updated),
    ]),
    [{ do: 'restore', id: 'Vpc' }],
  ],
  [
    'what has gone back is waited for',
    view('UPDATE_ROLLBACK_IN_PROGRESS', [
      resource('Vpc', 'UPDATE_IN_PROGRESS', { operationId: backOf('op') }),
      resource('Subnet', 'UPDATE_FAILED', updated),
    ]),
    [{ do: 'check', id: 'Vpc' }],
  ],
  [
    'what cannot go back fails the way back',
    view('UPDATE_ROLLBACK_IN_PROGRESS', [
      resource('Vpc', 'UPDATE_FAILED', { ...updated, operationId: backOf('op') }),
    ]),
    [
      {
        do: 'become',
        state: 'UPDATE_ROLLBACK_FAILED',
        reason: 'The following resource(s) failed to update: [Vpc]. ',
      },
    ],
  ],
  ['a stack at rest has nothing to do', view('UPDATE_COMPLETE', [resource('Vpc', 'UPDATE_COMPLETE')]), []],
];

for (const [name, given, expected] of cases) {
  test(name, () => {
    assert.deepEqual(decide(given), expected);
  });
}
