/** One command of `snowglobe`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints below the usage line. */
  readonly help: string;
  /** `[NAME]`, after the command's name. */
  readonly usage: string;
  /** Options beside the common ones (`--name`, `--json`, `--help`). */
  readonly options?: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** Answers the exit code. Throws to be told in one sentence, with exit code 1. */
  run(invocation: Invocation): Promise<number>;
}

export interface Invocation {
  /** The region: `main` unless `--name` says another. */
  readonly name: string;
  readonly json: boolean;
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly args: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Facts for machines. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Rows in aligned columns; empty cells show as `-`. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows.map((row) => row.map((cell) => cell || '-'))];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
