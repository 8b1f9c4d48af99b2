import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, tryRun } from '#/lib/run.ts';

test('a program that succeeds answers its standard output', async () => {
  assert.equal(await run('echo', ['a  b', '$HOME']), 'a  b $HOME\n');
});

test('a program gets its input, its environment and its folder', async () => {
  const output = await run('sh', ['-c', 'cat; printf "%s " "$COLOUR"; pwd'], {
    input: 'in ',
    env: { COLOUR: 'red' },
    cwd: '/',
  });

  assert.equal(output, 'in red /\n');
});

test('a program that fails is an error that says what failed and why', async () => {
  await assert.rejects(run('sh', ['-c', 'echo out; echo why >&2; exit 3']), {
    message: 'sh -c echo out; echo why >&2; exit 3 failed (3): why',
  });
});

test('a failure can be looked at instead', async () => {
  assert.deepEqual(await tryRun('sh', ['-c', 'echo out; echo why >&2; exit 3']), {
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'why\n',
  });
});

test('a program that is not there cannot be started', async () => {
  await assert.rejects(tryRun('no-such-program', []), { message: 'cannot start no-such-program' });
});

test('a program that does not end in time is killed', async () => {
  await assert.rejects(tryRun('sleep', ['60'], { timeoutMs: 50 }), {
    message: 'sleep 60 ended by SIGKILL (limit 50 ms)',
  });
});

test('a program that does not read its input does no harm', async () => {
  assert.equal(await run('true', [], { input: 'x'.repeat(1_000_000) }), '');
});

test('output is told piece by piece as it comes', async () => {
  const pieces: string[] = [];

  await run('sh', ['-c', 'echo one; echo two >&2'], { onOutput: (text) => pieces.push(text) });

  assert.deepEqual(pieces.toSorted(), ['one\n', 'two\n']);
});
