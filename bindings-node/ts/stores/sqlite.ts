import { ConfigError } from "../config.js";
import { core } from "../core.js";
import type { Store, StoreOp } from "../store.js";

/** As much of an open database as is used: of `node:sqlite`, of better-sqlite3, of `bun:sqlite`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): { get(...values: never[]): unknown; run(...values: never[]): unknown };
  close?(): void;
}

/** What a SQLite store may be told besides its file. */
export interface SQLiteStoreOptions {
  /** The store's clock, in milliseconds since 1970; the host's if left out. */
  readonly now?: (() => number) | undefined;
}

/**
 * Keeps records in one SQLite file on a local disk; a commit is on the disk before its message leaves.
 *
 * Give it a path (or a database that you opened, and then close yourself) and a file of its own: the table is made on
 * first use, and the file is held for a moment at each wave. A path is opened by `node:sqlite`, and by better-sqlite3
 * where Node has none (before 22.5). Processes of one machine may share the file, those in Python too.
 *
 * SQLite works within the event loop: it stops everything else while it writes, and while it waits for another
 * process, at most a quarter of a second. For several machines take `RedisStore`.
 */
export class SQLiteStore implements Store {
  readonly #open: () => SqliteDatabase;
  readonly #own: boolean;
  readonly #now: () => number;
  #statements: Statements | undefined;
  #sinceSweep = 0;

  /** Opens nothing. */
  constructor(database: string | SqliteDatabase = "sansms.sqlite3", options: SQLiteStoreOptions = {}) {
    if (typeof database !== "string" && typeof database?.prepare !== "function") {
      throw new ConfigError("config.type", "store", "SQLiteStore takes a path, or a database of node:sqlite or better-sqlite3");
    }
    this.#own = typeof database === "string";
    this.#open = () => (typeof database === "string" ? open(database) : database);
    this.#now = options.now ?? Date.now;
  }

  async run(ops: readonly StoreOp[]): Promise<string[]> {
    const { apply } = core.get().core;
    let begun: SqliteDatabase | undefined;
    try {
      const { database, read, write, sweep } = this.#ready();
      database.exec("BEGIN IMMEDIATE");
      begun = database;
      const replies = ops.map(({ key, op }) => {
        const now = this.#now();
        const row = read.get(key);
        const record = row !== undefined && now < row.until_ms ? row.record : undefined;
        const { record: kept, ttlMs, reply } = apply(record, op, now);
        if (kept != null) write.run(key, kept, Math.max(now + ttlMs, row?.until_ms ?? 0));
        return reply;
      });
      if (++this.#sinceSweep >= SWEEP_EVERY) {
        this.#sinceSweep = 0;
        sweep.run(this.#now() - SWEEP_SLACK_MS, SWEEP_AT_MOST);
      }
      database.exec("COMMIT");
      return replies;
    } catch (error) {
      try {
        // Only a transaction of ours: on a database that was handed in another may be open.
        begun?.exec("ROLLBACK");
      } catch {
        // It was rolled back already, or there is nothing left to roll back.
      }
      if (isBusy(error)) return ops.map(() => "refused busy");
      throw error;
    }
  }

  #ready(): Statements {
    if (this.#statements !== undefined) return this.#statements;
    const database = this.#open();
    try {
      return (this.#statements = prepare(database));
    } catch (error) {
      if (this.#own) database.close?.();
      throw error;
    }
  }

  /** Closes the file, if the store opened it; a later call opens it again. */
  close(): void {
    if (this.#own) this.#statements?.database.close?.();
    this.#statements = undefined;
  }
}

/** Tells whether another process holds the file: SQLITE_BUSY or SQLITE_LOCKED, as either module tells it. */
function isBusy(error: unknown): boolean {
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  return (typeof errcode === "number" && [5, 6].includes(errcode & 0xff)) || /^SQLITE_(BUSY|LOCKED)/.test(String(code));
}

interface Statements {
  database: SqliteDatabase;
  read: { get(key: string): { record: Uint8Array; until_ms: number } | undefined };
  write: { run(key: string, record: Uint8Array, untilMs: number): unknown };
  sweep: { run(before: number, most: number): unknown };
}

function prepare(database: SqliteDatabase): Statements {
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(SCHEMA);
  const read = database.prepare(READ) as unknown as { get(key: string): { record: Uint8Array; until_ms: number } | null | undefined };
  return {
    database,
    read: { get: (key) => read.get(key) ?? undefined },
    write: database.prepare(WRITE) as unknown as Statements["write"],
    sweep: database.prepare(SWEEP) as unknown as Statements["sweep"],
  };
}

function open(path: string): SqliteDatabase {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const builtin = process?.getBuiltinModule;
  const own = builtin?.call(process, "node:sqlite") as { DatabaseSync: new (path: string) => SqliteDatabase } | undefined;
  if (own !== undefined) return new own.DatabaseSync(path);
  const modules = builtin?.call(process, "node:module") as { createRequire(from: string): (name: string) => unknown } | undefined;
  try {
    const require = modules?.createRequire(`${(process as unknown as { cwd(): string }).cwd()}/`);
    const Database = require?.("better-sqlite3") as (new (path: string) => SqliteDatabase) | undefined;
    if (Database !== undefined) return new Database(path);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
  }
  throw new ConfigError("config.missing", "store", "there is no node:sqlite here (Node 22.5 or newer); install better-sqlite3, or pass an open database");
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS sansms_partition (
  key TEXT PRIMARY KEY, record BLOB NOT NULL, until_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sansms_partition_until ON sansms_partition (until_ms)`;
const READ = "SELECT record, until_ms FROM sansms_partition WHERE key = ?";
const WRITE = "INSERT OR REPLACE INTO sansms_partition VALUES (?, ?, ?)";
const SWEEP = `DELETE FROM sansms_partition WHERE key IN
  (SELECT key FROM sansms_partition WHERE until_ms <= ? ORDER BY until_ms LIMIT ?)`;

const SWEEP_EVERY = 64;
const SWEEP_AT_MOST = 128;

/** A row is swept when it ended ten minutes ago: a clock that jumps ahead for a moment forgets no limits. */
const SWEEP_SLACK_MS = 600_000;

/** How long to wait for another process; the event loop stands still meanwhile. */
const BUSY_MS = 250;
