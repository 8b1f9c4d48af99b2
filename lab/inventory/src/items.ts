import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';

export interface Item {
  /** A UUID made by the application: a write that is repeated after a lost answer is still one row. */
  readonly id: string;
  readonly name: string;
  readonly quantity: number;
}

/** How the database is reached; the shape of the secret that RDS keeps. */
export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
}

/** Items, with the name of the database server that answered. */
export interface ItemList {
  readonly items: readonly Item[];
  readonly databaseHost: string;
}

const patienceMs = 8_000;
const pauseMs = 150;

/**
 * The table of items. Every statement may be repeated; one that meets a database which is failing over is repeated on
 * a new connection, until `patienceMs` is over: the endpoint's name leads to the new writer by then.
 */
export class Items {
  readonly #settings: DatabaseSettings;
  #pool: Pool;
  #hasTable = false;

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
    this.#pool = openPool(settings);
  }

  async list(): Promise<ItemList> {
    return this.#persist(async (pool) => {
      const [items] = await pool.query<(Item & RowDataPacket)[]>(
        'SELECT id, name, quantity FROM items ORDER BY name, id',
      );
      return { items, databaseHost: await hostOf(pool) };
    });
  }

  async find(id: string): Promise<Item | undefined> {
    return this.#persist(async (pool) => {
      const [rows] = await pool.query<(Item & RowDataPacket)[]>(
        'SELECT id, name, quantity FROM items WHERE id = ?',
        [id],
      );
      return rows[0];
    });
  }

  /** Adds the item, or replaces the one with its id. */
  async save({ id, name, quantity }: Item): Promise<void> {
    await this.#persist((pool) =>
      pool.query(
        'INSERT INTO items (id, name, quantity) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name), quantity = VALUES(quantity)',
        [id, name, quantity],
      ),
    );
  }

  async remove(id: string): Promise<void> {
    await this.#persist((pool) => pool.query('DELETE FROM items WHERE id = ?', [id]));
  }

  async #persist<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
    const deadline = performance.now() + patienceMs;
    while (true) {
      const pool = this.#pool;
      try {
        if (!this.#hasTable) await createTable(pool);
        this.#hasTable = true;
        return await work(pool);
      } catch (error) {
        if (!isPassing(error) || performance.now() > deadline) throw error;
        this.#reconnect(pool);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** Connections to a former writer are of no use, even where they still stand: it is a reader now, or gone. */
  #reconnect(failed: Pool): void {
    if (this.#pool !== failed) return;
    this.#pool = openPool(this.#settings);
    void failed.end().catch(() => {});
  }
}

function openPool({ host, port, username, password, dbname }: DatabaseSettings): Pool {
  return createPool({
    host,
    port,
    user: username,
    password,
    database: dbname,
    connectionLimit: 8,
    connectTimeout: 2_000,
    enableKeepAlive: true,
    keepAliveInitialDelay: 1_000,
  });
}

async function createTable(pool: Pool): Promise<void> {
  const [found] = await pool.query<RowDataPacket[]>("SHOW TABLES LIKE 'items'");
  if (found.length > 0) return; // also true on a reader, where nothing may be created
  await pool.query(
    'CREATE TABLE IF NOT EXISTS items (id CHAR(36) PRIMARY KEY, name VARCHAR(100) NOT NULL, quantity INT NOT NULL)',
  );
}

async function hostOf(pool: Pool): Promise<string> {
  const [rows] = await pool.query<({ host: string } & RowDataPacket)[]>('SELECT @@hostname AS host');
  return rows[0]?.host ?? 'unknown';
}

const passingCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'PROTOCOL_CONNECTION_LOST',
  'POOL_CLOSED',
  'ER_OPTION_PREVENTS_STATEMENT', // the server is read-only: a former writer
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_WAIT_TIMEOUT',
]);

/** Whether the failure is of the kind that a failover makes, and passes. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return passingCodes.has(code) || /pool is closed|closed state|can't add new command/i.test(error.message);
}
