import { AwsError } from '#/lib/aws-error.ts';

/** Runs a step of a deletion for which "it is not there" is as good as done. */
export function unlessMissing(step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof AwsError && /^NoSuch|NotFound/.test(error.code))) throw error;
  }
}
