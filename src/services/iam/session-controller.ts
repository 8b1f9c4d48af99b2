import type { Controller } from '#/controllers/controller.ts';
import type { Dependencies } from '#/services/contract.ts';
import { sessionType, type Session } from '#/services/iam/sessions.ts';

/** Forgets temporary credentials when they have expired. */
export function sessionController({ store, clock }: Dependencies): Controller<Session> {
  return {
    type: sessionType,
    async reconcile(session) {
      const leftMs = session.spec.expiresAt - clock.now();
      if (leftMs > 0) return { requeueAfterMs: Math.min(leftMs, 3_600_000) };
      store.remove(session);
      return undefined;
    },
  };
}
