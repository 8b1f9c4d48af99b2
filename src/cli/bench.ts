import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { print, printJson, type Command } from '#/cli/command.ts';
import { start } from '#/lib/run.ts';

const benchDir = fileURLToPath(new URL('../../bench', import.meta.url));

export const benchCommand: Command = {
  name: 'bench',
  summary: 'Measure: starts, instances, requests, balancing, failover',
  usage: '[--cold] [NAME ...]',
  help: `Measures, side by side with something known where there is one, and judges nothing. NAME is one of: ${benchNames().join(', ')}.
--cold also builds the machine images from nothing, which takes minutes. Uses a region of its own, gone afterwards.`,
  options: { cold: { type: 'boolean' } },
  async run({ json, options, args }) {
    const names = args.length > 0 ? args : benchNames();
    const unknown = names.find((name) => !benchNames().includes(name));
    if (unknown !== undefined)
      throw new Error(`there is no benchmark ${unknown}; there are ${benchNames().join(', ')}`);
    const figures: unknown[] = [];
    for (const name of names) {
      if (!json) print(`\n${name}`);
      const { exitCode, output } = await runBench(name, json, options['cold'] === true);
      if (exitCode !== 0) return exitCode;
      if (json) figures.push(...(JSON.parse(output) as unknown[])); // what a benchmark prints with --json
    }
    if (json) printJson(figures);
    return 0;
  },
};

/** The programs in bench/; what they share has a file of its own beside them. */
function benchNames(): readonly string[] {
  const shared = ['harness', 'load', 'proc', 'region', 'web'];
  return readdirSync(benchDir)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .filter((name) => !shared.includes(name))
    .toSorted();
}

function runBench(name: string, json: boolean, cold: boolean): Promise<{ exitCode: number; output: string }> {
  const child = start(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(benchDir, `${name}.ts`),
      ...(json ? ['--json'] : []),
      ...(cold ? ['--cold'] : []),
    ],
    { stdio: ['ignore', json ? 'pipe' : 'inherit', 'inherit'] },
  );
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, output }));
  });
}
