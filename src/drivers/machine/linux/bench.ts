import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killRegion } from '#/drivers/linux/daemon.ts';
import { namespaceName, namespacePath, type Site } from '#/drivers/linux/site.ts';
import type { Machine, MachineDriver } from '#/drivers/machine/driver.ts';
import { linuxMachine } from '#/drivers/machine/linux/machine.ts';
import { authorityOf } from '#/images/authority.ts';
import { buildImages, imageIsBuilt } from '#/images/build.ts';
import { systemClock } from '#/lib/clock.ts';
import { run, start, tryRun } from '#/lib/run.ts';

const router = 'router';
const routerAddress = '10.77.0.1';

/** For tests: a site of its own on this host, and a network that only its machines are in. */
export interface LinuxBench {
  readonly site: Site;
  /** A driver that knows nothing but what is on the host. */
  open(): MachineDriver;
  /** A machine at 10.77.0.<number>, whose namespace is made. */
  machine(number: number, userData?: string): Promise<Machine>;
  /** Serves a file by HTTPS to the machines, under any address that ends in its name. */
  serve(name: string, content: Buffer): void;
  /** Runs a program in the network beside the machines. */
  nearby(program: string, ...args: readonly string[]): Promise<{ exitCode: number; stdout: string }>;
  close(): Promise<void>;
}

/** Builds the image when it is not there, which takes a minute; set SNOWGLOBE_IMAGES to use one that is. */
export async function openBench(name: string): Promise<LinuxBench> {
  const imagesDir = process.env['SNOWGLOBE_IMAGES'] ?? '/var/cache/snowglobe/images';
  if (!(await imageIsBuilt(imagesDir))) await buildImages({ imagesDir, onProgress: console.error });
  const stateDir = join(tmpdir(), `sg-${name}`); // always the same: what an interrupted test left is found again
  const site: Site = { name, stateDir, imagesDir, publicPool: '198.18.0.0/24' };
  await clear(site);
  mkdirSync(join(stateDir, 'metadata'), { recursive: true, mode: 0o700 });
  mkdirSync(join(stateDir, 'served'));
  await makeCertificate(site);
  writeAliases(site);
  await makeRouter(site);
  const services = await startServices(site);

  return {
    site,
    open: () => linuxMachine({ site, clock: systemClock }),
    machine: (number, userData) => makeMachine(site, number, userData),
    serve: (file, content) => writeFileSync(join(stateDir, 'served', file), content),
    nearby: (program, ...args) =>
      tryRun('nsenter', [`--net=${namespacePath(site, router)}`, '--', program, ...args]),
    async close() {
      services.kill('SIGKILL');
      await clear(site);
    },
  };
}

async function clear(site: Site): Promise<void> {
  await linuxMachine({ site, clock: systemClock }).destroyAll();
  await killRegion(site);
  await removeNamespaces(site);
  rmSync(site.stateDir, { recursive: true, force: true });
}

async function makeRouter(site: Site): Promise<void> {
  const netns = namespaceName(site, router);
  await run('ip', ['netns', 'add', netns]);
  const commands = [
    'link set lo up',
    'link add br0 type bridge',
    'link set br0 up',
    `addr add ${routerAddress}/24 dev br0`,
    'addr add 169.254.169.254/32 dev br0',
  ];
  await run('ip', ['-n', netns, '-batch', '-'], { input: commands.join('\n') });
}

/** Signed by the authority that the images trust. */
async function makeCertificate({ imagesDir, stateDir }: Site): Promise<void> {
  const { certificateFile, keyFile } = authorityOf(imagesDir);
  const certificate = join(stateDir, 'served', 'certificate');
  await run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '1',
    '-CA', certificateFile, '-CAkey', keyFile, '-keyout', `${certificate}.key`, '-out', `${certificate}.pem`,
    '-subj', '/CN=guest services',
    '-addext', 'subjectAltName=DNS:*.s3.eu-west-3.amazonaws.com,DNS:github.com',
    '-addext', 'basicConstraints=critical,CA:FALSE',
  ]); // prettier-ignore
}

/** Who has which address, as the network driver tells the guests' services. */
function writeAliases({ stateDir }: Site): void {
  const numbers = Array.from({ length: 250 }, (_, index) => index + 2);
  const aliases = Object.fromEntries(numbers.map((number) => [`10.77.0.${number}`, `eni-${number}`]));
  mkdirSync(join(stateDir, 'network'));
  writeFileSync(
    join(stateDir, 'network', 'bench.aliases.json'),
    JSON.stringify({ networkId: 'bench', aliases }),
  );
}

async function makeMachine(site: Site, number: number, userData: string | undefined): Promise<Machine> {
  const netns = namespaceName(site, `eni-${number}`);
  const { exitCode } = await tryRun('ip', ['netns', 'add', netns]);
  if (exitCode === 0) {
    const link = `veth${number}`;
    const outside = [
      `link add ${link} type veth peer name eth0 netns ${netns}`,
      `link set ${link} master br0 up`,
    ];
    const inside = [
      'link set lo up',
      `addr add 10.77.0.${number}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${routerAddress}`,
    ];
    await run('ip', ['-n', namespaceName(site, router), '-batch', '-'], { input: outside.join('\n') });
    await run('ip', ['-n', netns, '-batch', '-'], { input: inside.join('\n') });
  }
  const hostname = `ip-10-77-0-${number}`;
  return {
    id: `i-${number}`,
    image: 'al2023-compat',
    hostname,
    memoryMib: 512,
    vcpus: 2,
    namespace: namespacePath(site, `eni-${number}`),
    nameServer: routerAddress,
    searchDomain: 'eu-west-3.compute.internal',
    metadata: {
      linkId: `eni-${number}`,
      metaData: { 'instance-id': `i-${number}`, 'local-hostname': `${hostname}.eu-west-3.compute.internal` },
      userData: userData === undefined ? undefined : Buffer.from(userData).toString('base64'),
      identityDocument: {},
      tokensRequired: true,
      hopLimit: 1,
    },
  };
}

async function startServices(site: Site): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('guest-services.ts', import.meta.url));
  const services = start(
    'nsenter',
    [`--net=${namespacePath(site, router)}`, '--', process.execPath, program, site.stateDir, routerAddress],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve, reject) => {
    services.stdout?.once('data', () => resolve());
    services.once('exit', (code) => reject(new Error(`the guests' services ended with ${code}`)));
  });
  return services;
}

async function removeNamespaces(site: Site): Promise<void> {
  const names = (await run('ip', ['netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
  for (const name of names.filter((each) => each.startsWith(namespaceName(site, ''))))
    await run('ip', ['netns', 'delete', name]);
}
