import { ConfigError } from "../config.js";
import { core } from "../core.js";
import { runEach, type Store, type StoreOp } from "../store.js";

/** As much of a D1 binding as is used. */
export interface D1DatabaseLike extends D1SessionLike {
  withSession?(constraint: "first-primary"): D1SessionLike;
}

/** As much of a D1 session as is used. */
export interface D1SessionLike {
  prepare(sql: string): D1StatementLike;
}

/** As much of a D1 statement as is used. */
export interface D1StatementLike {
  bind(...values: unknown[]): D1StatementLike;
  first(): Promise<unknown>;
  run(): Promise<{ readonly meta: { readonly changes?: number } }>;
}

/**
 * Keeps records in Cloudflare D1, where nothing can be held: a record is written only if it is still the version that
 * was read.
 *
 * An operation that meets others is tried at most five times, with jitter between, and then the outcome is `limited`
 * with `limit.busy`. That is right and slow under attack on one number: where you can, take `DurableObjectStore`. Every
 * session starts at the primary, as a replica may lag behind. The clock is the database's; the table makes itself.
 */
export class D1Store implements Store {
  readonly #database: D1DatabaseLike;

  constructor(database: D1DatabaseLike) {
    if (typeof database?.prepare !== "function") {
      throw new ConfigError("config.type", "store", "D1Store takes the binding of a D1 database, e.g. env.DB");
    }
    this.#database = database;
  }

  async run(ops: readonly StoreOp[], timeoutMs = 5000): Promise<(string | undefined)[]> {
    const deadline = Date.now() + timeoutMs;
    return runEach(ops, (op) => this.#apply(op, deadline));
  }

  async #apply({ key, op }: StoreOp, deadline: number): Promise<string> {
    const database = this.#database.withSession?.("first-primary") ?? this.#database;
    for (let tries = 1; ; tries++) {
      const row = (await withTable(database, () => database.prepare(READ).bind(key).first())) as Row;
      const old = row.record === null || row.now_ms >= row.until_ms ? undefined : Uint8Array.from(row.record);
      const { record, ttlMs, reply } = core.get().core.apply(old, op, row.now_ms);
      if (record == null) return reply;
      const until = Math.max(row.now_ms + ttlMs, row.until_ms ?? 0);
      const version = drawVersion();
      const write =
        row.version === null
          ? database.prepare(INSERT).bind(key, record, until, version)
          : database.prepare(UPDATE).bind(record, until, version, key, row.version);
      const { meta } = await write.run();
      if (meta.changes === 1) {
        // Now and then, what ended long ago is taken away.
        if (version.startsWith("00")) await database.prepare(SWEEP).bind(row.now_ms - SWEEP_SLACK_MS).run();
        return reply;
      }
      const pause = Math.random() * 20 * 2 ** tries;
      if (tries === TRIES || Date.now() + pause > deadline) return "refused busy";
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

interface Row {
  now_ms: number;
  record: number[] | null;
  until_ms: number;
  version: string | null;
}

/** Makes the table where there is none, and asks again. */
async function withTable<T>(database: D1SessionLike, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!String(error).includes("no such table")) throw error;
    for (const statement of SCHEMA) await database.prepare(statement).run();
    return ask();
  }
}

/** A version never comes twice, so a record that was deleted and made anew is not taken for the old one. */
function drawVersion(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS sansms_versioned (
    key TEXT PRIMARY KEY, record BLOB NOT NULL, until_ms INTEGER NOT NULL, version TEXT NOT NULL
  ) WITHOUT ROWID`,
  "CREATE INDEX IF NOT EXISTS sansms_versioned_until ON sansms_versioned (until_ms)",
];
const READ = `SELECT clock.now_ms, kept.record, kept.until_ms, kept.version
  FROM (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now_ms) AS clock
  LEFT JOIN sansms_versioned AS kept ON kept.key = ?`;
const INSERT = "INSERT INTO sansms_versioned VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING";
const UPDATE = "UPDATE sansms_versioned SET record = ?, until_ms = ?, version = ? WHERE key = ? AND version = ?";
const SWEEP = `DELETE FROM sansms_versioned WHERE key IN
  (SELECT key FROM sansms_versioned WHERE until_ms <= ? ORDER BY until_ms LIMIT 128)`;

const TRIES = 5;
const SWEEP_SLACK_MS = 600_000;
