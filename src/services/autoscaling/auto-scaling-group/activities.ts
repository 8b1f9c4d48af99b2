import type * as aws from '@aws-sdk/client-auto-scaling';
import type { Clock } from '#/lib/clock.ts';
import { uuid, type Random } from '#/lib/random.ts';
import {
  scalingActivityType,
  type AutoScalingGroup,
  type ScalingActivity,
  type ScalingActivityStatus,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import type { Store } from '#/store/store.ts';

/** AWS keeps activities for six weeks; here the last of a group are kept. */
const keptPerGroup = 500;

interface Region {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

/** Writes that a group began to do something. */
export function startActivity(
  { store, clock, random }: Region,
  group: AutoScalingGroup,
  activity: { readonly description: string; readonly cause: string; readonly details: string },
): ScalingActivity {
  for (const old of listActivities(store, group.id).slice(keptPerGroup - 1)) store.remove(old);
  return store.create(scalingActivityType, {
    id: uuid(random),
    spec: {
      groupName: group.id,
      groupArn: group.spec.arn,
      cause: activity.cause,
      startedAt: clock.now(),
      details: activity.details,
    },
    status: {
      description: activity.description,
      statusCode: 'InProgress',
      statusMessage: undefined,
      endedAt: undefined,
      progress: 30,
    },
  });
}

/** Writes how an activity goes on. */
export function continueActivity(
  { store }: Region,
  id: string | undefined,
  change: Partial<ScalingActivityStatus>,
): void {
  const found = id === undefined ? undefined : store.get(scalingActivityType, id);
  if (found && found.status.endedAt === undefined) store.setStatus(found, { ...found.status, ...change });
}

/** Writes how an activity ended. An end is the end: later ones change nothing. */
export function endActivity(
  region: Region,
  id: string | undefined,
  statusCode: 'Successful' | 'Failed' | 'Cancelled',
  statusMessage?: string,
): void {
  continueActivity(region, id, { statusCode, statusMessage, progress: 100, endedAt: region.clock.now() });
}

/** The activities of a group, or of all, newest first. */
export function listActivities(store: Store, groupName: string | undefined): readonly ScalingActivity[] {
  // An index forgets the order when a record changes; the list keeps it.
  return store
    .list(scalingActivityType)
    .filter(({ spec }) => groupName === undefined || spec.groupName === groupName)
    .toReversed();
}

export function toActivityOutput({ id, spec, status }: ScalingActivity): aws.Activity {
  return {
    ActivityId: id,
    AutoScalingGroupName: spec.groupName,
    AutoScalingGroupARN: spec.groupArn,
    Description: status.description,
    Cause: spec.cause,
    StartTime: new Date(spec.startedAt),
    ...(status.endedAt === undefined ? {} : { EndTime: new Date(status.endedAt) }),
    StatusCode: status.statusCode,
    ...(status.statusMessage === undefined ? {} : { StatusMessage: status.statusMessage }),
    Progress: status.progress,
    Details: spec.details,
  };
}

/** `2026-01-31T12:00:00Z`, as causes have it. */
export function causeTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
