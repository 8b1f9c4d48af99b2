/** The commands of `./snowglobe`, after the launcher has brought what they need. */
import { parseArgs } from 'node:util';
import { benchCommand } from '#/cli/bench.ts';
import { print, type Command } from '#/cli/command.ts';
import { coverageCommand } from '#/cli/coverage.ts';
import { destroyCommand } from '#/cli/destroy.ts';
import { doctorCommand } from '#/cli/doctor.ts';
import { downCommand } from '#/cli/down.ts';
import { envCommand } from '#/cli/env.ts';
import { execCommand } from '#/cli/exec.ts';
import { logsCommand } from '#/cli/logs.ts';
import { statusCommand } from '#/cli/status.ts';
import { testCommand } from '#/cli/test.ts';
import { upCommand } from '#/cli/up.ts';
import { urlCommand } from '#/cli/url.ts';

const commands: readonly Command[] = [
  upCommand,
  downCommand,
  destroyCommand,
  statusCommand,
  doctorCommand,
  envCommand,
  urlCommand,
  logsCommand,
  execCommand,
  coverageCommand,
  testCommand,
  benchCommand,
];

const usage = `Usage: ./snowglobe COMMAND [--name REGION] [--json] [--help]

${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join('\n')}

The state is kept in SNOWGLOBE_HOME, /var/lib/snowglobe unless set. --name speaks of another region than \`main\`.`;

// Whoever reads our output may stop reading, as `head` does.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`snowglobe: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});

async function main([commandName, ...words]: readonly string[]): Promise<number> {
  if (commandName === undefined || commandName === 'help' || commandName === '--help') {
    print(usage);
    return commandName === undefined ? 1 : 0;
  }
  const command = commands.find(({ name }) => name === commandName);
  if (!command) throw new Error(`there is no command ${commandName}; './snowglobe --help' lists them`);
  const cut = words.includes('--') ? words.indexOf('--') : words.length;
  const { values, positionals } = parseArgs({
    args: words.slice(0, cut),
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
      ...command.options,
    },
  });
  if (values.help) {
    print(`Usage: ./snowglobe ${command.name} ${command.usage}`.trimEnd());
    print(`\n${command.summary}.\n${command.help}`);
    return 0;
  }
  const name = values.name ?? 'main';
  if (!/^[a-z0-9][a-z0-9-]{0,11}$/.test(name))
    throw new Error("a region's name is 1 to 12 of a-z, 0-9 and -");
  return command.run({
    name,
    json: values.json ?? false,
    options: values,
    args: positionals,
    rest: words.slice(cut + 1),
  });
}
