import { unlessRefused } from '#/services/unless-refused.ts';

/** Runs a step of a deletion for which "it is not there" is as good as done. */
export function unlessMissing(step: () => unknown): void {
  unlessRefused(/^NoSuch|NotFound/, step);
}
