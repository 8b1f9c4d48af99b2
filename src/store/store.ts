import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '#/lib/clock.ts';
import { assert } from '#/lib/assert.ts';
import type { Change, Resource, ResourceType, Tags } from '#/store/resource.ts';

interface Table {
  readonly rows: Map<string, Resource>;
  /** Index name to key to the ids that have it. */
  readonly indexes: Map<string, Map<string, Set<string>>>;
}

/**
 * The region's only truth about what should be. Records live in memory, immutable and indexed; every transaction
 * is on disk (SQLite, write-ahead log) before its caller hears of it. Synchronous, so a handler is one step.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #ids: StatementSync;
  readonly #clock: Clock;
  readonly #tables = new Map<string, Table>();
  readonly #types = new Map<string, ResourceType<Resource>>();
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();
  /** What the open transaction changed, by kind and id, with what was there before. */
  #open: Map<string, Change> | undefined;

  /** Opens the file (`:memory:` for none) and reads all of it. Throws one sentence when it is not ours or damaged. */
  constructor(file: string, clock: Clock) {
    this.#clock = clock;
    try {
      this.#database = new DatabaseSync(file);
      this.#database.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF;',
      );
      this.#database.exec(
        'CREATE TABLE IF NOT EXISTS resource (kind TEXT, id TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, id))',
      );
      this.#upsert = this.#database.prepare(
        'INSERT INTO resource (kind, id, json) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
      );
      this.#delete = this.#database.prepare('DELETE FROM resource WHERE kind = ? AND id = ?');
      this.#ids = this.#database.prepare('SELECT id FROM resource WHERE kind = ? ORDER BY rowid');
      for (const { json } of this.#database.prepare('SELECT json FROM resource ORDER BY rowid').iterate()) {
        assert(typeof json === 'string', 'the json column is text');
        // Written by this class only; the kinds' own definitions say what is in it.
        const resource = JSON.parse(json) as Resource;
        this.#place(resource.kind, resource.id, resource);
      }
    } catch (cause) {
      throw new Error(
        `the region's state in ${file} cannot be read; move it away to start afresh, or run 'snowglobe destroy'`,
        { cause },
      );
    }
  }

  /** Makes a kind's indexes known. Kinds without indexes need not be registered. */
  register(...types: readonly ResourceType<never>[]): void {
    for (const type of types) {
      // The store only ever hands a type's index functions resources of that type's own kind.
      const general = type as unknown as ResourceType<Resource>;
      this.#types.set(type.kind, general);
      const table = this.#table(type.kind);
      for (const resource of table.rows.values())
        this.#index(table, general, resource.id, undefined, resource);
    }
  }

  /**
   * Runs `work` as one step: all of its writes last, or (when it throws) none. Inside another it is a part of that
   * one: its writes last with the other's, and are undone alone when it throws and the other goes on.
   */
  transaction<T>(work: () => T): T {
    const outer = this.#open;
    const open = new Map<string, Change>();
    this.#open = open;
    let result: T;
    try {
      result = work();
      assert(!(result instanceof Promise), 'a transaction is synchronous');
      if (!outer) this.#persist(open);
    } catch (error) {
      this.#undo(open);
      throw error;
    } finally {
      this.#open = outer;
    }
    if (outer) {
      for (const [key, change] of open)
        outer.set(key, { ...change, before: (outer.get(key) ?? change).before });
      return result;
    }
    const changes = [...open.values()].filter((change) => change.before !== change.after);
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
    return result;
  }

  /** The resource, unless it is unknown or marked deleted. */
  get<R extends Resource>(type: ResourceType<R>, id: string): R | undefined {
    const found = this.getAny(type, id);
    return found?.deleting ? undefined : found;
  }

  /** The resource, also when marked deleted: for controllers, and for kinds that stay visible while they go. */
  getAny<R extends Resource>(type: ResourceType<R>, id: string): R | undefined {
    // Rows of a kind are only written through that kind's handle.
    return this.#tables.get(type.kind)?.rows.get(id) as R | undefined;
  }

  /** All resources of a kind that are not marked deleted, oldest first. */
  list<R extends Resource>(type: ResourceType<R>): R[] {
    return this.listAny(type).filter((resource) => !resource.deleting);
  }

  listAny<R extends Resource>(type: ResourceType<R>): R[] {
    return [...(this.#tables.get(type.kind)?.rows.values() ?? [])] as R[]; // see getAny
  }

  /** The resources that have this key in this index and are not marked deleted. */
  listBy<R extends Resource>(type: ResourceType<R>, index: string, key: string): R[] {
    return this.listAnyBy(type, index, key).filter((resource) => !resource.deleting);
  }

  listAnyBy<R extends Resource>(type: ResourceType<R>, index: string, key: string): R[] {
    assert(Object.hasOwn(type.indexes, index), `${type.kind} has an index ${index}`);
    assert(this.#types.has(type.kind), `${type.kind} is registered`);
    const table = this.#table(type.kind);
    const ids = table.indexes.get(index)?.get(key) ?? [];
    return [...ids].map((id) => table.rows.get(id)) as R[]; // see getAny; an index holds ids of rows only
  }

  /** Writes a new resource. */
  create<R extends Resource>(
    type: ResourceType<R>,
    { id, spec, status, tags = {} }: { id: string; spec: R['spec']; status: R['status']; tags?: Tags },
  ): R {
    assert(!this.getAny(type, id), `${type.kind} ${id} is new`);
    const resource = {
      kind: type.kind,
      id,
      spec,
      status,
      tags,
      generation: 1,
      deleting: false,
      createdAt: this.#clock.now(),
    } as unknown as R; // the members are R's own, spelled out above
    return this.#write(resource);
  }

  /** Writes a new wish onto the latest resource; undefined when it is gone. */
  setSpec<R extends Resource>(resource: R, spec: R['spec']): R | undefined {
    const latest = this.#latest(resource);
    return latest && this.#write({ ...latest, spec, generation: latest.generation + 1 });
  }

  /** Writes a finding onto the latest resource: the caller's copy may be old by now, and its wish with it. */
  setStatus<R extends Resource>(resource: R, status: R['status']): R | undefined {
    const latest = this.#latest(resource);
    if (!latest || sameJson(latest.status, status)) return latest;
    return this.#write({ ...latest, status });
  }

  setTags<R extends Resource>(resource: R, tags: Tags): R | undefined {
    const latest = this.#latest(resource);
    return latest && this.#write({ ...latest, tags });
  }

  /** Wishes the resource gone. It is hidden at once; its controller removes it. */
  markDeleted(resource: Resource): void {
    const latest = this.#latest(resource);
    if (latest && !latest.deleting)
      this.#write({ ...latest, deleting: true, generation: latest.generation + 1 });
  }

  /** Forgets the resource: after its effect is gone, or when it never has one. */
  remove(resource: Resource): void {
    if (!this.#latest(resource)) return;
    this.#record(resource.kind, resource.id, undefined);
  }

  /** Calls back after each committed transaction that changed something; the answer ends it. */
  watch(listener: (changes: readonly Change[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every kind that has a resource. */
  kinds(): string[] {
    return [...this.#tables].filter(([, table]) => table.rows.size > 0).map(([kind]) => kind);
  }

  /** Closes the file; the store is not used afterwards. */
  close(): void {
    this.#database.close();
  }

  #latest<R extends Resource>(resource: R): R | undefined {
    return this.#tables.get(resource.kind)?.rows.get(resource.id) as R | undefined; // see getAny
  }

  #write<R extends Resource>(resource: R): R {
    this.#record(resource.kind, resource.id, Object.freeze(resource));
    return resource;
  }

  #record(kind: string, id: string, after: Resource | undefined): void {
    if (!this.#open) return this.transaction(() => this.#record(kind, id, after));
    const key = `${kind} ${id}`;
    const before = this.#open.has(key) ? this.#open.get(key)?.before : this.#table(kind).rows.get(id);
    this.#open.set(key, { kind, id, before, after });
    this.#place(kind, id, after);
  }

  #undo(open: ReadonlyMap<string, Change>): void {
    const changes = [...open.values()];
    for (const { kind, id, before } of changes) this.#place(kind, id, before);
    // Whatever had been removed has come back as the youngest: its place is in the file.
    for (const kind of new Set(changes.flatMap((change) => (change.before ? [change.kind] : [])))) {
      const table = this.#table(kind);
      const { rows } = table;
      const type = this.#types.get(kind);
      table.indexes.clear();
      const ordered = new Set(this.#ids.all(kind).map(({ id }) => String(id)));
      for (const id of [...ordered, ...[...rows.keys()].filter((each) => !ordered.has(each))]) {
        const row = rows.get(id);
        rows.delete(id);
        if (!row) continue;
        rows.set(id, row);
        if (type) this.#index(table, type, id, undefined, row);
      }
    }
  }

  #place(kind: string, id: string, after: Resource | undefined): void {
    const table = this.#table(kind);
    const before = table.rows.get(id);
    if (after) table.rows.set(id, after);
    else table.rows.delete(id);
    const type = this.#types.get(kind);
    if (type) this.#index(table, type, id, before, after);
  }

  /** Moves a resource between keys. Where a key stays it keeps its place: listings are oldest first. */
  #index(
    table: Table,
    type: ResourceType<Resource>,
    id: string,
    before: Resource | undefined,
    after: Resource | undefined,
  ): void {
    for (const [name, keysOf] of Object.entries(type.indexes)) {
      const index = getOrMake(table.indexes, name, () => new Map<string, Set<string>>());
      const left = new Set(before ? keysOf(before) : []);
      for (const key of after ? keysOf(after) : []) {
        if (!left.delete(key)) getOrMake(index, key, () => new Set<string>()).add(id);
      }
      for (const key of left) {
        const ids = index.get(key);
        ids?.delete(id);
        if (ids?.size === 0) index.delete(key);
      }
    }
  }

  #table(kind: string): Table {
    return getOrMake(this.#tables, kind, () => ({ rows: new Map(), indexes: new Map() }));
  }

  #persist(open: Map<string, Change>): void {
    if (open.size === 0) return;
    this.#database.exec('BEGIN');
    try {
      for (const { kind, id, after } of open.values()) {
        if (after) this.#upsert.run(kind, id, JSON.stringify(after));
        else this.#delete.run(kind, id);
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
