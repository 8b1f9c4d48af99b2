import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A fresh key pair: the private key as PEM for the user, the public one for machines. */
export interface GeneratedKeys {
  readonly privateKeyPem: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** Makes a key pair. The keys are real, so their chance is the operating system's, not the region's. */
export function generateKeys(keyType: 'rsa' | 'ed25519', keyName: string): GeneratedKeys {
  if (keyType === 'rsa') {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    return {
      privateKeyPem: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString().trimEnd(),
      publicKey: `ssh-rsa ${rsaBlob(publicKey).toString('base64')} ${keyName}`,
      // For keys made by AWS it is the SHA-1 of the private key:
      // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
      fingerprint: colons(createHash('sha1').update(pkcs8).digest('hex')),
    };
  }
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = ed25519Blob(publicKey);
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trimEnd(),
    publicKey: `ssh-ed25519 ${blob.toString('base64')} ${keyName}`,
    fingerprint: createHash('sha256').update(blob).digest('base64'),
  };
}

/**
 * A public key that a user brings: in OpenSSH form, in that of RFC 4716, or its base64 alone. What it answers is
 * OpenSSH's; undefined when it cannot be read.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-key-pairs.html#how-to-generate-your-own-key-and-import-it-to-aws
 */
export function parsePublicKey(
  text: string,
):
  | { readonly keyType: 'rsa' | 'ed25519'; readonly publicKey: string; readonly fingerprint: string }
  | undefined {
  const line = toOpenSsh(text.trim());
  const [algorithm, base64] = line.split(/\s+/);
  if (base64 === undefined) return undefined;
  const blob = Buffer.from(base64, 'base64');
  const [name, first, second] = readStrings(blob);
  if (name?.toString() !== algorithm) return undefined;
  if (algorithm === 'ssh-ed25519' && first?.length === 32) {
    return {
      keyType: 'ed25519',
      publicKey: line,
      fingerprint: createHash('sha256').update(blob).digest('base64'),
    };
  }
  if (algorithm === 'ssh-rsa' && first && second) {
    const key = createPublicKey({
      key: { kty: 'RSA', e: first.toString('base64url'), n: unsigned(second).toString('base64url') },
      format: 'jwk',
    });
    const der = key.export({ type: 'spki', format: 'der' });
    return {
      keyType: 'rsa',
      publicKey: line,
      fingerprint: colons(createHash('md5').update(der).digest('hex')),
    };
  }
  return undefined;
}

/** The key as one line that begins with its algorithm. */
function toOpenSsh(text: string): string {
  const body = /^---- BEGIN SSH2 PUBLIC KEY ----\r?\n([^]*)---- END SSH2 PUBLIC KEY ----$/.exec(text)?.[1];
  // Headers are lines with a colon; a backslash at the end continues one: https://www.rfc-editor.org/rfc/rfc4716
  const base64 = (body ?? text).replaceAll(/^[^:\n]+:(?:.*\\\r?\n)*.*$/gm, '').replaceAll(/\s/g, '');
  if (body === undefined && !/^[A-Za-z0-9+/=]+$/.test(text.replaceAll(/\s/g, ''))) return text;
  const [name] = readStrings(Buffer.from(base64, 'base64'));
  return name === undefined ? text : `${name.toString()} ${base64}`;
}

// The wire form of keys: https://www.rfc-editor.org/rfc/rfc4253#section-6.6
function rsaBlob(key: KeyObject): Buffer {
  const { e = '', n = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([
    sshString(Buffer.from('ssh-rsa')),
    sshString(positive(Buffer.from(e, 'base64url'))),
    sshString(positive(Buffer.from(n, 'base64url'))),
  ]);
}

function ed25519Blob(key: KeyObject): Buffer {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([sshString(Buffer.from('ssh-ed25519')), sshString(Buffer.from(x, 'base64url'))]);
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}

function unsigned(bytes: Buffer): Buffer {
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

function readStrings(blob: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  let rest = blob;
  while (rest.length >= 4) {
    const length = rest.readUInt32BE(0);
    if (rest.length < 4 + length) return [];
    strings.push(rest.subarray(4, 4 + length));
    rest = rest.subarray(4 + length);
  }
  return strings;
}

function colons(hex: string): string {
  return hex.match(/../g)?.join(':') ?? '';
}
