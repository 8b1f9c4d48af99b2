import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '#/lib/aws-error.ts';

/** Sums up a body as it passes. */
interface Sum {
  update(bytes: Buffer): void;
  /** In base64, as the headers carry it. */
  result(): string;
}

/** What S3 can check; others (CRC64NVME, the xxHash family) are taken as they are said. */
const algorithms: Readonly<Record<string, () => Sum>> = {
  crc32: () => crcSum((bytes, previous) => crc32(bytes, previous)),
  crc32c: () => crcSum(crc32c),
  sha1: () => hashSum('sha1'),
  sha256: () => hashSum('sha256'),
  sha512: () => hashSum('sha512'),
  md5: () => hashSum('md5'),
};

/**
 * Checks a body against the checksums that its headers or trailers claim.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export class Checksums {
  readonly #sums = new Map<string, Sum>();

  /** `names` are those of headers: `x-amz-checksum-crc32`, `content-md5`. */
  constructor(names: Iterable<string>) {
    for (const name of names) {
      const algorithm = name === 'content-md5' ? 'md5' : name.replace('x-amz-checksum-', '');
      if (Object.hasOwn(algorithms, algorithm)) {
        const sum = algorithms[algorithm];
        if (sum) this.#sums.set(name, sum());
      }
    }
  }

  update(bytes: Buffer): void {
    for (const sum of this.#sums.values()) sum.update(bytes);
  }

  /** Compares with what was claimed; answers the sums by name. Throws `BadDigest`. */
  verify(claimed: (name: string) => string | undefined): ReadonlyMap<string, string> {
    const results = new Map<string, string>();
    for (const [name, sum] of this.#sums) {
      const actual = sum.result();
      const claim = claimed(name);
      if (claim !== undefined && claim !== actual) throw badDigest(name);
      results.set(name, actual);
    }
    return results;
  }
}

function badDigest(name: string): AwsError {
  const what = name === 'content-md5' ? 'Content-MD5' : name.replace('x-amz-checksum-', '').toUpperCase();
  const message =
    name === 'content-md5'
      ? `The ${what} you specified did not match what we received.`
      : `The ${what} you specified did not match the calculated checksum.`;
  return new AwsError('BadDigest', message, { status: 400 });
}

function hashSum(algorithm: string): Sum {
  const hash = createHash(algorithm);
  return { update: (bytes) => hash.update(bytes), result: () => hash.digest('base64') };
}

function crcSum(add: (bytes: Buffer, previous: number) => number): Sum {
  let value = 0;
  return {
    update(bytes) {
      value = add(bytes, value);
    },
    result() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes.toString('base64');
    },
  };
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(bytes: Buffer, previous: number): number {
  let value = ~previous >>> 0;
  for (const byte of bytes) value = ((castagnoli[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)) >>> 0;
  return ~value >>> 0;
}
