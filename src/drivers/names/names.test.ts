import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namesConformance } from '#/drivers/names/conformance.ts';
import { linuxNames } from '#/drivers/names/linux/names.ts';
import { memoryNames } from '#/drivers/names/memory.ts';

namesConformance('memory names', memoryNames);
namesConformance('names in files', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'names-'));
  return linuxNames({
    site: { name: 't-names', stateDir, imagesDir: stateDir, publicPool: '198.18.1.0/24' },
    regionName: 'eu-west-3',
  });
});
