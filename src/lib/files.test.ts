import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { changedAt, readFileIfThere, writeFileAtomically } from '#/lib/files.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'snowglobe-files-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('a file is written with its folders and its mode, replaces the old one, and leaves no other behind', (t) => {
  const home = folder(t);
  const path = join(home, 'a/b/secret');

  writeFileAtomically(path, 'old', 0o600);
  writeFileAtomically(path, 'new', 0o600);

  assert.equal(readFileIfThere(path), 'new');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(home, 'a/b')), ['secret']);
});

test('a file that is not there reads as undefined and never changed; what cannot be read is an error', (t) => {
  const home = folder(t);

  assert.equal(readFileIfThere(join(home, 'none')), undefined);
  assert.equal(changedAt(join(home, 'none')), 0);
  assert.ok(changedAt(home) > 0);
  assert.throws(() => readFileIfThere(home), { message: `cannot read ${home}` });
});
