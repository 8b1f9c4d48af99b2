import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import type { Dependencies, Principal } from '#/services/contract.ts';
import { iamId, secretAccessKey, sessionToken } from '#/services/iam/names.ts';
import { requireRole } from '#/services/iam/role/resource.ts';
import { accessKeyType, userType } from '#/services/iam/user/resource.ts';
import type { Credentials } from '#/wire/backend.ts';

/** Temporary credentials; their id in the store is the access key id. */
export type Session = Resource<'Snowglobe::STS::Session', SessionSpec, null>;

export interface SessionSpec {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export const sessionType = resourceType<Session>('Snowglobe::STS::Session');

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** `AROA…:session` */
  readonly assumedRoleId: string;
  readonly arn: string;
}

type Region = Pick<Dependencies, 'store' | 'clock' | 'random' | 'account'>;

/** Gives out temporary credentials of a role: to who assumes it, and to instances. Throws NoSuchEntity. */
export function issueRoleCredentials(
  { store, clock, random, account }: Region,
  roleName: string,
  sessionName: string,
  durationSeconds: number,
): RoleCredentials {
  const role = requireRole(store, roleName);
  const arn = `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`;
  const assumedRoleId = `${role.spec.roleId}:${sessionName}`;
  const accessKeyId = iamId('ASIA', random);
  const spec: SessionSpec = {
    principal: { account, arn, userId: assumedRoleId, accessKeyId },
    secretAccessKey: secretAccessKey(random),
    sessionToken: sessionToken(random),
    expiresAt: clock.now() + durationSeconds * 1_000,
  };
  store.create(sessionType, { id: accessKeyId, status: null, spec });
  return { ...spec, accessKeyId, assumedRoleId, arn };
}

/** Temporary credentials of the caller itself (GetSessionToken). */
export function issueOwnCredentials(
  { store, clock, random }: Region,
  principal: Principal,
  durationSeconds: number,
): Session {
  const accessKeyId = iamId('ASIA', random);
  return store.create(sessionType, {
    id: accessKeyId,
    status: null,
    spec: {
      principal: { ...principal, accessKeyId },
      secretAccessKey: secretAccessKey(random),
      sessionToken: sessionToken(random),
      expiresAt: clock.now() + durationSeconds * 1_000,
    },
  });
}

/** The well-known key pair for trying things out: it acts as the account itself. */
const testKey = { id: 'test', secretAccessKey: 'test' } as const;

/**
 * Finds an access key as this host's clients may use it: any of the account's, and the well-known one. A guest that
 * signs with the latter would act as the whole account, so guests' requests are looked up by `findCredentials`.
 */
export function findHostCredentials(
  store: Store,
  account: string,
  accessKeyId: string,
): Credentials | undefined {
  if (accessKeyId !== testKey.id) return findCredentials(store, account, accessKeyId);
  return {
    secretAccessKey: testKey.secretAccessKey,
    sessionToken: undefined,
    principal: { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId },
  };
}

/** Finds an access key that IAM or STS gave out; inactive ones are unknown. */
export function findCredentials(store: Store, account: string, accessKeyId: string): Credentials | undefined {
  const session = store.get(sessionType, accessKeyId);
  if (session) return session.spec; // the wire layer tells an expired one from an unknown one
  const key = store.get(accessKeyType, accessKeyId);
  const user = key && store.get(userType, key.spec.userName);
  if (!key?.spec.isActive || !user) return undefined;
  return {
    secretAccessKey: key.spec.secretAccessKey,
    sessionToken: undefined,
    principal: { account, arn: user.spec.arn, userId: user.spec.userId, accessKeyId },
  };
}
