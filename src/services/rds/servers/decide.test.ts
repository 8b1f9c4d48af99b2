import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedServer } from '#/drivers/database/driver.ts';
import { decideServers, type Member, type Servers } from '#/services/rds/servers/decide.ts';

const up: ObservedServer = {
  isRunning: true,
  isAccepting: true,
  volumeId: 'W',
  role: 'writer',
  replication: undefined,
};
const down: ObservedServer = { ...up, isRunning: false, isAccepting: false, role: undefined };
const following: ObservedServer = {
  ...up,
  volumeId: 'R',
  role: 'reader',
  replication: { isRunning: true, lagSeconds: 0, writerAddress: '10.0.0.1' },
};
const writer: Member = {
  id: 'w',
  isDeleting: false,
  isLinked: true,
  address: '10.0.0.1',
  promotionTier: 1,
  volumeId: 'W',
  isRestartAsked: false,
  isStuck: false,
  observed: up,
};
const reader: Member = { ...writer, id: 'r', address: '10.0.0.2', volumeId: 'R', observed: following };
const healthy: Servers = {
  isStopped: false,
  writerId: 'w',
  failoverTo: undefined,
  isFailingOver: false,
  members: [writer, reader],
};
const failover = [
  { do: 'kill', id: 'w' },
  { do: 'kill', id: 'r' },
  { do: 'promote', id: 'r' },
];

const cases: readonly [string, Servers, readonly object[]][] = [
  ['all is well', healthy, []],
  ['nobody is there', { ...healthy, writerId: undefined, members: [] }, []],
  [
    'the first instance waits for its interface',
    { ...healthy, writerId: undefined, members: [{ ...writer, isLinked: false, observed: undefined }] },
    [],
  ],
  [
    'the first instance becomes the writer',
    { ...healthy, writerId: undefined, members: [{ ...writer, volumeId: undefined, observed: undefined }] },
    [{ do: 'promote', id: 'w' }],
  ],
  [
    'the writer is not there yet',
    { ...healthy, members: [{ ...writer, observed: undefined }] },
    [{ do: 'start-writer', id: 'w' }],
  ],
  ['the writer died', { ...healthy, members: [{ ...writer, observed: down }, reader] }, failover],
  ['the writer is stuck', { ...healthy, members: [{ ...writer, isStuck: true }, reader] }, failover],
  ['a failover is asked for', { ...healthy, failoverTo: 'any' }, failover],
  [
    'the writer died and no reader answers',
    {
      ...healthy,
      members: [
        { ...writer, observed: down },
        { ...reader, observed: down },
      ],
    },
    [{ do: 'start-writer', id: 'w' }],
  ],
  [
    'whoever was just promoted is started, not given up for another',
    { ...healthy, isFailingOver: true, members: [{ ...writer, observed: down }, reader] },
    [{ do: 'start-writer', id: 'w' }],
  ],
  [
    'a server on a volume that is another’s is fenced before anything starts',
    {
      ...healthy,
      members: [
        { ...writer, observed: down },
        { ...reader, observed: up },
      ],
    },
    [{ do: 'kill', id: 'r' }],
  ],
  [
    'the lowest tier is promoted',
    {
      ...healthy,
      members: [{ ...writer, observed: down }, reader, { ...reader, id: 'r0', promotionTier: 0 }],
    },
    [
      { do: 'kill', id: 'w' },
      { do: 'kill', id: 'r0' },
      { do: 'promote', id: 'r0' },
    ],
  ],
  [
    'a reader follows another writer',
    { ...healthy, members: [{ ...writer, address: '10.0.0.9' }, reader] },
    [{ do: 'start-reader', id: 'r' }],
  ],
  [
    'a reader died',
    { ...healthy, members: [writer, { ...reader, observed: down }] },
    [{ do: 'start-reader', id: 'r' }],
  ],
  ['the writer leaves', { ...healthy, members: [{ ...writer, isDeleting: true }, reader] }, failover],
  [
    'the last one leaves',
    { ...healthy, members: [{ ...writer, isDeleting: true }] },
    [{ do: 'remove', id: 'w' }],
  ],
  [
    'a reader leaves',
    { ...healthy, members: [writer, { ...reader, isDeleting: true }] },
    [{ do: 'remove', id: 'r' }],
  ],
  [
    'the writer restarts in place',
    { ...healthy, members: [{ ...writer, isRestartAsked: true }, reader] },
    [{ do: 'restart', id: 'w' }],
  ],
  [
    'all stop',
    { ...healthy, isStopped: true },
    [
      { do: 'stop', id: 'w' },
      { do: 'stop', id: 'r' },
    ],
  ],
];

for (const [situation, servers, steps] of cases) {
  test(`what to do when ${situation}`, () => {
    assert.deepEqual(decideServers(servers), steps);
  });
}
