import { createHash } from 'node:crypto';
import type { ObjectsDriver } from '#/drivers/objects/driver.ts';
import { randomText, uuid } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { ownerOf } from '#/services/s3/bucket/operations.ts';
import { requireBucket } from '#/services/s3/bucket/resource.ts';
import { entityTooSmall, invalidPart, invalidPartOrder, invalidRequest } from '#/services/s3/errors.ts';
import { resolveRange } from '#/services/s3/object/conditions.ts';
import { parseCopySource, requireSigned } from '#/services/s3/object/operations.ts';
import { requireObject } from '#/services/s3/object/resource.ts';
import {
  bodyOf,
  checkDigests,
  claimedChecksums,
  describe,
  recordObject,
} from '#/services/s3/object/write.ts';
import { requireUpload, uploadType, type Upload, type UploadPart } from '#/services/s3/upload/resource.ts';
import type { S3Api } from '#/wire/api/s3.ts';

const partBytesMin = 5 * 1024 * 1024; // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const uploadIdAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._';

/** Multipart uploads. `inFlight` holds blobs that are being written and belong to nothing yet. */
export function uploadOperations(objects: ObjectsDriver, inFlight: Set<string>) {
  /** Writes one part's blob and puts it in the place of a former one with that number. */
  async function writePart(
    context: Context,
    reference: {
      readonly Bucket: string;
      readonly Key: string;
      readonly UploadId: string;
      readonly PartNumber: number;
    },
    write: (blobId: string) => Promise<UploadPart>,
  ): Promise<UploadPart> {
    const { UploadId, Bucket, Key, PartNumber } = reference;
    if (PartNumber < 1 || PartNumber > 10_000) {
      throw invalidRequest('Part number must be an integer between 1 and 10000, inclusive');
    }
    requireUpload(context.store, UploadId, Bucket, Key);
    const blobId = uuid(context.random);
    inFlight.add(blobId);
    try {
      const part = await write(blobId);
      context.store.transaction(() => {
        const upload = requireUpload(context.store, UploadId, Bucket, Key);
        context.store.setSpec(upload, {
          ...upload.spec,
          parts: { ...upload.spec.parts, [PartNumber]: part },
        });
      });
      return part;
    } catch (error) {
      await objects.remove(blobId);
      throw error;
    } finally {
      inFlight.delete(blobId);
    }
  }

  return {
    CreateMultipartUpload(input, context) {
      requireSigned(context);
      requireBucket(context.store, input.Bucket);
      const upload = context.store.create(uploadType, {
        id: randomText(context.random, uploadIdAlphabet, 96),
        status: null,
        spec: { bucket: input.Bucket, key: input.Key, description: describe(input), parts: {} },
      });
      return { Bucket: input.Bucket, Key: input.Key, UploadId: upload.id, ServerSideEncryption: 'AES256' };
    },

    async UploadPart(input, context) {
      requireSigned(context);
      const part = await writePart(context, input, async (blobId) => {
        const written = await objects.write(blobId, bodyOf(input.Body));
        checkDigests(written, claimedChecksums(input), input.ContentMD5);
        return { blobId, ...written, modifiedAt: context.clock.now() };
      });
      const claimed = Object.keys(claimedChecksums(input))[0];
      return {
        ETag: `"${part.md5Hex}"`,
        ServerSideEncryption: 'AES256',
        ...(claimed === undefined ? {} : { [`Checksum${claimed}`]: part.checksums[claimed] }),
      };
    },

    async UploadPartCopy(input, context) {
      requireSigned(context);
      const reference = parseCopySource(input.CopySource);
      const source = requireObject(context.store, reference.Bucket, reference.Key, reference.VersionId);
      const range = resolveRange(input.CopySourceRange, source.spec.sizeBytes);
      const part = await writePart(context, input, async (blobId) => {
        const written = await objects.write(blobId, await objects.read(source.id, range.start, range.end));
        return { blobId, ...written, modifiedAt: context.clock.now() };
      });
      return { CopyPartResult: { ETag: `"${part.md5Hex}"`, LastModified: new Date(part.modifiedAt) } };
    },

    async CompleteMultipartUpload(input, context) {
      requireSigned(context);
      const upload = requireUpload(context.store, input.UploadId, input.Bucket, input.Key);
      const parts = chosenParts(upload, input.MultipartUpload?.Parts ?? []);
      const blobId = uuid(context.random);
      inFlight.add(blobId);
      try {
        const written = await objects.concatenate(
          blobId,
          parts.map((part) => part.blobId),
        );
        const object = context.store.transaction(() => {
          const current = requireUpload(context.store, input.UploadId, input.Bucket, input.Key);
          context.store.remove(current);
          return recordObject(context, {
            blobId,
            bucket: input.Bucket,
            key: input.Key,
            written,
            etag: etagOf(parts),
            partsCount: parts.length,
            description: current.spec.description,
          });
        });
        return {
          Bucket: input.Bucket,
          Key: input.Key,
          ETag: `"${object.spec.etag}"`,
          Location: `http://${input.Bucket}.s3.${context.region}.amazonaws.com/${input.Key}`,
          VersionId: object.spec.versionId === 'null' ? undefined : object.spec.versionId,
          ServerSideEncryption: 'AES256',
        };
      } catch (error) {
        await objects.remove(blobId);
        throw error;
      } finally {
        inFlight.delete(blobId);
      }
    },

    AbortMultipartUpload({ Bucket, Key, UploadId }, context) {
      requireSigned(context);
      context.store.remove(requireUpload(context.store, UploadId, Bucket, Key)); // its blobs are collected
      return {};
    },

    ListParts({ Bucket, Key, UploadId, MaxParts = 1_000, PartNumberMarker = '0' }, { store, account }) {
      const upload = requireUpload(store, UploadId, Bucket, Key);
      const all = Object.entries(upload.spec.parts).filter(
        ([number]) => Number(number) > Number(PartNumberMarker),
      );
      const shown = all.slice(0, MaxParts);
      return {
        Bucket,
        Key,
        UploadId,
        MaxParts,
        PartNumberMarker,
        IsTruncated: all.length > MaxParts,
        NextPartNumberMarker: all.length > MaxParts ? shown.at(-1)?.[0] : undefined,
        Parts: shown.map(([number, part]) => ({
          PartNumber: Number(number),
          ETag: `"${part.md5Hex}"`,
          Size: part.sizeBytes,
          LastModified: new Date(part.modifiedAt),
        })),
        Initiator: ownerOf(account),
        Owner: ownerOf(account),
        StorageClass: 'STANDARD',
      };
    },

    ListMultipartUploads({ Bucket, Prefix = '' }, { store, account }) {
      requireBucket(store, Bucket);
      return {
        Bucket,
        Prefix,
        IsTruncated: false,
        Uploads: store
          .listBy(uploadType, 'bucket', Bucket)
          .filter(({ spec }) => spec.key.startsWith(Prefix))
          .map((upload) => ({
            UploadId: upload.id,
            Key: upload.spec.key,
            Initiated: new Date(upload.createdAt),
            StorageClass: 'STANDARD' as const,
            Owner: ownerOf(account),
            Initiator: ownerOf(account),
          })),
      };
    },
  } satisfies Handlers<S3Api>;
}

/** The parts that a completion names, checked: in order, there, the same, and large enough but for the last. */
export function chosenParts(
  upload: Upload,
  named: readonly { PartNumber?: number; ETag?: string }[],
): UploadPart[] {
  if (named.length === 0) throw invalidRequest('You must specify at least one part');
  return named.map(({ PartNumber = 0, ETag = '' }, index) => {
    if (index > 0 && PartNumber <= (named[index - 1]?.PartNumber ?? 0)) throw invalidPartOrder();
    const part = upload.spec.parts[PartNumber];
    if (!part || ETag.replaceAll('"', '') !== part.md5Hex) throw invalidPart();
    if (index < named.length - 1 && part.sizeBytes < partBytesMin) throw entityTooSmall();
    return part;
  });
}

/** The entity tag of an object made of parts: the digest of the parts' digests, and how many they are. */
function etagOf(parts: readonly UploadPart[]): string {
  const digests = Buffer.concat(parts.map(({ md5Hex }) => Buffer.from(md5Hex, 'hex')));
  return `${createHash('md5').update(digests).digest('hex')}-${parts.length}`;
}
