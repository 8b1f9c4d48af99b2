import { sqlName, sqlText } from '#/drivers/database/linux/client.ts';

/** Readers fetch the writer's log as this account. */
export const replicationUser = 'rdsrepladmin';

/**
 * What a master user may do: AWS's list, which leaves out what reaches beyond the data (SUPER, FILE, SHUTDOWN).
 * See https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html
 */
const masterPrivileges =
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, ' +
  'CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, ' +
  'CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER';

/**
 * The statements of a server's init file, run at each start before the first client: the region's own accounts are
 * as they should be, whatever a user with CREATE USER did to them. Kept out of the binary log.
 */
export function renderInitFile(replicationPassword: string): string {
  return [
    'SET SESSION sql_log_bin = 0;',
    "CREATE OR REPLACE USER 'root'@'localhost' IDENTIFIED VIA unix_socket;",
    "GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION;",
    `CREATE OR REPLACE USER '${replicationUser}'@'%' IDENTIFIED BY ${sqlText(replicationPassword)};`,
    `GRANT REPLICATION SLAVE ON *.* TO '${replicationUser}'@'%';`,
    '',
  ].join('\n');
}

/** Makes the master user, or gives it its password and privileges back. */
export function renderMasterUser(user: string, password: string): string {
  const account = `${sqlText(user)}@'%'`;
  return [
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${sqlText(password)};`,
    `ALTER USER ${account} IDENTIFIED BY ${sqlText(password)};`,
    `GRANT ${masterPrivileges} ON *.* TO ${account} WITH GRANT OPTION;`,
    '',
  ].join('\n');
}

/** What makes a fresh system the user's: run once, by the server in its bootstrap mode (one statement a line). */
export function renderFirstStatements(
  user: string,
  password: string,
  databaseName: string | undefined,
): string {
  return [
    'FLUSH PRIVILEGES;',
    renderMasterUser(user, password),
    databaseName === undefined ? '' : `CREATE DATABASE IF NOT EXISTS ${sqlName(databaseName)};`,
    '',
  ].join('\n');
}
