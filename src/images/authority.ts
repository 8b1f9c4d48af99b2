import { chmodSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '#/lib/run.ts';

/** The certificate authority that machines trust: it signs for every name the region answers to. */
export interface Authority {
  /** PEM; the key of mode 0600. */
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** Where the authority of an images directory is. */
export function authorityOf(imagesDir: string): Authority {
  return {
    keyFile: join(imagesDir, 'ca', 'ca.key'),
    certificateFile: join(imagesDir, 'ca', 'ca.pem'),
  };
}

/** Makes the authority once: images are built around its certificate, so that it must not change. */
export async function ensureAuthority(imagesDir: string): Promise<Authority> {
  const authority = authorityOf(imagesDir);
  if (existsSync(authority.certificateFile)) return authority;
  mkdirSync(join(imagesDir, 'ca'), { recursive: true, mode: 0o755 });
  const certificate = `${authority.certificateFile}.new`;
  await run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc',
    '-keyout', authority.keyFile, '-out', certificate, '-days', '3650',
    '-subj', '/O=Snowglobe/CN=Snowglobe local authority',
    '-addext', 'basicConstraints=critical,CA:TRUE',
    '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
  ]); // prettier-ignore
  chmodSync(authority.keyFile, 0o600);
  chmodSync(certificate, 0o644);
  renameSync(certificate, authority.certificateFile); // last: with it the authority is complete
  return authority;
}
