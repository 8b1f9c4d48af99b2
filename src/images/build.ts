import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureAuthority } from '#/images/authority.ts';
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

/**
 * Makes what is not there yet: the authority that machines trust, and the layers of each image. Layers that are
 * there are kept, also old ones, since the disks of machines lie on them. Interrupted at any point it can be repeated.
 */
export async function buildImages({ imagesDir, onProgress }: BuildOptions): Promise<void> {
  mkdirSync(join(imagesDir, 'layers'), { recursive: true, mode: 0o755 });
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
  if (!existsSync(join(imagesDir, 'ca', 'ca.pem'))) return false;
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
  const authority = join(imagesDir, 'ca', 'ca.pem');

  const base: Layer = {
    name: 'base',
    hash: hashOf([sourceFiles('base'), sources.join('\n')]),
    build: (directory) => buildBase(directory, sources, options, onProgress),
  };
  const compat: Layer = {
    name: 'al2023-compat',
    hash: hashOf([base.hash, sourceFiles('al2023-compat')]),
    build: (directory, below) => buildOnTop(directory, below, 'al2023-compat', []),
  };
  const host: Layer = {
    name: 'host',
    hash: hashOf([compat.hash, sourceFiles('host'), process.version, readFileSync(authority, 'utf8')]),
    build: (directory, below) => buildOnTop(directory, below, 'host', [authority, process.execPath]),
  };
  return [base, compat, host];
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
  onProgress(`image layer ${layer.name}: building`);
  try {
    await layer.build(building, below);
    renameSync(building, directory);
  } catch (cause) {
    throw new Error(`the image layer ${layer.name} could not be built: ${complaint(cause)}`, { cause });
  } finally {
    removeBuilding(building);
  }
  onProgress(
    `image layer ${layer.name}: built in ${((performance.now() - begun) / 1000).toFixed(1)} seconds`,
  );
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

/** In a mount namespace of its own: no mount outlives a build, however that ends. */
async function runPrivately(command: readonly string[], onOutput?: (text: string) => void): Promise<void> {
  await run('unshare', ['--mount', '--propagation', 'private', '--', ...command], {
    timeoutMs: buildLimitMs,
    ...(onOutput === undefined ? {} : { onOutput }),
  });
}

/** mmdebstrap tells each step in a line that begins with `I: `. */
function reportSteps(text: string, onProgress: (line: string) => void): void {
  for (const line of text.split('\n')) {
    if (line.startsWith('I: ')) onProgress(`image layer base: ${line.slice(3)}`);
  }
}

/** Nothing is mounted below it here, and `--one-file-system` says so to the kernel's face. */
function removeBuilding(building: string): void {
  for (const suffix of ['', '.memory', '.root', '.work', '.options']) {
    rmSync(`${building}${suffix}`, { recursive: true, force: true });
  }
}

/** What went wrong, in the words of the first program that complained. */
function complaint(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).trim().split('\n');
  return lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1) ?? '';
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
