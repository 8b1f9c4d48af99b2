import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { changedAt, readFileIfThere } from '#/lib/files.ts';
import type { MachineMetadata } from '#/drivers/machine/driver.ts';
import type { NamesView } from '#/drivers/names/driver.ts';

/** Who asks: the network interface behind an address of the services' namespace, and its network. */
export interface Asker {
  readonly linkId: string;
  readonly networkId: string;
}

/**
 * What guestd knows: files that the drivers write, read anew when their folder changed. It needs no region process,
 * so guests are served while that is away; a file that cannot be parsed leaves what was known before.
 */
export class GuestState {
  readonly #stateDir: string;
  readonly #aliases: FolderCache<{ networkId: string; aliases: Readonly<Record<string, string>> }>;
  readonly #views: FolderCache<NamesView>;
  #byAlias = new Map<string, Asker>();
  #byAliasOf: unknown;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#aliases = new FolderCache(join(stateDir, 'network'), '.aliases.json');
    this.#views = new FolderCache(join(stateDir, 'names'), '.json');
  }

  askerAt(address: string): Asker | undefined {
    const files = this.#aliases.read();
    if (files !== this.#byAliasOf) {
      this.#byAlias = new Map(
        [...files.values()].flatMap(({ networkId, aliases }) =>
          Object.entries(aliases).map(([alias, linkId]): [string, Asker] => [alias, { linkId, networkId }]),
        ),
      );
      this.#byAliasOf = files;
    }
    return this.#byAlias.get(address);
  }

  /** Views by id: networks' own, and those whose id begins with `public`. The same object until something changed. */
  views(): ReadonlyMap<string, NamesView> {
    return this.#views.read();
  }

  metadataOf(linkId: string): MachineMetadata | undefined {
    const text = readFileIfThere(join(this.#stateDir, 'metadata', `${linkId}.json`));
    return text === undefined ? undefined : (JSON.parse(text) as MachineMetadata); // written by the machine driver
  }
}

/** The parsed JSON files of a folder. Writers rename into place, so the folder's own time tells of every change. */
class FolderCache<T> {
  readonly #folder: string;
  readonly #ending: string;
  #readAt = -1;
  #files: ReadonlyMap<string, T> = new Map();

  constructor(folder: string, ending: string) {
    this.#folder = folder;
    this.#ending = ending;
  }

  read(): ReadonlyMap<string, T> {
    const at = changedAt(this.#folder);
    if (at === this.#readAt) return this.#files;
    const files = new Map<string, T>();
    for (const file of at === 0 ? [] : readdirSync(this.#folder)) {
      if (!file.endsWith(this.#ending)) continue;
      const id = file.slice(0, -this.#ending.length);
      const known = this.#files.get(id);
      const content = parseOr(readFileIfThere(join(this.#folder, file)), known);
      if (content !== undefined) files.set(id, content);
    }
    this.#files = files;
    this.#readAt = at;
    return files;
  }
}

function parseOr<T>(text: string | undefined, known: T | undefined): T | undefined {
  try {
    return text === undefined ? known : (JSON.parse(text) as T); // written by our own drivers
  } catch {
    return known;
  }
}
