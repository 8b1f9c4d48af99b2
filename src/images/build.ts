import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authorityOf, ensureAuthority } from '#/images/authority.ts';
import { debianSources, hostAptOptions } from '#/images/sources.ts';
import { run } from '#/lib/run.ts';

/** The images that `buildImages` makes; a machine names one of them. */
export const imageNames = ['al2023-compat'] as const;

export type ImageName = (typeof imageNames)[number];

/** A step of a build: a script makes one directory, which lies on those below it. */
interface Layer {
  readonly name: string;
  /** Changes when anything that goes into the layer changes. */
  readonly hash: string;
  build(directory: string, below: readonly string[]): Promise<void>;
}

interface BuildOptions {
  /** Where the images are; made when absent. Several regions of a host share it. */
  readonly imagesDir: string;
  /** Called with a line about each thing that begins or ends. */
  readonly onProgress: (line: string) => void;
}

const layersSource = fileURLToPath(new URL('layers', import.meta.url));
const buildLimitMs = 30 * 60_000;
const remindEveryMs = 15_000;

/**
 * Makes what is not there yet: the authority that machines trust, and the layers of each image. Layers that are
 * there are kept, also old ones, since the disks of machines lie on them. Interrupted at any point it can be repeated.
 */
export async function buildImages({ imagesDir, onProgress }: BuildOptions): Promise<void> {
  mkdirSync(join(imagesDir, 'layers'), { recursive: true, mode: 0o755 });
  removeAbandoned(imagesDir);
  await ensureAuthority(imagesDir);
  const layers = await imageLayers(imagesDir, onProgress);
  const below: string[] = [];
  for (const layer of layers) {
    const directory = layerDirectory(imagesDir, layer);
    if (!existsSync(directory)) await buildLayer(layer, directory, below, onProgress);
    below.unshift(directory);
  }
  writeImage(imagesDir, 'al2023-compat', below);
}

/** Whether every image is there as its definition asks for it today. */
export async function imageIsBuilt(imagesDir: string): Promise<boolean> {
  if (!existsSync(authorityOf(imagesDir).certificateFile)) return false;
  const layers = await imageLayers(imagesDir, () => {});
  return (
    layers.every((layer) => existsSync(layerDirectory(imagesDir, layer))) &&
    imageNames.every((name) => findImage(imagesDir, name) !== undefined)
  );
}

/** The directories of an image, topmost first as overlayfs wants them; undefined when it is not built. */
export function findImage(imagesDir: string, name: string): readonly string[] | undefined {
  const file = imageFile(imagesDir, name);
  if (!existsSync(file)) return undefined;
  // Written by writeImage below, whole or not at all.
  const { layers } = JSON.parse(readFileSync(file, 'utf8')) as { layers: readonly string[] };
  return layers.map((layer) => join(imagesDir, layer));
}

function writeImage(imagesDir: string, name: ImageName, layers: readonly string[]): void {
  const file = imageFile(imagesDir, name);
  const text = JSON.stringify({ layers: layers.map((layer) => relative(imagesDir, layer)) }, undefined, 2);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function imageFile(imagesDir: string, name: string): string {
  return join(imagesDir, `${name}.json`);
}

function layerDirectory(imagesDir: string, { name, hash }: Layer): string {
  return join(imagesDir, 'layers', `${name}-${hash}`);
}

/** Lowest first; each hash covers those below it. */
async function imageLayers(imagesDir: string, onProgress: (line: string) => void): Promise<readonly Layer[]> {
  const sources = debianSources();
  const options = await hostAptOptions();
  const authority = authorityOf(imagesDir).certificateFile;
  const layerScript = readFileSync(join(layersSource, 'layer.sh'), 'utf8');

  const base: Layer = {
    name: 'base',
    hash: hashOf([sourceFiles('base'), sources.join('\n')]),
    build: (directory) => buildBase(directory, sources, options, onProgress),
  };
  const host: Layer = {
    name: 'host',
    hash: hashOf([
      base.hash,
      sourceFiles('host'),
      layerScript,
      process.version,
      readFileSync(authority, 'utf8'),
    ]),
    build: (directory, below) => buildOnTop(directory, below, 'host', [authority, process.execPath]),
  };
  // On top, since it changes most often.
  const compat: Layer = {
    name: 'al2023-compat',
    hash: hashOf([host.hash, sourceFiles('al2023-compat'), layerScript]),
    build: (directory, below) => buildOnTop(directory, below, 'al2023-compat', []),
  };
  return [base, host, compat];
}

/** Builds beside, and renames when all is there: a directory with the layer's name is complete. */
async function buildLayer(
  layer: Layer,
  directory: string,
  below: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  const building = `${directory}.building-${process.pid}`;
  const begun = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - begun) / 1000)} seconds`;
  onProgress(`image layer ${layer.name}: building`);
  const reminder = setInterval(
    () => onProgress(`image layer ${layer.name}: still building after ${seconds()}`),
    remindEveryMs,
  );
  try {
    await layer.build(building, below);
    if (!existsSync(directory)) renameSync(building, directory); // another process may have been faster
  } catch (cause) {
    throw new Error(`the image layer ${layer.name} could not be built: ${complaint(cause)}`, { cause });
  } finally {
    clearInterval(reminder);
    removeBuilding(building);
  }
  onProgress(`image layer ${layer.name}: built in ${seconds()}`);
}

async function buildBase(
  directory: string,
  sources: readonly string[],
  options: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  const optionsFile = `${directory}.options`;
  writeFileSync(optionsFile, options.map((line) => `${line}\n`).join(''));
  const packages = readFileSync(join(layersSource, 'base', 'packages'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  await runPrivately(
    [join(layersSource, 'base', 'build.sh'), directory, packages.join(','), optionsFile, ...sources],
    (text) => reportSteps(text, onProgress),
  );
}

async function buildOnTop(
  directory: string,
  below: readonly string[],
  name: string,
  args: readonly string[],
): Promise<void> {
  const script = join(layersSource, name, 'build.sh');
  await runPrivately([join(layersSource, 'layer.sh'), directory, below.join(':'), script, ...args]);
}

/** In namespaces of its own, so that no mount and no process outlives a build, also when we are killed. */
async function runPrivately(command: readonly string[], onOutput?: (text: string) => void): Promise<void> {
  const privately = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
  await run('setpriv', ['--pdeathsig', 'KILL', '--', ...privately, '--', ...command], {
    timeoutMs: buildLimitMs,
    ...(onOutput === undefined ? {} : { onOutput }),
  });
}

/** mmdebstrap tells each step in a line that begins with `I: `. */
function reportSteps(text: string, onProgress: (line: string) => void): void {
  for (const line of text.split('\n')) {
    if (/^I: (?!running --)/.test(line)) onProgress(`image layer base: ${line.slice(3)}`);
  }
}

/** Removes what builds left that were killed. Their mounts were private: here nothing is mounted below. */
function removeAbandoned(imagesDir: string): void {
  for (const name of readdirSync(join(imagesDir, 'layers'))) {
    const [, pid] = /\.building-(\d+)/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(imagesDir, 'layers', name), { recursive: true, force: true });
  }
}

function removeBuilding(building: string): void {
  for (const suffix of ['', '.memory', '.root', '.work', '.options'])
    rmSync(`${building}${suffix}`, { recursive: true, force: true });
}

/** What went wrong, in the words of the first program that complained. */
function complaint(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split('\n');
  const line = lines.find((each) => each.startsWith('E: ')) ?? lines.at(-1) ?? '';
  return line.replace(/^.* failed \(\d+\): /, ''); // without the long command
}

function sourceFiles(name: string): string {
  const directory = join(layersSource, name);
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return hashOf(files.flatMap((file) => [relative(directory, file), readFileSync(file, 'utf8')]));
}

function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 12);
}
