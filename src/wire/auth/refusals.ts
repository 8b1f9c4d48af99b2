/** What each family of services answers to a request that it does not authenticate, in code, status and words. */
import { unreachable } from '#/lib/assert.ts';
import { AwsError } from '#/lib/aws-error.ts';
import type { Protocol, Target } from '#/wire/protocol.ts';

type Told = Pick<Target, 'protocol'>;

const invalidToken = 'The security token included in the request is invalid.';
const signatureText = 'The request signature we calculated does not match the signature you provided.';

/** No signature at all. */
export function missing(target: Told): AwsError {
  return isJson(target.protocol)
    ? json(target, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
    : refusal('MissingAuthenticationToken', 'Request is missing Authentication Token');
}

/** An `Authorization` of another kind than ours. */
export function unsupported(target: Told): AwsError {
  return target.protocol === 'rest-xml'
    ? new AwsError('InvalidArgument', 'Unsupported Authorization Type', { status: 400 })
    : new AwsError('IncompleteSignature', 'Authorization header requires AWS4-HMAC-SHA256', { status: 400 });
}

/** No such key, or a temporary one without its token. */
export function unknownKey(target: Told, accessKeyId: string): AwsError {
  switch (target.protocol) {
    case 'ec2':
      return new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', {
        status: 401,
      });
    case 'rest-xml':
      return new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        {
          status: 403,
          details: { AWSAccessKeyId: accessKeyId },
        },
      );
    case 'query':
      return refusal('InvalidClientTokenId', invalidToken);
    case 'json-1.0':
    case 'json-1.1':
    case 'rest-json':
    case 'cbor':
      return json(target, 'UnrecognizedClientException', invalidToken);
    default:
      return unreachable(target.protocol);
  }
}

/** Another secret than the key's, or a request that was changed on its way. */
export function mismatch(target: Told): AwsError {
  if (target.protocol === 'rest-xml')
    return refusal('SignatureDoesNotMatch', `${signatureText} Check your key and signing method.`);
  const message = `${signatureText} Check your AWS Secret Access Key and signing method. Consult the service documentation for details.`;
  return isJson(target.protocol)
    ? json(target, 'InvalidSignatureException', message)
    : refusal('SignatureDoesNotMatch', message);
}

/** A temporary key after its end. */
export function expiredToken(target: Told): AwsError {
  if (target.protocol === 'rest-xml')
    return new AwsError('ExpiredToken', 'The provided token has expired.', { status: 400 });
  const message = 'The security token included in the request is expired';
  return isJson(target.protocol)
    ? json(target, 'ExpiredTokenException', message)
    : refusal('ExpiredToken', message);
}

/** A presigned URL of S3 after its end. */
export function expiredUrl(): AwsError {
  return refusal('AccessDenied', 'Request has expired');
}

/** The signature's time is too far from ours. Times in milliseconds since the epoch. */
export function skewed(target: Told, date: string, signed: number, now: number, skewMs: number): AwsError {
  if (target.protocol === 'rest-xml')
    return refusal(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  if (target.protocol === 'ec2')
    return new AwsError('RequestExpired', 'Request has expired.', { status: 400 });
  const late = !(signed > now);
  const bound = amzDate(late ? now - skewMs : now + skewMs);
  const minutes = skewMs / 60_000;
  const message = late
    ? `Signature expired: ${date} is now earlier than ${bound} (${amzDate(now)} - ${minutes} min.)`
    : `Signature not yet current: ${date} is still later than ${bound} (${amzDate(now)} + ${minutes} min.)`;
  return isJson(target.protocol)
    ? json(target, 'InvalidSignatureException', message)
    : refusal('SignatureDoesNotMatch', message);
}

function amzDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

function isJson(protocol: Protocol): boolean {
  return protocol !== 'ec2' && protocol !== 'query' && protocol !== 'rest-xml';
}

function refusal(code: string, message: string): AwsError {
  return new AwsError(code, message, { status: 403 });
}

/** The JSON protocols answer 400 where REST says 403. */
function json({ protocol }: Told, code: string, message: string): AwsError {
  return new AwsError(code, message, { status: protocol === 'rest-json' ? 403 : 400 });
}
