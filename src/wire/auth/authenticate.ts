import { hash } from 'node:crypto';
import { AwsError } from '#/lib/aws-error.ts';
import type { Clock } from '#/lib/clock.ts';
import * as refusals from '#/wire/auth/refusals.ts';
import { parseSignatureV2, verifySignatureV2, type SignatureV2 } from '#/wire/auth/sigv2.ts';
import { parseSignatureV4, signedAt, verifySignatureV4, type SignatureV4 } from '#/wire/auth/sigv4.ts';
import type { Backend, Credentials } from '#/wire/backend.ts';
import { headerOf, type WireRequest } from '#/wire/http/request.ts';
import { isS3, type Target } from '#/wire/protocol.ts';

export type Signature = SignatureV4 | SignatureV2;

/** Who signed a request, with what. */
export interface Authenticated {
  readonly credentials: Credentials;
  readonly signature: Signature;
}

/** The request's signature, not yet verified; undefined when it has none. */
export function signatureOf(request: WireRequest): Signature | undefined {
  return parseSignatureV4(request) ?? parseSignatureV2(request);
}

/** They are authenticated by the token inside them. */
const unsignedOperations = new Set(['AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity']);

export interface Authenticator {
  readonly backend: Backend;
  readonly clock: Clock;
}

/**
 * Says who calls; undefined for what may be unsigned: S3 (where the bucket's policy decides) and the operations
 * that carry another proof. Throws what AWS answers to a wrong key, signature, token or time.
 * `bucketPath` is `/bucket` where S3's bucket is named by the host.
 */
export function authenticate(
  { backend, clock }: Authenticator,
  request: WireRequest,
  target: Target,
  signature: Signature | undefined,
  bucketPath: string,
): Authenticated | undefined {
  if (!signature) {
    if (headerOf(request, 'authorization') !== undefined) throw refusals.unsupported(target);
    if (isS3(target) || unsignedOperations.has(target.operation ?? '')) return undefined;
    throw refusals.missing(target);
  }
  const credentials = backend.credentials(signature.accessKeyId);
  if (!credentials) throw refusals.unknownKey(target, signature.accessKeyId);
  checkTime(signature, target, clock.now());
  if (!isSignedBy(request, target, signature, credentials.secretAccessKey, bucketPath))
    throw refusals.mismatch(target);
  if (credentials.sessionToken !== undefined && credentials.sessionToken !== signature.sessionToken)
    throw refusals.unknownKey(target, signature.accessKeyId);
  if (credentials.expiresAt !== undefined && credentials.expiresAt <= clock.now())
    throw refusals.expiredToken(target);
  return { credentials, signature };
}

function isSignedBy(
  request: WireRequest,
  target: Target,
  signature: Signature,
  secretAccessKey: string,
  bucketPath: string,
): boolean {
  if (signature.version === 2) return verifySignatureV2(request, signature, secretAccessKey, bucketPath);
  return verifySignatureV4(request, signature, secretAccessKey, payloadHash(request, target, signature));
}

/** What stands for the body in the signed text. What a header claims of an S3 body is checked when it is read. */
function payloadHash(request: WireRequest, target: Target, signature: SignatureV4): string {
  const claimed = headerOf(request, 'x-amz-content-sha256');
  if (isS3(target)) {
    if (claimed !== undefined) return claimed;
    if (signature.expiresS !== undefined) return 'UNSIGNED-PAYLOAD';
    throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  const actual = hash('sha256', target.body ?? '');
  return claimed === undefined || /^[0-9a-f]{64}$/.test(claimed) ? actual : claimed;
}

const minuteMs = 60_000;

function checkTime(signature: Signature, target: Target, now: number): void {
  if (signature.version === 2) {
    if (!(now <= Number(signature.expires) * 1000)) throw refusals.expiredUrl();
    return;
  }
  const signed = signedAt(signature);
  const skewMs = (isS3(target) ? 15 : 5) * minuteMs;
  if (signature.expiresS === undefined) {
    if (!(Math.abs(now - signed) <= skewMs))
      throw refusals.skewed(target, signature.date, signed, now, skewMs);
    return;
  }
  if (!(now <= signed + signature.expiresS * 1000 && now >= signed - 15 * minuteMs))
    throw isS3(target) ? refusals.expiredUrl() : refusals.skewed(target, signature.date, signed, now, skewMs);
}
