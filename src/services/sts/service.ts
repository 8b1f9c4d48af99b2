import { AwsError } from '#/lib/aws-error.ts';
import type { Context, Handlers, Service } from '#/services/contract.ts';
import { roleType } from '#/services/iam/role/resource.ts';
import { issueOwnCredentials, issueRoleCredentials } from '#/services/iam/sessions.ts';
import type { StsApi } from '#/wire/api/sts.ts';

/** The role's name; whoever may not assume it, or names one that is not there, hears the same. */
function requireAssumable(arn: string, { store, account, principal }: Context): string {
  const match = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(arn);
  const role = match?.[1] === account && match[2] !== undefined ? store.get(roleType, match[2]) : undefined;
  if (role?.spec.arn !== arn) {
    throw new AwsError(
      'AccessDenied',
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      { status: 403 },
    );
  }
  return role.id;
}

const stsOperations = {
  GetCallerIdentity(_input, { principal }) {
    return { Account: principal.account, Arn: principal.arn, UserId: principal.userId };
  },

  AssumeRole({ RoleArn, RoleSessionName, DurationSeconds = 3_600 }, context) {
    const roleName = requireAssumable(RoleArn, context);
    const issued = issueRoleCredentials(context, roleName, RoleSessionName, DurationSeconds);
    return {
      AssumedRoleUser: { AssumedRoleId: issued.assumedRoleId, Arn: issued.arn },
      Credentials: {
        AccessKeyId: issued.accessKeyId,
        SecretAccessKey: issued.secretAccessKey,
        SessionToken: issued.sessionToken,
        Expiration: new Date(issued.expiresAt),
      },
    };
  },

  GetSessionToken({ DurationSeconds = 43_200 }, context) {
    const session = issueOwnCredentials(context, context.principal, DurationSeconds);
    return {
      Credentials: {
        AccessKeyId: session.id,
        SecretAccessKey: session.spec.secretAccessKey,
        SessionToken: session.spec.sessionToken,
        Expiration: new Date(session.spec.expiresAt),
      },
    };
  },
} satisfies Handlers<StsApi>;

/** Who am I, and temporary credentials. */
export function stsService(): Service<'sts'> {
  return { name: 'sts', operations: stsOperations, types: [], controllers: [], providers: [] };
}
