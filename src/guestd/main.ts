/**
 * The process that guests talk to: name server, instance metadata, and AWS's endpoint names. It runs in the services'
 * namespace, reads what the drivers wrote, and goes on while the region process is away.
 * Its one argument is a JSON text: GuestdOptions.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '#/lib/clock.ts';
import { systemRandom } from '#/lib/random.ts';
import { startDns } from '#/guestd/dns.ts';
import { startGateway } from '#/guestd/gateway.ts';
import { startMetadata } from '#/guestd/metadata.ts';
import { GuestState } from '#/guestd/state.ts';

export interface GuestdOptions {
  readonly stateDir: string;
  /** The region's API for guests. */
  readonly regionSocket: string;
  /** The region's API for this host's tools: it resolves names as the host does. */
  readonly controlSocket: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly tokenKeyFile: string;
  readonly metadataAddress: string;
  readonly nameServerAddress: string;
  readonly regionAddress: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as GuestdOptions; // given by the names driver
const state = new GuestState(options.stateDir);

startDns({
  state,
  random: systemRandom,
  address: options.nameServerAddress,
  regionAddress: options.regionAddress,
  controlSocket: options.controlSocket,
});
startMetadata({
  state,
  clock: systemClock,
  address: options.metadataAddress,
  tokenKey: readFileSync(options.tokenKeyFile),
});
startGateway({
  address: options.regionAddress,
  regionSocket: options.regionSocket,
  certificate: readFileSync(options.certificateFile, 'utf8'),
  privateKey: readFileSync(options.privateKeyFile, 'utf8'),
});
