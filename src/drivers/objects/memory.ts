import { Readable } from 'node:stream';
import { Checksums } from '#/drivers/objects/checksum.ts';
import type { ObjectsDriver, WrittenBlob } from '#/drivers/objects/driver.ts';

/** Blobs in memory, for simulations and tests. */
export function memoryObjects(): ObjectsDriver {
  const blobs = new Map<string, Buffer>();

  function put(blobId: string, content: Buffer): WrittenBlob {
    blobs.set(blobId, content);
    const checksums = new Checksums();
    checksums.update(content);
    return { sizeBytes: content.length, ...checksums.finish() };
  }
  function requireBlob(blobId: string): Buffer {
    const blob = blobs.get(blobId);
    if (!blob) throw new Error(`there is no blob ${blobId}`);
    return blob;
  }

  return {
    async write(blobId, content) {
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(Buffer.from(chunk as Uint8Array)); // binary streams only
      return put(blobId, Buffer.concat(chunks));
    },
    async concatenate(blobId, partIds) {
      return put(blobId, Buffer.concat(partIds.map(requireBlob)));
    },
    async read(blobId, start, end) {
      return Readable.from([requireBlob(blobId).subarray(start, end)]);
    },
    async remove(blobId) {
      blobs.delete(blobId);
    },
    async list() {
      return [...blobs.keys()];
    },
    async destroyAll() {
      blobs.clear();
    },
  };
}
