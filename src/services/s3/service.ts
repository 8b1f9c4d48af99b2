import { text } from 'node:stream/consumers';
import { anyController, type Controller } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import { bucketPolicyProvider, bucketProvider } from '#/services/s3/bucket/cloudformation.ts';
import { configurationOperations } from '#/services/s3/bucket/configurations.ts';
import { bucketOperations } from '#/services/s3/bucket/operations.ts';
import { bucketType, requireBucket } from '#/services/s3/bucket/resource.ts';
import { listingOperations } from '#/services/s3/object/listing.ts';
import { objectOperations } from '#/services/s3/object/operations.ts';
import { objectType, requireObject, type S3Object } from '#/services/s3/object/resource.ts';
import { uploadOperations } from '#/services/s3/upload/operations.ts';
import { uploadType } from '#/services/s3/upload/resource.ts';

/** Buckets and objects. */
export function s3Service(dependencies: Dependencies): Service<'s3'> {
  const { objects } = dependencies.drivers;
  const inFlight = new Set<string>();
  return {
    name: 's3',
    operations: {
      ...bucketOperations,
      ...configurationOperations,
      ...objectOperations(objects, inFlight),
      ...listingOperations,
      ...uploadOperations(objects, inFlight),
    },
    metadataOnly: [
      ...(Object.keys(configurationOperations) as (keyof typeof configurationOperations)[]),
      'PutBucketAcl',
      'GetBucketAcl',
      'GetObjectAcl',
    ],
    types: [anyType(bucketType), anyType(objectType), anyType(uploadType)],
    controllers: [anyController(objectController(dependencies, inFlight))],
    providers: [bucketProvider, bucketPolicyProvider],
  };
}

/** Removes the bytes of versions that are gone, and blobs that no object and no upload owns. */
function objectController(
  { store, drivers }: Dependencies,
  inFlight: ReadonlySet<string>,
): Controller<S3Object> {
  return {
    type: objectType,
    async reconcile(object) {
      if (!object.deleting) return undefined;
      await drivers.objects.remove(object.id);
      store.remove(object);
      return undefined;
    },
    effects: {
      async list() {
        const blobs = await drivers.objects.list();
        // Asked after the listing: a part that was recorded meanwhile is owned.
        const owned = new Set(
          store.list(uploadType).flatMap(({ spec }) => Object.values(spec.parts).map(({ blobId }) => blobId)),
        );
        return blobs.filter((blobId) => !owned.has(blobId) && !inFlight.has(blobId));
      },
      destroy: (blobId) => drivers.objects.remove(blobId),
    },
  };
}

/** Reads an object's text on behalf of another service (CloudFormation's TemplateURL). Throws what GetObject throws. */
export async function readObjectText(
  { store, drivers }: Dependencies,
  bucket: string,
  key: string,
): Promise<string> {
  requireBucket(store, bucket);
  const object = requireObject(store, bucket, key);
  return text(await drivers.objects.read(object.id, 0, object.spec.sizeBytes));
}
