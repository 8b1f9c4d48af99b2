import { AwsError } from '#/lib/aws-error.ts';

/** Runs a step for which a refusal with such a code is as good as done; any other failure is thrown on. */
export function unlessRefused(codes: RegExp, step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof AwsError && codes.test(error.code))) throw error;
  }
}
