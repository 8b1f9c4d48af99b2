import { print, printJson, type Command } from '#/cli/command.ts';
import { requireSettings, type RegionSettings } from '#/server/settings.ts';

export const envCommand: Command = {
  name: 'env',
  summary: 'Lines for the shell: endpoint, region, credentials',
  usage: '',
  help: 'Prints export lines. Use: eval "$(./snowglobe env)"',
  async run({ name, json }) {
    const variables = environmentOf(requireSettings(name));
    if (json) printJson(variables);
    else for (const [variable, value] of Object.entries(variables)) print(`export ${variable}=${value}`);
    return 0;
  },
};

/** What an unmodified AWS client needs to find the region. */
export function environmentOf({ port, regionName }: RegionSettings): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: regionName,
    AWS_DEFAULT_REGION: regionName,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_PAGER: '',
  };
}
