import { ask } from '#/cli/client.ts';
import { printJson, type Command } from '#/cli/command.ts';

export const execCommand: Command = {
  name: 'exec',
  summary: 'Run a command inside an instance',
  usage: 'INSTANCE -- COMMAND [ARG ...]',
  help: 'Runs the command as root in the instance and ends with its exit code.',
  async run({ name, json, args, rest }) {
    const instance = args[0];
    if (instance === undefined || rest.length === 0)
      throw new Error('say which instance and what to run: exec i-… -- COMMAND');
    const answer = await ask(name, 'POST', 'exec', { instance, argv: rest });
    const { exitCode, stdout, stderr } = answer as { exitCode: number; stdout: string; stderr: string }; // the private API's
    if (json) printJson({ exitCode, stdout, stderr });
    else {
      process.stdout.write(stdout);
      process.stderr.write(stderr);
    }
    return exitCode;
  },
};
