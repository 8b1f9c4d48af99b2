import type { LaunchSource } from '#/services/autoscaling/auto-scaling-group/resource.ts';

/** What the choice of a victim looks at. */
export interface Candidate {
  readonly id: string;
  readonly availabilityZone: string;
  readonly protectedFromScaleIn: boolean;
  readonly launch: LaunchSource;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
}

/**
 * Which instance a group gives up: of the zone with most unprotected ones, narrowed by the policies in order.
 * Undefined when all are protected. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
 */
export function chooseVictim(
  candidates: readonly Candidate[],
  policies: readonly string[],
  now: number,
): Candidate | undefined {
  const unprotected = candidates.filter(({ protectedFromScaleIn }) => !protectedFromScaleIn);
  let rest = largestZone(unprotected);
  for (const policy of policies.length === 0 ? ['Default'] : policies) rest = narrow(rest, policy, now);
  // What is left is equal in the policies' eyes; the smallest id makes the choice repeatable.
  return rest.toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
}

function largestZone(candidates: readonly Candidate[]): readonly Candidate[] {
  const zones = [...Map.groupBy(candidates, ({ availabilityZone }) => availabilityZone).values()];
  const most = Math.max(0, ...zones.map((zone) => zone.length));
  return zones.filter((zone) => zone.length === most).flat();
}

function narrow(candidates: readonly Candidate[], policy: string, now: number): readonly Candidate[] {
  switch (policy) {
    case 'Default':
      return narrow(narrow(candidates, 'OldestLaunchTemplate', now), 'ClosestToNextInstanceHour', now);
    case 'OldestInstance':
      return least(candidates, ({ launchedAt }) => launchedAt);
    case 'NewestInstance':
      return least(candidates, ({ launchedAt }) => -launchedAt);
    case 'OldestLaunchTemplate':
    case 'OldestLaunchConfiguration':
      return least(candidates, ({ launch }) => launchAge(launch));
    case 'ClosestToNextInstanceHour':
      return least(candidates, ({ launchedAt }) => hourMs - ((now - launchedAt) % hourMs));
    default:
      return candidates; // AllocationStrategy and functions decide nothing for groups of one kind of instance
  }
}

const hourMs = 3_600_000;

/** Instances of a launch configuration go before those of a template. */
function launchAge(launch: LaunchSource): number {
  return launch.from === 'configuration' ? 0 : Number(launch.version);
}

function least(
  candidates: readonly Candidate[],
  rank: (candidate: Candidate) => number,
): readonly Candidate[] {
  const lowest = Math.min(...candidates.map(rank));
  return candidates.filter((candidate) => rank(candidate) === lowest);
}
