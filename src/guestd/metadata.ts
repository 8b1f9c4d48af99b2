import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { Clock } from '#/lib/clock.ts';
import type { MachineMetadata } from '#/drivers/machine/driver.ts';
import type { GuestState } from '#/guestd/state.ts';

export interface MetadataOptions {
  readonly state: GuestState;
  readonly clock: Clock;
  readonly address: string;
  /** Signs session tokens, so that they outlive a restart of this process. */
  readonly tokenKey: Buffer;
}

/**
 * The instance metadata service, versions 1 and 2. The guest is known by the address its network gives it here.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function startMetadata(options: MetadataOptions): void {
  createServer((incoming, response) => {
    const { status, body, headers } = answer(incoming, options);
    response.writeHead(status, { 'content-type': 'text/plain', server: 'EC2ws', ...headers });
    response.end(body);
  }).listen(80, options.address);
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Record<string, string>;
}

function answer(incoming: IncomingMessage, options: MetadataOptions): Answer {
  const asker = options.state.askerAt(incoming.socket.remoteAddress ?? '');
  const metadata = asker && options.state.metadataOf(asker.linkId);
  if (!asker || !metadata) return notFound;
  const path = new URL(incoming.url ?? '/', 'http://169.254.169.254').pathname.replaceAll(/\/{2,}/g, '/');
  if (path === '/latest/api/token') return issueToken(incoming, asker.linkId, options);
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return { status: 405, body: '' };
  const token = incoming.headers['x-aws-ec2-metadata-token'];
  if (typeof token === 'string' ? !isValid(token, asker.linkId, options) : metadata.tokensRequired) {
    return { status: 401, body: '' };
  }
  return documentAt(path, metadata);
}

const notFound: Answer = { status: 404, body: '' };

function issueToken(incoming: IncomingMessage, linkId: string, options: MetadataOptions): Answer {
  if (incoming.method !== 'PUT') return { status: 405, body: '' };
  // A request that came through a proxy gets none: https://aws.amazon.com/blogs/security (IMDSv2)
  if (incoming.headers['x-forwarded-for'] !== undefined) return { status: 403, body: '' };
  const ttlText = incoming.headers['x-aws-ec2-metadata-token-ttl-seconds'];
  const ttlSeconds = Number(ttlText);
  if (typeof ttlText !== 'string' || !Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > 21_600) {
    return { status: 400, body: '' };
  }
  const expiresAt = options.clock.now() + ttlSeconds * 1_000;
  return {
    status: 200,
    body: `${Buffer.from(String(expiresAt)).toString('base64url')}.${sign(expiresAt, linkId, options)}`,
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(ttlSeconds) },
  };
}

function isValid(token: string, linkId: string, options: MetadataOptions): boolean {
  const [expiryText = '', signature = ''] = token.split('.');
  const expiresAt = Number(Buffer.from(expiryText, 'base64url').toString());
  const expected = Buffer.from(sign(expiresAt, linkId, options));
  const given = Buffer.from(signature);
  return (
    expiresAt > options.clock.now() && given.length === expected.length && timingSafeEqual(given, expected)
  );
}

function sign(expiresAt: number, linkId: string, { tokenKey }: MetadataOptions): string {
  return createHmac('sha256', tokenKey).update(`${expiresAt} ${linkId}`).digest('base64url');
}

const versions = /^\/(latest|2\d{3}-\d\d-\d\d|1\.0)(\/|$)/;

function documentAt(path: string, metadata: MachineMetadata): Answer {
  if (path === '/') return { status: 200, body: 'latest' };
  if (!versions.test(path)) return notFound;
  const rest = path.replace(versions, '');
  if (rest === '') return { status: 200, body: 'dynamic\nmeta-data\nuser-data' };
  if (rest === 'user-data') {
    if (metadata.userData === undefined) return notFound;
    return {
      status: 200,
      body: Buffer.from(metadata.userData, 'base64'),
      headers: { 'content-type': 'application/octet-stream' },
    };
  }
  // cloud-init asks for this listing, and waits for it, before it looks at anything else.
  if (rest === 'dynamic' || rest === 'dynamic/') return { status: 200, body: 'instance-identity/' };
  if (/^dynamic\/instance-identity\/?$/.test(rest)) return { status: 200, body: 'document' };
  if (rest === 'dynamic/instance-identity/document') {
    return { status: 200, body: JSON.stringify(metadata.identityDocument, undefined, 2) };
  }
  if (rest === 'meta-data' || rest.startsWith('meta-data/')) {
    const key = rest.slice('meta-data/'.length);
    const value = Object.hasOwn(metadata.metaData, key) ? metadata.metaData[key] : undefined;
    if (value !== undefined) return { status: 200, body: value };
    const listing = listingAt(key.replace(/\/$/, ''), Object.keys(metadata.metaData));
    return listing.length > 0 ? { status: 200, body: listing.join('\n') } : notFound;
  }
  return notFound;
}

/** The names below a folder of the tree, folders with a slash, as the service lists them. */
export function listingAt(folder: string, paths: readonly string[]): string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const names = paths
    .filter((path) => path.startsWith(prefix) && path !== prefix)
    .map((path) => path.slice(prefix.length))
    .map((path) => (path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : path));
  return [...new Set(names)].toSorted();
}
