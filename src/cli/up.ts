import { setTimeout as wait } from 'node:timers/promises';
import { askOverview } from '#/cli/client.ts';
import { print, printJson, type Command } from '#/cli/command.ts';
import { deployLab, labBalancerName, labIsDeployed } from '#/cli/lab.ts';
import { startRegion } from '#/cli/process.ts';
import { buildImages } from '#/images/build.ts';
import type { Overview } from '#/server/overview.ts';
import { ensureSettings, siteOf } from '#/server/settings.ts';

const serveLimitMs = 300_000;
const wholeLimitMs = 120_000; // once the page is served

export const upCommand: Command = {
  name: 'up',
  summary: 'Start the region, deploy the Inventory system, print where to look',
  usage:
    '[--port PORT] [--region NAME] [--data-plane linux|memory] [--instant] [--image-aliases AMI,…] [--no-lab]',
  help: 'Repeating it changes nothing. --no-lab starts an empty region. The memory data plane simulates: it never moves a packet, and with --instant it takes no time either; --image-aliases lets foreign image ids be launched there.\n--region names the AWS region that a new region is, eu-west-3 unless told.',
  options: {
    port: { type: 'string' },
    'data-plane': { type: 'string' },
    'no-lab': { type: 'boolean' },
    region: { type: 'string' },
    instant: { type: 'boolean' },
    'image-aliases': { type: 'string' },
  },
  async run({ name, json, options }) {
    const progress = json ? () => {} : print;
    const settings = ensureSettings(name, {
      ...portOf(options['port']),
      ...dataPlaneOf(options['data-plane']),
      ...regionNameOf(options['region']),
      ...(options['instant'] === true ? { instant: true } : {}),
      ...(typeof options['image-aliases'] === 'string'
        ? { imageAliases: options['image-aliases'].split(',') }
        : {}),
    });
    if (settings.dataPlane === 'linux')
      await buildImages({ imagesDir: siteOf(settings).imagesDir, onProgress: progress });
    else
      progress(
        'The data plane is simulated in memory: no packet moves, and load balancers have no address that answers.',
      );
    const isStarted = await startRegion(name);
    if (isStarted) progress(`The region ${name} runs: http://127.0.0.1:${settings.port}`);
    let isDeployed = false;
    if (options['no-lab'] !== true) {
      if (!(await labIsDeployed(settings))) {
        await deployLab(settings, progress);
        isDeployed = true;
      }
      if (settings.dataPlane === 'linux') await waitUntilServed(name, isStarted || isDeployed, progress);
    }
    if (!isStarted && !isDeployed) progress('Everything is up already; nothing was changed.');
    const overview = await askOverview(name);
    if (json) printJson(overview);
    else print(renderAddresses(overview));
    return 0;
  },
};

function portOf(text: unknown): { port?: number } {
  if (typeof text !== 'string') return {};
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`--port takes a number from 1 to 65535, not ${text}`);
  return { port };
}

function regionNameOf(text: unknown): { regionName?: string } {
  if (typeof text !== 'string') return {};
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(text))
    throw new Error(`--region takes a name such as eu-west-3, not ${text}`);
  return { regionName: text };
}

function dataPlaneOf(text: unknown): { dataPlane?: 'linux' | 'memory' } {
  if (text === undefined) return {};
  if (text !== 'linux' && text !== 'memory') throw new Error('--data-plane is linux or memory');
  return { dataPlane: text };
}

/**
 * Waits until the Inventory page answers at each of its addresses; after a start also until every target is healthy,
 * so that who looks next sees the system whole. What a person has broken is not waited for: the targets whose instances
 * were stopped or have ended; and one that does not recover in time is told, and is no failure of the start.
 */
async function waitUntilServed(
  name: string,
  isWhole: boolean,
  progress: (line: string) => void,
): Promise<void> {
  const deadline = performance.now() + serveLimitMs;
  let told = '';
  let servedMs: number | undefined;
  while (true) {
    const { loadBalancers, instances } = await askOverview(name);
    const lab = loadBalancers.find((one) => one.name === labBalancerName);
    const addresses = lab?.addresses ?? [];
    const answers = await Promise.all(addresses.map((address) => statusOf(`http://${address}/`)));
    const serving = new Set(
      instances.flatMap(({ id, state }) => (/^(pending|running)$/.test(state) ? [id] : [])),
    );
    const waitedFor = (lab?.targets ?? []).filter(
      ({ id, health }) => health !== 'draining' && serving.has(id),
    );
    const healthy = waitedFor.filter(({ health }) => health === 'healthy').length;
    const isServed = answers.length > 0 && answers.every((status) => status === 200);
    if (isServed && (!isWhole || healthy === waitedFor.length)) return;
    servedMs = isServed ? (servedMs ?? performance.now()) : undefined;
    if (servedMs !== undefined && performance.now() > servedMs + wholeLimitMs)
      return progress(
        `It serves, with ${healthy} of ${waitedFor.length} targets healthy; './snowglobe status' says why.`,
      );
    const line = isServed
      ? `Waiting for the targets: ${healthy} of ${waitedFor.length} healthy`
      : `Waiting for the load balancer to serve: ${answers.map((status) => status ?? 'no answer').join(', ') || 'no address yet'}`;
    if (line !== told) progress(line);
    told = line;
    if (performance.now() > deadline)
      throw new Error(`the Inventory page does not answer; './snowglobe status' says what is missing`);
    await wait(500);
  }
}

async function statusOf(url: string): Promise<number | undefined> {
  return fetch(url, { signal: AbortSignal.timeout(3_000) }).then(
    ({ status }) => status,
    () => undefined,
  );
}

function renderAddresses({ region, loadBalancers }: Overview): string {
  const pages = (region.dataPlane === 'memory' ? [] : loadBalancers).flatMap(({ name, addresses }) =>
    addresses.map((address) => `  ${name.padEnd(14)} http://${address}/`),
  );
  return [
    '',
    `  API            http://127.0.0.1:${region.port}   (${region.regionName}; eval "$(./snowglobe env)" points the AWS CLI at it)`,
    ...pages,
    '',
    `  ./snowglobe status shows what runs; ./snowglobe exec i-… -- COMMAND looks inside an instance.`,
  ].join('\n');
}
