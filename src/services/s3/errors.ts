import { AwsError } from '#/lib/aws-error.ts';

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
export const noSuchBucket = (BucketName: string): AwsError =>
  new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
    status: 404,
    details: { BucketName },
  });
export const noSuchKey = (Key: string): AwsError =>
  new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404, details: { Key } });
export const noSuchVersion = (Key: string, VersionId: string): AwsError =>
  new AwsError('NoSuchVersion', 'The specified version does not exist.', {
    status: 404,
    details: { Key, VersionId },
  });
export const noSuchUpload = (UploadId: string): AwsError =>
  new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { status: 404, details: { UploadId } },
  );
export const bucketExists = (BucketName: string): AwsError =>
  new AwsError(
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    { status: 409, details: { BucketName } },
  );
export const bucketNotEmpty = (BucketName: string): AwsError =>
  new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', {
    status: 409,
    details: { BucketName },
  });
export const invalidBucketName = (BucketName: string): AwsError =>
  new AwsError('InvalidBucketName', 'The specified bucket is not valid.', {
    status: 400,
    details: { BucketName },
  });
export const accessDenied = (): AwsError => new AwsError('AccessDenied', 'Access Denied', { status: 403 });
export const invalidRange = (RangeRequested: string, ActualObjectSize: number): AwsError =>
  new AwsError('InvalidRange', 'The requested range is not satisfiable', {
    status: 416,
    details: { RangeRequested, ActualObjectSize },
  });
export const notModified = (): AwsError => new AwsError('NotModified', 'Not Modified', { status: 304 });
export const preconditionFailed = (Condition: string): AwsError =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    details: { Condition },
  });
export const badDigest = (kind: string): AwsError =>
  new AwsError('BadDigest', `The ${kind} you specified did not match the calculated checksum.`, {
    status: 400,
  });
export const invalidPart = (): AwsError =>
  new AwsError(
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { status: 400 },
  );
export const invalidPartOrder = (): AwsError =>
  new AwsError(
    'InvalidPartOrder',
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
    { status: 400 },
  );
export const entityTooSmall = (): AwsError =>
  new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    status: 400,
  });
export const methodNotAllowed = (): AwsError =>
  new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    status: 405,
  });
export const invalidRequest = (message: string): AwsError =>
  new AwsError('InvalidRequest', message, { status: 400 });
/** A configuration that the bucket does not have; each has a code of its own. */
export const noSuchConfiguration = (code: string, message: string, BucketName: string): AwsError =>
  new AwsError(code, message, { status: 404, details: { BucketName } });
