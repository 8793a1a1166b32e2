import { ConfigError } from "../config.js";
import { hex, listed, oneByOne, SqlStore, SWEEP_LOOKS_AT, TABLE, tableName, type Dialect, type Link, type Rows, type SqlStoreOptions } from "./sql.js";

/** As much of a client of `pg` as is used. */
export interface PgClientLike {
  query(query: { readonly text: string; readonly rowMode: "array" }): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off?(event: "error", listener: (error: Error) => void): unknown;
  release?(destroy?: boolean): void;
  end?(): unknown;
}

/** As much of a pool of `pg` as is used. */
export interface PgPoolLike {
  connect(): Promise<PgClientLike>;
  on(event: "error", listener: (error: Error) => void): unknown;
  listenerCount?(event: "error"): number;
  readonly totalCount: number;
}

export type { SqlStoreOptions } from "./sql.js";

/**
 * Keeps records in a table of PostgreSQL 12 or newer: one row a partition, a row lock, the server's clock.
 *
 * Takes a `Pool` of `pg`, which stays yours to end, or a connected `Client` of its own. Each wave is a transaction of
 * two trips on a connection of its own, outside of the application's; a pooler such as PgBouncer may stand between. The
 * table is made by the first use, or, where this user may not, by the statement `PostgresStore.CREATE_TABLE`; Python's
 * `PostgresStore` shares it.
 *
 * Deadlocks and serialisation failures are tried again until the deadline; a lock that is not had in time is `limited`
 * with `limit.busy`.
 */
export class PostgresStore extends SqlStore {
  /** What makes the table, with its usual name. */
  static readonly CREATE_TABLE = create(`"${TABLE}"`);

  constructor(client: PgPoolLike | PgClientLike, options: SqlStoreOptions = {}) {
    super(dialect(tableName(options.table ?? TABLE, '"')), linker(client), options.now);
  }
}

function linker(client: PgPoolLike | PgClientLike): () => Promise<Link> {
  const { totalCount, connect } = (client ?? {}) as Partial<PgPoolLike>;
  if (typeof totalCount === "number" && typeof connect === "function") {
    const pool = client as PgPoolLike;
    // Without a listener a connection that breaks while it is idle would end the process.
    if (pool.listenerCount?.("error") === 0) pool.on("error", ignore);
    return async () => linked(await pool.connect());
  }
  if (typeof (client as Partial<PgClientLike> | undefined)?.query === "function") {
    return oneByOne((done) => linked(client as PgClientLike, done));
  }
  throw new ConfigError("config.type", "store", "PostgresStore takes a Pool or a Client of pg");
}

function linked(client: PgClientLike, done?: () => void): Link {
  // A connection that breaks says so twice: to whoever asks, and as an event that would end the process.
  client.on("error", ignore);
  const leave = (destroy: boolean): void => {
    if (!destroy) client.off?.("error", ignore);
    if (done === undefined) client.release?.(destroy);
    else if (destroy) void client.end?.();
    done?.();
  };
  return {
    ask: async (trip) => {
      const results = (await client.query({ text: trip.join("; "), rowMode: "array" })) as { rows: Rows } | { rows: Rows }[];
      return Array.isArray(results) ? results.map(({ rows }) => rows) : [results.rows];
    },
    release: () => leave(false),
    destroy: () => leave(true),
  };
}

function dialect(table: string): Dialect {
  return {
    create: create(table),
    lock: (keys, leftMs) => {
      // Whoever waits gives up shortly before the deadline, and so hears of it; a client that stands still in the middle
      // loses its locks a second later.
      const patience = Math.max(leftMs - Math.floor(leftMs / 8), 1);
      return [
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        `SET LOCAL lock_timeout = ${patience}`,
        `SET LOCAL statement_timeout = ${patience}`,
        `SET LOCAL idle_in_transaction_session_timeout = ${leftMs + 1000}`,
        `INSERT INTO ${table} ("key", record, until_ms) VALUES ${keys.map((key) => `('${key}', '', 0)`).join(", ")} ON CONFLICT DO NOTHING`,
        `SELECT "key", record, until_ms FROM ${table} WHERE "key" IN (${listed(keys)}) ORDER BY "key" FOR UPDATE`,
        CLOCK,
      ];
    },
    read: (results) => ({ rows: results.at(-2) ?? [], now: Number(results.at(-1)?.[0]?.[0]) }),
    write: (rows) =>
      rows.map(([key, record, until]) => `UPDATE ${table} SET record = decode('${hex(record)}', 'hex'), until_ms = ${until} WHERE "key" = '${key}'`),
    look: (after) => [
      `SELECT "key", NULL, until_ms FROM ${table} WHERE "key" > '${after}' ORDER BY "key" LIMIT ${SWEEP_LOOKS_AT}`,
      CLOCK,
    ],
    // Waits for nobody.
    sweep: (keys, until) => [
      `DELETE FROM ${table} WHERE "key" IN (SELECT "key" FROM ${table} WHERE "key" IN (${listed(keys)}) AND until_ms <= ${until} FOR UPDATE SKIP LOCKED)`,
    ],
    verdict: (error) => {
      const { code = "" } = (error ?? {}) as { code?: string };
      return STATES[code] ?? (LOST.test(code) || /^Connection terminated|not queryable/.test((error as Error).message) ? "gone" : undefined);
    },
  };
}

function create(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} ("key" text COLLATE "C" PRIMARY KEY, record bytea NOT NULL, until_ms bigint NOT NULL)`;
}

function ignore(): void {
  // Whoever asked hears of it.
}

const CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const STATES: Readonly<Record<string, ReturnType<Dialect["verdict"]>>> = {
  "40001": "again", // serialization_failure
  "40P01": "again", // deadlock_detected
  "23505": "again", // unique_violation; this and the next two: others made the table at the same time
  "42P07": "again", // duplicate_table
  "42710": "again", // duplicate_object
  "55P03": "busy", // lock_not_available: lock_timeout
  "57014": "busy", // query_canceled: statement_timeout
  "42P01": "no table", // undefined_table
  "3F000": "no table", // invalid_schema_name
  "42501": "no table", // insufficient_privilege
  "25006": "gone", // read_only_sql_transaction: what was the primary is a replica now
};

/** Connection exception, operator intervention, and what Node says of a socket. */
const LOST = /^(08|57...$|ECONN|EPIPE|ETIMEDOUT)/;
