import type { ObservedServer } from '#/drivers/database/driver.ts';
import type { DbInstanceStatus } from '#/services/rds/db-instance/resource.ts';

/** What an instance's state is, by what its server says. */
export function decideInstanceState(
  { isStopped, hasAnswered }: { readonly isStopped: boolean; readonly hasAnswered: boolean },
  observed: ObservedServer | undefined,
): DbInstanceStatus['state'] {
  if (isStopped) return observed?.isRunning ? 'stopping' : 'stopped';
  if (observed?.isAccepting) return 'available';
  return hasAnswered ? 'rebooting' : 'creating';
}
