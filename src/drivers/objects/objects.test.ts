import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectsConformance } from '#/drivers/objects/conformance.ts';
import { linuxObjects } from '#/drivers/objects/linux/objects.ts';
import { memoryObjects } from '#/drivers/objects/memory.ts';

objectsConformance('memory objects', memoryObjects);
objectsConformance('objects in files', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'objects-'));
  return linuxObjects({
    site: { name: 't-objects', stateDir, imagesDir: stateDir, publicPool: '198.18.1.0/24' },
  });
});
