import { ConfigError } from "../config.js";
import { hex, listed, oneByOne, SqlStore, SWEEP_LOOKS_AT, TABLE, tableName, type Dialect, type Link, type Rows, type SqlStoreOptions } from "./sql.js";

/** As much of a connection of `mysql2/promise` as is used. */
export interface MySqlConnectionLike {
  query(query: { readonly sql: string; readonly rowsAsArray: true }): Promise<[unknown, unknown]>;
  destroy(): void;
  release?(): void;
  readonly connection?: { readonly config?: { readonly multipleStatements?: boolean } };
}

/** As much of a pool of `mysql2/promise` as is used. */
export interface MySqlPoolLike {
  getConnection(): Promise<MySqlConnectionLike>;
}

export type { SqlStoreOptions } from "./sql.js";

/**
 * Keeps records in a table of MySQL 8, or of MariaDB 10.5 or newer: one row a partition, a row lock, the server's clock.
 *
 * Takes a pool of `mysql2/promise` (or one connection) that nothing else uses, because how long its sessions wait for
 * locks is set; it stays yours to end. Each wave is a transaction: of two trips with `multipleStatements: true`, else of
 * seven. The table is made by the first use, or, where this user may not, by the statement `MySQLStore.CREATE_TABLE`;
 * Python's `MySQLStore` shares it.
 *
 * Deadlocks are tried again until the deadline; a lock that is not had in time is `limited` with `limit.busy`.
 */
export class MySQLStore extends SqlStore {
  /** What makes the table, with its usual name. */
  static readonly CREATE_TABLE = create(`\`${TABLE}\``);

  constructor(client: MySqlPoolLike | MySqlConnectionLike, options: SqlStoreOptions = {}) {
    super(dialect(tableName(options.table ?? TABLE, "`")), linker(client), options.now);
  }
}

function linker(client: MySqlPoolLike | MySqlConnectionLike): () => Promise<Link> {
  const { getConnection } = (client ?? {}) as Partial<MySqlPoolLike>;
  if (typeof getConnection === "function") return async () => linked(await getConnection.call(client));
  const { query, destroy } = (client ?? {}) as Partial<MySqlConnectionLike>;
  if (typeof query === "function" && typeof destroy === "function") {
    return oneByOne((done) => linked(client as MySqlConnectionLike, done));
  }
  throw new ConfigError("config.type", "store", "MySQLStore takes a pool or a connection of mysql2/promise");
}

function linked(connection: MySqlConnectionLike, done?: () => void): Link {
  const several = connection.connection?.config?.multipleStatements === true;
  const query = async (sql: string): Promise<unknown> => (await connection.query({ sql, rowsAsArray: true }))[0];
  const leave = (destroy: boolean): void => {
    // Every connection has a `release`, and only those of a pool can do it.
    if (destroy) connection.destroy();
    else if (done === undefined) connection.release?.();
    done?.();
  };
  return {
    ask: async (trip) => {
      if (several && trip.length > 1) return ((await query(trip.join("; "))) as unknown[]).filter(Array.isArray) as Rows[];
      const results: Rows[] = [];
      for (const sql of trip) {
        const result = await query(sql);
        if (Array.isArray(result)) results.push(result as Rows);
      }
      return results;
    },
    release: () => leave(false),
    destroy: () => leave(true),
  };
}

function dialect(table: string): Dialect {
  return {
    create: create(table),
    lock: (keys, leftMs) => {
      // The server counts in seconds; only MariaDB knows finer limits, and reads what stands after `M!`.
      const patience = Math.max(leftMs - Math.floor(leftMs / 8), 1);
      const settings = `innodb_lock_wait_timeout = ${Math.max(Math.floor(patience / 1000), 1)} /*M! , max_statement_time = ${(patience / 1000).toFixed(3)}, idle_transaction_timeout = ${Math.floor(leftMs / 1000) + 2} */`;
      return [
        `SET ${settings}`,
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "START TRANSACTION READ WRITE",
        // Makes rows or locks them, in order: with `INSERT IGNORE` and `FOR UPDATE` two would deadlock.
        `INSERT INTO ${table} (\`key\`, record, until_ms) VALUES ${keys.map((key) => `('${key}', '', 0)`).join(", ")} ON DUPLICATE KEY UPDATE \`key\` = \`key\``,
        `SELECT \`key\`, record, until_ms, ${CLOCK} FROM ${table} WHERE \`key\` IN (${listed(keys)}) ORDER BY \`key\` FOR UPDATE`,
      ];
    },
    read: (results) => {
      const rows = results.at(-1) ?? [];
      return { rows, now: Number(rows[0]?.[3]) };
    },
    write: (rows) => {
      const values = rows.map(([key, record, until]) => `('${key}', x'${hex(record)}', ${until})`).join(", ");
      return [
        `INSERT INTO ${table} (\`key\`, record, until_ms) VALUES ${values} ON DUPLICATE KEY UPDATE record = VALUES(record), until_ms = VALUES(until_ms)`,
      ];
    },
    look: (after) => [
      `SELECT \`key\`, NULL, until_ms, ${CLOCK} FROM ${table} WHERE \`key\` > '${after}' ORDER BY \`key\` LIMIT ${SWEEP_LOOKS_AT}`,
    ],
    sweep: (keys, until) => [`DELETE FROM ${table} WHERE \`key\` IN (${listed(keys)}) AND until_ms <= ${until}`],
    verdict: (error) => {
      const { errno, code, fatal } = (error ?? {}) as { errno?: number; code?: string; fatal?: boolean };
      const known = errno === undefined ? undefined : NUMBERS[errno];
      return known ?? (fatal === true || LOST.test(code ?? "") || /closed state/.test((error as Error).message) ? "gone" : undefined);
    },
  };
}

function create(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (\`key\` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY, record blob NOT NULL, until_ms bigint NOT NULL) ENGINE=InnoDB`;
}

/** Whatever the session's time zone is; read when the locks are held already. */
const CLOCK = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000";

/**
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
const NUMBERS: Readonly<Record<number, ReturnType<Dialect["verdict"]>>> = {
  1020: "again", // ER_CHECKREAD: MariaDB's snapshot isolation
  1213: "again", // ER_LOCK_DEADLOCK
  1205: "busy", // ER_LOCK_WAIT_TIMEOUT
  1969: "busy", // ER_STATEMENT_TIMEOUT: max_statement_time
  3024: "busy", // ER_QUERY_TIMEOUT
  1146: "no table", // ER_NO_SUCH_TABLE
  1142: "no table", // ER_TABLEACCESS_DENIED_ERROR
  1053: "gone", // ER_SERVER_SHUTDOWN
  1290: "gone", // ER_OPTION_PREVENTS_STATEMENT: what was the primary is read-only now
  1792: "gone", // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1836: "gone", // ER_READ_ONLY_MODE
  1927: "gone", // ER_CONNECTION_KILLED
  4031: "gone", // ER_CLIENT_INTERACTION_TIMEOUT
};

const LOST = /^(PROTOCOL_|ECONN|EPIPE|ETIMEDOUT)/;
