import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '#/lib/files.ts';
import type { GuestdOptions } from '#/guestd/main.ts';
import { daemonPids, killDaemon, startDaemon, type Daemon } from '#/drivers/linux/daemon.ts';
import { namespacePath, type Site } from '#/drivers/linux/site.ts';
import { makeCertificate } from '#/drivers/names/linux/certificate.ts';
import type { NamesDriver } from '#/drivers/names/driver.ts';

/** Addresses in the services' namespace, to which every network redirects what guests ask. */
export const serviceAddresses = {
  metadata: '100.127.255.254',
  nameServer: '100.127.255.253',
  region: '100.127.255.252',
} as const;

const guestdProgram = fileURLToPath(new URL('../../../guestd/main.ts', import.meta.url));

/** Views as files, read by the guestd process (name server, instance metadata, endpoint names), which this starts. */
export function linuxNames({ site, regionName }: { site: Site; regionName: string }): NamesDriver {
  const viewsDir = join(site.stateDir, 'names');
  const daemon: Daemon = { site, kind: 'guestd', id: 'guestd' };
  const fileOf = (viewId: string): string => join(viewsDir, `${viewId}.json`);

  async function options(): Promise<GuestdOptions> {
    const directory = join(site.stateDir, 'guestd');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const tokenKeyFile = join(directory, 'token.key');
    if (!existsSync(tokenKeyFile)) writeFileAtomically(tokenKeyFile, randomBytes(32), 0o600);
    const certificate = await makeCertificate({
      authorityDir: join(site.imagesDir, 'ca'),
      directory,
      regionName,
    });
    return {
      stateDir: site.stateDir,
      regionSocket: join(site.stateDir, 'api.sock'),
      controlSocket: join(site.stateDir, 'control.sock'),
      ...certificate,
      tokenKeyFile,
      metadataAddress: serviceAddresses.metadata,
      nameServerAddress: serviceAddresses.nameServer,
      regionAddress: serviceAddresses.region,
    };
  }

  return {
    async prepare() {
      if (daemonPids(daemon).length > 0) return;
      startDaemon(daemon, {
        program: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', guestdProgram, JSON.stringify(await options())],
        namespace: namespacePath(site, 'svc'),
        logFile: join(site.stateDir, 'guestd', 'guestd.log'),
      });
    },
    async apply(view) {
      writeFileAtomically(fileOf(view.id), JSON.stringify(view));
    },
    async remove(viewId) {
      rmSync(fileOf(viewId), { force: true });
    },
    async list() {
      if (!existsSync(viewsDir)) return [];
      return readdirSync(viewsDir)
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length));
    },
    async destroyAll() {
      await killDaemon(daemon);
      rmSync(viewsDir, { recursive: true, force: true });
    },
  };
}
