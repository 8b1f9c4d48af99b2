import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coverage, type OperationCoverage } from '#/server/coverage.ts';
import { simRegion } from './sim-region.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the table of what is real says what the region says of itself', () => {
  const told = rowsAfter('| service ').map((cells) => cells.slice(0, 4).join(' '));
  const { region } = simRegion({});

  const actual = coverage(region).map(({ service, operations }) =>
    [
      service,
      count(operations, 'real'),
      count(operations, 'metadata'),
      count(operations, 'not implemented'),
    ].join(' '),
  );

  assert.deepEqual(told.toSorted(), actual.toSorted());
});

function count(operations: Readonly<Record<string, OperationCoverage>>, kind: OperationCoverage): number {
  return Object.values(operations).filter((one) => one === kind).length;
}

/** The cells of a markdown table's rows, found by the beginning of its head. */
function rowsAfter(head: string): string[][] {
  const lines = readme.split('\n');
  const from = lines.findIndex((line) => line.startsWith(head)) + 2;
  const rows = lines.slice(from);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
