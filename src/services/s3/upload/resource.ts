import { resourceType, type Resource } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import { noSuchUpload } from '#/services/s3/errors.ts';
import type { Description } from '#/services/s3/object/write.ts';

/** A multipart upload under way; its id in the store is the upload id. */
export type Upload = Resource<'Snowglobe::S3::Upload', UploadSpec, null>;

export interface UploadSpec {
  readonly bucket: string;
  readonly key: string;
  readonly description: Description;
  /** By part number. */
  readonly parts: Readonly<Record<string, UploadPart>>;
}

export interface UploadPart {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly md5Hex: string;
  readonly checksums: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export const uploadType = resourceType<Upload>('Snowglobe::S3::Upload', {
  bucket: ({ spec }) => [spec.bucket],
});

export function requireUpload(store: Store, uploadId: string, bucket: string, key: string): Upload {
  const upload = store.get(uploadType, uploadId);
  if (!upload || upload.spec.bucket !== bucket || upload.spec.key !== key) throw noSuchUpload(uploadId);
  return upload;
}
