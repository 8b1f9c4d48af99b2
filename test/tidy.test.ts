import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findViolations, staleExceptions, type SourceFile } from './tidy.ts';

const top = join(import.meta.dirname, '..');
const files: readonly SourceFile[] = globSync(
  ['{src,test,tools,bench,lab}/**/*.ts', '{src,docs,lab}/**/*.{sh,md}', 'snowglobe'],
  {
    cwd: top,
    exclude: ['**/node_modules/**', '**/cdk.out/**'],
  },
).map((path) => ({ path, text: readFileSync(join(top, path), 'utf8') }));

test('the code keeps its own rules', () => {
  const broken = findViolations(files).map(({ path, what, because }) => `${path} ${what}: ${because}`);

  assert.ok(files.length > 300);
  assert.deepEqual(broken, []);
});

test('no exception outlives its reason', () => {
  assert.deepEqual(staleExceptions(files), []);
});

const long = 'const x = 1;\n'.repeat(401);

for (const [path, text, what] of [
  ['src/lib/x.ts', "import { Store } from '#/store/store.ts';", 'imports src/store/store.ts'],
  ['src/store/x.ts', "import type { Vpc } from '#/services/ec2/vpc/resource.ts';", 'imports src/services/'],
  [
    'src/controllers/x.ts',
    "import { vpcType } from '../services/ec2/vpc/resource.ts';",
    'imports src/services/',
  ],
  [
    'src/drivers/network/linux/x.ts',
    "import { Store } from '#/store/store.ts';",
    'imports src/store/store.ts',
  ],
  ['src/wire/x.ts', "import { createRegion } from '#/region.ts';", 'imports src/region.ts'],
  ['src/services/ec2/x.ts', "import { createRegion } from '#/region.ts';", 'imports src/region.ts'],
  [
    'src/services/ec2/vpc/operations.ts',
    "import {\n  type NetworkDriver,\n} from '#/drivers/network/driver.ts';",
    'imports src/drivers/network/driver.ts',
  ],
  [
    'src/services/ec2/x.ts',
    "import { linuxNetwork } from '#/drivers/network/linux/network.ts';",
    'imports src/drivers/network/linux/network.ts',
  ],
  [
    'src/server/x.ts',
    "const { memoryNames } = await import('#/drivers/names/memory.ts');",
    'imports src/drivers/names/',
  ],
  ['src/server/x.ts', "import { run } from '#/cli/command.ts';", 'imports src/cli/command.ts'],
  ['src/services/ec2/x.ts', 'const now = Date.now();', 'says Date.now'],
  ['src/services/ec2/x.ts', 'const now = new Date();', 'says new Date()'],
  ['src/services/ec2/x.ts', 'setTimeout(() => {}, 1_000);', 'says setTimeout('],
  ['src/guestd/x.ts', "import { Store } from '#/store/store.ts';", 'imports src/store/store.ts'],
  ['src/services/ec2/x.ts', 'const chance = Math.random();', 'says Math.random'],
  ['src/cli/x.ts', "import { spawn } from 'node:child_process';", 'says import { spawn }'],
  ['src/cli/x.ts', 'export default 1;', 'says export default'],
  ['src/cli/x.ts', 'export enum Colour { Red }', 'says export enum'],
  ['src/cli/x.ts', '// TODO: later', 'says TODO'],
  ['src/cli/x.ts', "const path = '/root/x/y';", "says '/root/"],
  ['docs/x.md', 'See pull request #12.', 'says pull request #12'],
  ['src/cli/index.ts', '', 'is called index.ts'],
  ['src/lib/utils.ts', '', 'is called utils.ts'],
  ['src/lib/fooBar.ts', '', 'is called fooBar.ts'],
  ['src/cli/x.ts', long, 'has 401 lines'],
  ['src/services/ec2/vpc/controller.ts', '', 'has no resource.ts beside it'],
] as const) {
  test(`a file ${path} that ${what} is found`, () => {
    const found = findViolations([{ path, text }]);

    assert.deepEqual(
      found.map((violation) => violation.what.startsWith(what) || violation.what),
      [true],
    );
    assert.ok(found[0]?.because);
  });
}

for (const [path, text] of [
  ['src/lib/clock.ts', 'export const now = () => Date.now();'],
  ['src/lib/run.ts', "import { spawn } from 'node:child_process';"],
  ['src/server/data-plane.ts', "import { memoryNames } from '#/drivers/names/memory.ts';"],
  [
    'src/services/s3/object/operations.ts',
    "import type { ObjectsDriver } from '#/drivers/objects/driver.ts';",
  ],
  ['src/cli/x.ts', "import { isAlive } from '#/drivers/linux/daemon.ts';"],
  ['src/services/ec2/vpc/x.test.ts', "import { memoryNames } from '#/drivers/names/memory.ts';"],
  ['src/services/ec2/x.ts', 'const then = new Date(clock.now());'],
  ['src/services/ec2/vpc/network-model.ts', "import type { Network } from '#/drivers/network/driver.ts';"],
  ['src/services/ec2/x.ts', "import { parseCidr } from '#/lib/cidr.ts';"],
] as const) {
  test(`a file ${path} may say ${text}`, () => {
    assert.deepEqual(findViolations([{ path, text }]), []);
  });
}
