import type { Readable } from 'node:stream';

/** Where the bytes of S3 objects lie. Names, versions and metadata are the store's; a blob never changes. */
export interface ObjectsDriver {
  /** Takes a stream in whole; answers once it is durable. An error of the stream leaves nothing behind. */
  write(blobId: string, content: Readable): Promise<WrittenBlob>;
  /** Joins blobs into a new one, in this order. */
  concatenate(blobId: string, partIds: readonly string[]): Promise<WrittenBlob>;
  /** Reads bytes from `start` to before `end`. Throws when there is no such blob. */
  read(blobId: string, start: number, end: number): Promise<Readable>;
  /** Removing what is not there is done already. */
  remove(blobId: string): Promise<void>;
  list(): Promise<readonly string[]>;
  destroyAll(): Promise<void>;
}

export interface WrittenBlob {
  readonly sizeBytes: number;
  readonly md5Hex: string;
  /** Base64, by algorithm. */
  readonly checksums: Readonly<Record<'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256' | 'CRC64NVME', string>>;
}
