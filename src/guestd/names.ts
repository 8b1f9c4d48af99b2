import type { Random } from '#/lib/random.ts';
import type { NameRecord, NamesView } from '#/drivers/names/driver.ts';

export type RecordType = 'A' | 'CNAME' | 'AAAA';

export type NameAnswer =
  | { readonly type: 'A'; readonly name: string; readonly ttl: number; readonly data: string }
  | { readonly type: 'CNAME'; readonly name: string; readonly ttl: number; readonly data: string };

/** What the region's own names say: the answers, `no-data` for a name without that type, `unknown` for others' names. */
export type Resolution = { readonly answers: readonly NameAnswer[] } | 'no-data' | 'unknown';

const aliasesMax = 8;

/** Finds names in views: the asking network's own first, then the public ones. */
export class NameTable {
  readonly #private = new Map<string, ReadonlyMap<string, NameRecord>>();
  readonly #public = new Map<string, NameRecord>();
  readonly #regionAddress: string;
  readonly #random: Random;

  constructor(views: Iterable<NamesView>, regionAddress: string, random: Random) {
    this.#regionAddress = regionAddress;
    this.#random = random;
    for (const view of views) {
      const records = view.records.map((record): [string, NameRecord] => [record.name.toLowerCase(), record]);
      if (view.id.startsWith('public')) for (const [name, record] of records) this.#public.set(name, record);
      else this.#private.set(view.id, new Map(records));
    }
  }

  resolve(networkId: string | undefined, name: string, type: RecordType): Resolution {
    const answers: NameAnswer[] = [];
    let current = name.toLowerCase();
    for (let aliases = 0; aliases < aliasesMax; aliases += 1) {
      const record = this.#find(networkId, current);
      if (!record) return answers.length > 0 ? { answers } : 'unknown';
      if (record.data.type !== 'CNAME') {
        const addresses = record.data.type === 'A' ? record.data.addresses : [this.#regionAddress];
        if (type !== 'A') return answers.length > 0 ? { answers } : 'no-data';
        for (const data of this.#shuffled(addresses)) {
          answers.push({ type: 'A', name: current, ttl: record.ttlSeconds, data });
        }
        return answers.length > 0 ? { answers } : 'no-data';
      }
      const target = record.data.targets[this.#random.int(Math.max(1, record.data.targets.length))];
      if (target === undefined) return 'no-data';
      answers.push({ type: 'CNAME', name: current, ttl: record.ttlSeconds, data: target });
      if (type === 'CNAME') return { answers };
      current = target.toLowerCase();
    }
    return { answers };
  }

  #find(networkId: string | undefined, name: string): NameRecord | undefined {
    const own = networkId === undefined ? undefined : this.#private.get(networkId);
    for (const candidate of withWildcards(name)) {
      const record = own?.get(candidate) ?? this.#public.get(candidate);
      if (record) return record;
    }
    return undefined;
  }

  #shuffled(addresses: readonly string[]): string[] {
    const rest = [...addresses];
    const shuffled: string[] = [];
    while (rest.length > 0) shuffled.push(...rest.splice(this.#random.int(rest.length), 1));
    return shuffled;
  }
}

/** `a.b.c`, `*.b.c`, `*.c`: the name itself, then ever wider wildcards. */
function withWildcards(name: string): string[] {
  const labels = name.split('.');
  return [name, ...labels.slice(1).map((_, index) => ['*', ...labels.slice(index + 1)].join('.'))];
}
