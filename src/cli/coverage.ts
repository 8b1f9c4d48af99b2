import { ask } from '#/cli/client.ts';
import { print, printJson, renderTable, type Command } from '#/cli/command.ts';
import type { OperationCoverage, ServiceCoverage } from '#/server/coverage.ts';

export const coverageCommand: Command = {
  name: 'coverage',
  summary: 'Which operations are real, metadata only, or not implemented',
  usage: '[SERVICE]',
  help: 'Counts them for each service; with a SERVICE lists its operations and CloudFormation types.',
  async run({ name, json, args }) {
    const all = (await ask(name, 'GET', 'coverage')) as readonly ServiceCoverage[]; // the private API's
    const chosen = args[0] === undefined ? all : all.filter(({ service }) => service === args[0]);
    if (chosen.length === 0)
      throw new Error(
        `there is no service ${args[0]}; there are: ${all.map(({ service }) => service).join(', ')}`,
      );
    if (json) printJson(chosen);
    else print(args[0] === undefined ? renderCounts(chosen) : chosen.map(renderOperations).join('\n'));
    return 0;
  },
};

const kinds: readonly OperationCoverage[] = ['real', 'metadata', 'not implemented'];

function renderCounts(services: readonly ServiceCoverage[]): string {
  const rows = services.map(({ service, operations }) => [
    service,
    ...kinds.map((kind) => String(Object.values(operations).filter((one) => one === kind).length)),
  ]);
  return renderTable(['SERVICE', 'REAL', 'METADATA', 'NOT IMPLEMENTED'], rows);
}

function renderOperations({ operations, resourceTypes }: ServiceCoverage): string {
  const lists = kinds.map((kind) => {
    const names = Object.keys(operations).filter((operation) => operations[operation] === kind);
    return `${kind} (${names.length}):\n${names.map((one) => `  ${one}`).join('\n')}`;
  });
  return [...lists, `CloudFormation types:\n${resourceTypes.map((type) => `  ${type}`).join('\n')}`].join(
    '\n',
  );
}
