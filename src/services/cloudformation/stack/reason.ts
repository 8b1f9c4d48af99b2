import { AwsError } from '#/lib/aws-error.ts';
import { uuid } from '#/lib/random.ts';
import type { EngineDependencies } from '#/services/cloudformation/stack/lookup.ts';

/** An error as the status reason that CloudFormation makes of it. */
export function reasonOf({ random }: EngineDependencies, error: unknown): string {
  if (!(error instanceof AwsError)) return 'Internal Failure';
  if (
    error.code === 'ValidationError' &&
    /^(Properties validation|Resource type|Template|No export)/.test(error.message)
  ) {
    return error.message;
  }
  const code =
    handlerErrorCodes.find(([pattern]) => pattern.test(error.code))?.[1] ?? 'GeneralServiceException';
  return (
    `Resource handler returned message: "${error.message} (Status Code: ${error.status ?? 400}; ` +
    `Error Code: ${error.code})" (RequestToken: ${uuid(random)}, HandlerErrorCode: ${code})`
  );
}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
const handlerErrorCodes: readonly (readonly [RegExp, string])[] = [
  [/NotFound|NoSuch/, 'NotFound'],
  [/Already|Duplicate|Conflict$/, 'AlreadyExists'],
  [/LimitExceeded|Quota/, 'ServiceLimitExceeded'],
  [/AccessDenied|Unauthorized/, 'AccessDenied'],
  [/Invalid|Validation|Malformed|MissingParameter/, 'InvalidRequest'],
];
