import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { print, type Command } from '#/cli/command.ts';
import { buildImages } from '#/images/build.ts';
import { start } from '#/lib/run.ts';
import { snowglobeHome } from '#/server/settings.ts';

const projectDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const testCommand: Command = {
  name: 'test',
  summary: 'Check types, style and layers; run all tests, real data plane included',
  usage: '[--fast] [FILE ...]',
  help: 'With --fast the tests that need root and the kernel are left out. With FILEs only these are run. Uses regions of its own.',
  options: { fast: { type: 'boolean' } },
  async run({ options, args }) {
    const isFast = options['fast'] === true;
    if (args.length === 0) {
      for (const [program, ...words] of [
        ['tsc'],
        ['oxlint', '--type-aware'],
        ['oxfmt', '--check'],
        ['knip'],
      ]) {
        const exitCode = await step(join(projectDir, 'node_modules/.bin', program ?? ''), words);
        if (exitCode !== 0) return exitCode;
      }
    }
    const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'lab/**/*.test.ts'], {
      cwd: projectDir,
      exclude: ['**/node_modules/**'],
    });
    const chosen = args.length > 0 ? args : all.filter((file) => !isFast || !file.endsWith('.linux.test.ts'));
    const quick = chosen.filter((file) => !file.endsWith('.linux.test.ts')).toSorted();
    // Those on the real data plane share one kernel and measure time: one after the other.
    const real = chosen.filter((file) => file.endsWith('.linux.test.ts')).toSorted();
    if (real.length > 0) await buildImages({ imagesDir: join(snowglobeHome(), 'images'), onProgress: print });
    for (const [files, concurrency] of [
      [quick, 2],
      [real, 1],
    ] as const) {
      if (files.length === 0) continue;
      const exitCode = await step(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        '--test',
        `--test-concurrency=${concurrency}`,
        ...files,
      ]);
      if (exitCode !== 0) return exitCode;
    }
    return 0;
  },
};

/** Runs a program with this terminal; answers its exit code. */
function step(program: string, args: readonly string[]): Promise<number> {
  print(
    `\n> ${program.slice(program.lastIndexOf('/') + 1)} ${args.filter((word) => !word.includes('.test.ts')).join(' ')}`,
  );
  const child = start(program, args, {
    stdio: 'inherit',
    cwd: projectDir,
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, // tools ask for `node` there
      SNOWGLOBE_IMAGES: join(snowglobeHome(), 'images'),
    },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
}
