import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '#/lib/files.ts';
import { run } from '#/lib/run.ts';

export interface CertificateWish {
  /** Holds `ca.key` and `ca.pem`, which the machine images trust. */
  readonly authorityDir: string;
  /** Where the key and the certificate go. */
  readonly directory: string;
  /** `eu-west-3` */
  readonly regionName: string;
}

/** Makes, once, the key and certificate for AWS's endpoint names in this region; answers where they are. */
export async function makeCertificate({
  authorityDir,
  directory,
  regionName,
}: CertificateWish): Promise<{ certificateFile: string; privateKeyFile: string }> {
  const certificateFile = join(directory, 'gateway.pem');
  const privateKeyFile = join(directory, 'gateway.key');
  if (existsSync(certificateFile)) return { certificateFile, privateKeyFile };
  const requestFile = join(directory, 'gateway.csr');
  const extensionsFile = join(directory, 'gateway.ext');
  writeFileAtomically(extensionsFile, renderExtensions(regionName));
  await run('openssl', [
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    `/CN=${regionName}.amazonaws.com`,
    '-keyout',
    privateKeyFile,
    '-out',
    requestFile,
  ]);
  const signed = `${certificateFile}.new`;
  await run('openssl', [
    'x509',
    '-req',
    '-in',
    requestFile,
    '-days',
    '3650',
    '-sha256',
    '-extfile',
    extensionsFile,
    '-CA',
    join(authorityDir, 'ca.pem'),
    '-CAkey',
    join(authorityDir, 'ca.key'),
    '-CAcreateserial',
    '-out',
    signed,
  ]);
  await run('mv', [signed, certificateFile]);
  return { certificateFile, privateKeyFile };
}

/** The names the certificate is for: services of the region, and S3 buckets in both styles of host name. */
export function renderExtensions(regionName: string): string {
  const names = [
    `*.${regionName}.amazonaws.com`,
    `*.s3.${regionName}.amazonaws.com`,
    '*.amazonaws.com',
    '*.s3.amazonaws.com',
    `*.s3-${regionName}.amazonaws.com`,
  ];
  return `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`;
}
