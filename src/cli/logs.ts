import { join } from 'node:path';
import { ask } from '#/cli/client.ts';
import { print, type Command } from '#/cli/command.ts';
import { readFileIfThere } from '#/lib/files.ts';
import { requireSettings, stateDirOf } from '#/server/settings.ts';

const linesShown = 200;

export const logsCommand: Command = {
  name: 'logs',
  summary: "The region's log, or an instance's console",
  usage: '[INSTANCE]',
  help: `Prints the last ${linesShown} lines.`,
  async run({ name, args }) {
    const instance = args[0];
    requireSettings(name);
    const text =
      instance === undefined
        ? readFileIfThere(join(stateDirOf(name), 'region.log'))
        : ((await ask(name, 'GET', `console?instance=${encodeURIComponent(instance)}`)) as { text: string })
            .text; // the private API's
    print((text ?? '').trimEnd().split('\n').slice(-linesShown).join('\n'));
    return 0;
  },
};
