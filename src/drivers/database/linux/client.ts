import { run } from '#/lib/run.ts';
import { socketPath } from '#/drivers/database/linux/config.ts';

/**
 * Runs statements as the server's administrator, over its socket, where the kernel vouches for this host's root.
 * Statements go through standard input: nothing secret stands in an argument list. Answers rows with a header line (or, after `\\G`, lines of `Name: value`).
 */
export function query(serverDir: string, sql: string, timeoutMs = 10_000): Promise<string> {
  const args = ['--no-defaults', `--socket=${socketPath(serverDir)}`, '--user=root', '--batch', '--raw'];
  return run('mariadb', args, { input: `${sql}\n`, timeoutMs });
}

/** A text literal of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;
}

/** A quoted name of SQL. */
export function sqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Reads the `Name: value` lines of one row shown vertically (`\G`). */
export function parseVertical(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z_@.]+): (.*)$/.exec(line);
    if (match?.[1] !== undefined) values.set(match[1], match[2] ?? '');
  }
  return values;
}
