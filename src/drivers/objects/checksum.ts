import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The checksums S3 knows, computed over one pass of a blob's bytes. */
export class Checksums {
  readonly #md5 = createHash('md5');
  readonly #sha1 = createHash('sha1');
  readonly #sha256 = createHash('sha256');
  #crc32 = 0;
  #crc32c = 0;
  #crc64 = 0n;

  update(chunk: Uint8Array): void {
    for (const hash of [this.#md5, this.#sha1, this.#sha256] satisfies Hash[]) hash.update(chunk);
    this.#crc32 = crc32(chunk, this.#crc32);
    this.#crc32c = crc32c(chunk, this.#crc32c);
    this.#crc64 = crc64(chunk, this.#crc64);
  }

  /** To be called once, at the end. */
  finish(): {
    md5Hex: string;
    checksums: Record<'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256' | 'CRC64NVME', string>;
  } {
    return {
      md5Hex: this.#md5.digest('hex'),
      checksums: {
        CRC32: base64OfWord(this.#crc32),
        CRC32C: base64OfWord(this.#crc32c),
        SHA1: this.#sha1.digest('base64'),
        SHA256: this.#sha256.digest('base64'),
        CRC64NVME: base64OfLong(this.#crc64),
      },
    };
  }
}

function base64OfWord(word: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(word >>> 0);
  return bytes.toString('base64');
}

function base64OfLong(long: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(long);
  return bytes.toString('base64');
}

// Reflected tables: CRC-32C (Castagnoli) and CRC-64/NVME, as in https://reveng.sourceforge.io/crc-catalogue
const crc32cTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

export function crc32c(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crc32cTable[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

// Kept as two 32-bit halves: big integers would make it a hundred times slower.
const crc64Table = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  return value;
});
const crc64Low = Uint32Array.from(crc64Table, (value) => Number(value & 0xffffffffn));
const crc64High = Uint32Array.from(crc64Table, (value) => Number(value >> 32n));

export function crc64(bytes: Uint8Array, seed = 0n): bigint {
  let low = ~Number(seed & 0xffffffffn);
  let high = ~Number(seed >> 32n);
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (crc64Low[index] ?? 0);
    high = (high >>> 8) ^ (crc64High[index] ?? 0);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}
