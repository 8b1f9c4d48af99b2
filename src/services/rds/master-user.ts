import { randomText } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { invalidCombination, invalidValue } from '#/services/rds/errors.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const reserved = new Set(['rdsadmin', 'rdsrepladmin', 'mysql', 'mariadb.sys', 'public']);

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
export function requireMasterUser(name: string | undefined): string {
  if (name === undefined)
    throw invalidValue('The parameter MasterUsername must be provided and must not be blank.');
  if (!/^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(name))
    throw invalidValue(
      'The parameter MasterUsername is not a valid identifier. Identifiers must begin with a letter and contain only ASCII letters, digits, and underscores.',
    );
  if (reserved.has(name.toLowerCase()))
    throw invalidValue(`MasterUsername ${name} cannot be used as it is a reserved word used by the engine`);
  return name;
}

export function requirePassword(password: string): string {
  if (password.length < 8)
    throw invalidValue(
      'The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.',
    );
  if (!/^[\x21-\x7e]+$/.test(password) || /[/@"]/.test(password))
    throw invalidValue(
      `The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`,
    );
  if (password.length > 41)
    throw invalidValue(
      'The parameter MasterUserPassword is not a valid password because it is longer than 41 characters.',
    );
  return password;
}

/** The password given, or a generated one that is kept in Secrets Manager (`ManageMasterUserPassword`). */
export function newMasterPassword(
  context: Context,
  owner: string,
  input: {
    readonly MasterUsername?: string;
    readonly MasterUserPassword?: string;
    readonly ManageMasterUserPassword?: boolean;
  },
): { readonly password: string; readonly secretArn: string | undefined } {
  const { MasterUsername, MasterUserPassword, ManageMasterUserPassword } = input;
  if (!ManageMasterUserPassword) {
    if (MasterUserPassword === undefined)
      throw invalidValue('The parameter MasterUserPassword must be provided and must not be blank.');
    return { password: requirePassword(MasterUserPassword), secretArn: undefined };
  }
  if (MasterUserPassword !== undefined)
    throw invalidCombination(
      "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.",
    );
  const password = randomText(context.random, alphabet, 28);
  const secret = context.call.secretsmanager.CreateSecret({
    Name: `rds!${owner}-${randomText(context.random, alphabet, 8)}`,
    SecretString: JSON.stringify({ username: MasterUsername, password }),
  });
  return { password, secretArn: secret.ARN };
}
