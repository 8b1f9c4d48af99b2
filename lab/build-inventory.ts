import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Puts the application and its packages into one file, in a folder that becomes the asset's zip. */
export function buildInventory(): string {
  const folder = join(here, 'cdk.out', 'inventory-code');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  buildSync({
    entryPoints: [join(here, 'inventory/src/main.ts')],
    outfile: join(folder, 'inventory.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // mysql2 is a CommonJS package: what it requires must be there in a module too.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return folder;
}
