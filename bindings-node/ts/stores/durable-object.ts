import { ConfigError } from "../config.js";
import { core } from "../core.js";
import { runEach, type Store, type StoreOp } from "../store.js";

/** As much of a Durable Object namespace binding as is used. */
export interface DurableObjectNamespaceLike {
  idFromName(name: string): unknown;
  get(id: never): { fetch(url: string, init: { method: "POST"; body: string; signal?: AbortSignal }): Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }> };
}

/** As much of a Durable Object's state as is used; the class must be one with SQLite (`new_sqlite_classes`). */
export interface DurableObjectStateLike {
  readonly storage: {
    readonly sql: { exec(query: string, ...values: (string | number | ArrayBuffer)[]): { toArray(): unknown[] } };
    setAlarm(time: number): Promise<void>;
    deleteAll(): Promise<void>;
  };
}

/**
 * Keeps records in Durable Objects, one object a partition: a number, an address, the budget.
 *
 * ```ts
 * export { SansmsPartition } from "sansms/stores/durable-object";
 * const store = new DurableObjectStore(env.CODES);
 * ```
 *
 * with, in `wrangler.jsonc`, a binding of `CODES` to the class `SansmsPartition` and `"new_sqlite_classes":
 * ["SansmsPartition"]` among the migrations.
 *
 * **Reach.** An object runs in one place, wherever it was first asked for, so a call from the other end of the world
 * takes that trip. One object takes about 1,000 requests a second (the vendor's figure for its soft limit): more than
 * any number or address may ask for, but the budget's object is one for the whole deployment, and so the most that it
 * can send and refuse is about that many a second.
 *
 * **Price.** A send asks three objects (the address, the number, the budget; four with IPv6, one more for each rule
 * on prefix, country or device), and each writes one row, and once in its life sets and hears one alarm. So 1,000 sends to
 * 1,000 new numbers are about 3,000 requests, 4,000 to 6,000 rows written and as many again as alarms set: at 0.15
 * dollars a million requests, 1.00 a million rows written and 12.50 a million GB-s (a few ms at 128 MB each), **about
 * one US cent for 1,000 sends**, where the included amounts are used up. Those are Cloudflare's published prices as
 * of 2026 (developers.cloudflare.com/durable-objects/platform/pricing), not ours to promise.
 */
export class DurableObjectStore implements Store {
  readonly #objects: DurableObjectNamespaceLike;

  constructor(namespace: DurableObjectNamespaceLike) {
    if (typeof namespace?.idFromName !== "function") {
      throw new ConfigError("config.type", "store", "DurableObjectStore takes the binding of a Durable Object namespace, e.g. env.CODES");
    }
    this.#objects = namespace;
  }

  run(ops: readonly StoreOp[], timeoutMs = 5000): Promise<(string | undefined)[]> {
    const signal = AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));
    return runEach(ops, async ({ key, op }) => {
      const object = this.#objects.get(this.#objects.idFromName(key) as never);
      const reply = await object.fetch("https://sansms.invalid/", { method: "POST", body: op, signal });
      const text = await reply.text();
      if (!reply.ok) throw new Error(`the partition answered ${reply.status}`);
      return text;
    });
  }
}

/** The Durable Object of one partition; export it from your Worker, and bind its namespace. */
export class SansmsPartition {
  readonly #storage: DurableObjectStateLike["storage"];
  #hasTable = false;

  constructor(state: DurableObjectStateLike) {
    this.#storage = state.storage;
  }

  /** Applies one operation, the request's body. The runtime holds the answer back until what was written is safe. */
  async fetch(request: { text(): Promise<string> }): Promise<Response> {
    const op = await request.text();
    const now = Date.now();
    const row = this.#read();
    const record = row !== undefined && now < row.until_ms ? new Uint8Array(row.record) : undefined;
    // From the read to the write nothing waits, so nothing comes between.
    const { record: kept, ttlMs, reply } = core.get().core.apply(record, op, now);
    if (kept != null) {
      const until = Math.max(now + ttlMs, row?.until_ms ?? 0);
      this.#storage.sql.exec(WRITE, kept.slice().buffer as ArrayBuffer, until);
      // One alarm a life: when it rings too early it is set anew. Cloudflare gives up on one that fails time and again,
      // so a record that has ended and is still there begins another life.
      if (record === undefined) await this.#storage.setAlarm(until);
    }
    return new Response(reply);
  }

  /** Deletes the object's data at the record's end. */
  async alarm(): Promise<void> {
    const until = this.#read()?.until_ms ?? 0;
    if (Date.now() < until) {
      await this.#storage.setAlarm(until);
    } else {
      this.#hasTable = false;
      await this.#storage.deleteAll();
    }
  }

  #read(): { record: ArrayBuffer; until_ms: number } | undefined {
    const { sql } = this.#storage;
    if (!this.#hasTable) sql.exec(SCHEMA);
    this.#hasTable = true;
    return sql.exec(READ).toArray()[0] as { record: ArrayBuffer; until_ms: number } | undefined;
  }
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS partition (
  one INTEGER PRIMARY KEY CHECK (one = 1), record BLOB NOT NULL, until_ms INTEGER NOT NULL
)`;
const READ = "SELECT record, until_ms FROM partition";
const WRITE = "INSERT OR REPLACE INTO partition VALUES (1, ?, ?)";
