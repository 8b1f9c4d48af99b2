import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Checksums } from '#/drivers/objects/checksum.ts';
import type { ObjectsDriver, WrittenBlob } from '#/drivers/objects/driver.ts';
import type { Site } from '#/drivers/linux/site.ts';

/** Blobs as files below the region's state; a blob has its name only when all of it is on disk. */
export function linuxObjects({ site }: { site: Site }): ObjectsDriver {
  const folder = join(site.stateDir, 'objects');
  const pathOf = (blobId: string): string => join(folder, blobId);

  async function write(blobId: string, content: Readable): Promise<WrittenBlob> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const unfinished = `${pathOf(blobId)}.unfinished`;
    const checksums = new Checksums();
    let sizeBytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        checksums.update(chunk);
        sizeBytes += chunk.length;
        done(undefined, chunk);
      },
    });
    try {
      await pipeline(content, measure, createWriteStream(unfinished, { mode: 0o600 }));
      const file = await open(unfinished, 'r+');
      await file.sync();
      await file.close();
      await rename(unfinished, pathOf(blobId));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    return { sizeBytes, ...checksums.finish() };
  }

  async function* contents(partIds: readonly string[]): AsyncGenerator<Buffer> {
    for (const partId of partIds) yield* createReadStream(pathOf(partId)) as AsyncIterable<Buffer>; // no encoding is set
  }

  return {
    write,
    concatenate: (blobId, partIds) => write(blobId, Readable.from(contents(partIds), { objectMode: false })),
    async read(blobId, start, end) {
      if (end <= start) return Readable.from([]);
      const file = await open(pathOf(blobId), 'r').catch((cause: unknown) => {
        throw new Error(`there is no blob ${blobId}`, { cause });
      });
      return file.createReadStream({ start, end: end - 1 });
    },
    async remove(blobId) {
      await rm(pathOf(blobId), { force: true });
    },
    async list() {
      const files = await readdir(folder).catch(() => []);
      return files.filter((file) => !file.endsWith('.unfinished'));
    },
    async destroyAll() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
