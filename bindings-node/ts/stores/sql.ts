/**
 * Records in rows: what the stores on SQL databases share.
 *
 * A wave is one transaction: the rows are made where they lack and locked, in the order of their keys; then what `apply`
 * says is written, and committed. The clock is the database's, read while the locks are held. Statements hold no
 * parameters, so that several make one trip; nothing in them comes from outside: keys match `KEY`, records are in hex.
 */
import { ConfigError } from "../config.js";
import { core } from "../core.js";
import type { Store, StoreOp } from "../store.js";

/** What a store on a SQL database may be told besides its client. */
export interface SqlStoreOptions {
  /** The table's name, with its schema if you like; `sansms_partition` if left out. */
  readonly table?: string | undefined;
  /** For tests: a clock in milliseconds since 1970, in place of the database's. */
  readonly now?: (() => number) | undefined;
}

/** How one kind of database is asked; statements only. */
export interface Dialect {
  /** Makes the table. */
  readonly create: string;
  /** Begins a transaction, makes the rows that lack, locks all in order; ends with `read`'s results. */
  lock(keys: readonly string[], leftMs: number): string[];
  /** Takes rows `[key, record, until_ms]` and the time out of the results of `lock` or `look`. */
  read(results: readonly Rows[]): { rows: Rows; now: number };
  /** Writes records; the caller commits. */
  write(rows: readonly Written[]): string[];
  /** Selects the next keys with the ends of their rows, and the time. */
  look(after: string): string[];
  /** Deletes those of the rows that have ended by then. */
  sweep(keys: readonly string[], until: number): string[];
  /**
   * Tells what an error means: nothing was done and another attempt may do it, a lock was not had in time, the connection
   * is no more, the table is not there or not for this user, or nothing that we know.
   */
  verdict(error: unknown): "again" | "busy" | "gone" | "no table" | undefined;
}

export type Rows = readonly (readonly unknown[])[];
export type Written = readonly [key: string, record: Uint8Array, until: number];

/** One connection, for one transaction. */
export interface Link {
  /** Runs statements in their order; answers the rows of each. */
  ask(trip: readonly string[]): Promise<Rows[]>;
  /** Hands the connection back. */
  release(): void;
  /** Closes the connection, whatever it waits for. */
  destroy(): void;
}

/** Keeps records in a table; made as one of its kinds. */
export abstract class SqlStore implements Store {
  readonly #dialect: Dialect;
  readonly #link: () => Promise<Link>;
  readonly #now: (() => number) | undefined;
  #sweepAfter: string | undefined;
  #sinceSweep = 0;

  /** @internal */
  protected constructor(dialect: Dialect, link: () => Promise<Link>, now: (() => number) | undefined) {
    this.#dialect = dialect;
    this.#link = link;
    this.#now = now;
  }

  async run(ops: readonly StoreOp[], timeoutMs = 1000): Promise<string[]> {
    const deadline = performance.now() + timeoutMs;
    const dialect = this.#dialect;
    let hasFailed = false;
    for (let attempt = 1; ; attempt++) {
      const began = performance.now();
      const link = await this.#connect(deadline);
      const step = { writing: false };
      let fault: unknown;
      try {
        const replies = await within(deadline, this.#wave(link, ops, deadline, step));
        await this.#sweep(link, ops, deadline);
        return replies;
      } catch (error) {
        fault = error;
      } finally {
        if (fault === undefined) link.release();
      }
      const verdict = fault instanceof SweptAway ? "again" : dialect.verdict(fault);
      if (verdict === undefined || verdict === "gone" || !(await rolledBack(link, deadline))) link.destroy();
      else link.release();

      if (verdict === "busy") return ops.map(() => BUSY);
      // It has gone on until now, and nothing is written yet.
      if (fault instanceof Late && hasFailed && !step.writing) return ops.map(() => BUSY);
      if (verdict === "again") {
        hasFailed = true;
        const pause = (0.5 + Math.random()) * Math.min(2 * 2 ** attempt, 100);
        // Another attempt takes as long as this one; the deadline must not come while it writes.
        const now = performance.now();
        if (now + pause + (now - began) >= deadline) return ops.map(() => BUSY);
        await new Promise((resolve) => setTimeout(resolve, pause));
      } else if (verdict === "no table" && attempt < 4) {
        await this.#create(deadline);
      } else if (verdict === "no table") {
        throw this.#noTable();
      } else if (verdict !== "gone" || step.writing || attempt > 1) {
        // What broke while it was written may have been done, and is never tried again.
        throw fault;
      }
    }
  }

  /** Makes the table if it is not there; the first use does it too, where the user may. */
  async createTable(): Promise<void> {
    await this.#create(performance.now() + 5000);
  }

  async #create(deadline: number): Promise<void> {
    const link = await this.#connect(deadline);
    try {
      await within(deadline, link.ask([this.#dialect.create]));
      link.release();
    } catch (error) {
      link.destroy();
      const verdict = this.#dialect.verdict(error);
      if (verdict === "no table") throw this.#noTable();
      // Else another makes it just now.
      if (verdict !== "again") throw error;
    }
  }

  #noTable(): ConfigError {
    const problem = "the table is not there, or this user may not read, insert, update and delete in it; it is made by: ";
    return new ConfigError("config.value", "store", problem + this.#dialect.create);
  }

  async #connect(deadline: number): Promise<Link> {
    const link = this.#link();
    // One that comes too late is handed back.
    return within(deadline, link, () => link.then((late) => late.release(), () => undefined));
  }

  async #wave(link: Link, ops: readonly StoreOp[], deadline: number, step: { writing: boolean }): Promise<string[]> {
    const keys = [...new Set(ops.map(({ key }) => key))].sort();
    if (!keys.every((key) => KEY.test(key))) throw new Error("a key holds what keys don't");
    const { apply } = core.get().core;
    const leftMs = Math.max(1, Math.floor(deadline - performance.now()));
    const { rows, now: theirs } = this.#dialect.read(await link.ask(this.#dialect.lock(keys, leftMs)));
    const now = this.#now?.() ?? theirs;
    const found = new Map(rows.map(([key, record, until]) => [text(key), { record: record as Uint8Array, until: Number(until) }]));
    const changed = new Set<string>();
    const replies = ops.map(({ key, op }) => {
      const row = found.get(key);
      if (row === undefined) throw new SweptAway();
      const { record, ttlMs, reply } = apply(now < row.until ? row.record : undefined, op, now);
      if (record != null) {
        found.set(key, { record, until: Math.max(now + ttlMs, row.until) });
        changed.add(key);
      }
      return reply;
    });
    // Without a change nothing is left behind, rows that were made for their locks neither.
    if (changed.size === 0) {
      await link.ask(["ROLLBACK"]);
      return replies;
    }
    const written = [...changed].map((key): Written => {
      const { record, until } = found.get(key) ?? { record: new Uint8Array(), until: 0 };
      return [key, record, until];
    });
    // Past the deadline nobody hears the answer any more.
    if (performance.now() >= deadline) throw new Late();
    step.writing = true;
    await link.ask([...this.#dialect.write(written), "COMMIT"]);
    return replies;
  }

  /** Sweeps now and then, a small step along the primary key; a fault in it spoils nothing. */
  async #sweep(link: Link, ops: readonly StoreOp[], deadline: number): Promise<void> {
    if (++this.#sinceSweep < SWEEP_EVERY || performance.now() > deadline - 100) return;
    this.#sinceSweep = 0;
    try {
      // Processes begin at different places, so that short-lived ones sweep the whole table together.
      const after = this.#sweepAfter ?? ops[0]?.key ?? "";
      const { rows, now } = this.#dialect.read(await within(deadline, link.ask(this.#dialect.look(after))));
      const until = (this.#now?.() ?? now) - SWEEP_SLACK_MS;
      const all = rows.map(([key, , end]) => [text(key), Number(end)] as const);
      const ended = all.filter(([key, end]) => end <= until && KEY.test(key)).map(([key]) => key);
      if (ended.length > 0) await within(deadline, link.ask(this.#dialect.sweep(ended, until)));
      const last = all.at(-1)?.[0] ?? "";
      this.#sweepAfter = all.length === SWEEP_LOOKS_AT && KEY.test(last) ? last : "";
    } catch {
      // The next use finds the connection as it is, or gone.
      await rolledBack(link, deadline);
    }
  }
}

/** Checks a table's name, and puts marks around its parts. */
export function tableName(name: string, mark: string): string {
  if (!NAME.test(name)) throw new ConfigError("config.value", "store", "the table's name must be of letters, digits and _");
  return name.split(".").map((part) => mark + part + mark).join(".");
}

/** Lists keys as literals. */
export function listed(keys: readonly string[]): string {
  return keys.map((key) => `'${key}'`).join(", ");
}

/** Writes bytes in hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Lets one transaction after the other use a connection that is no pool's. */
export function oneByOne(link: (done: () => void) => Link): () => Promise<Link> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const before = last;
    let done = (): void => undefined;
    last = new Promise((resolve) => (done = resolve));
    return before.then(() => link(done));
  };
}

/** The name that rows go by unless told otherwise. */
export const TABLE = "sansms_partition";

/** How many rows one step of a sweep looks at. */
export const SWEEP_LOOKS_AT = 256;

/** Waits for a promise until the deadline. */
async function within<T>(deadline: number, promise: Promise<T>, tooLate?: () => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      tooLate?.();
      reject(new Late());
    }, Math.max(0, deadline - performance.now()));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => undefined);
  }
}

/** Ends the transaction of a connection that stays; tells whether it may. */
async function rolledBack(link: Link, deadline: number): Promise<boolean> {
  try {
    await within(Math.max(deadline, performance.now() + 50), link.ask(["ROLLBACK"]));
    return true;
  } catch {
    return false;
  }
}

/** Reads a key, whatever the driver made of it. */
function text(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
}

/** The deadline came first. */
class Late extends Error {
  override readonly message = "the database took too long";
}

/** A row was swept between making it and locking it. */
class SweptAway extends Error {}

const BUSY = "refused busy";
const KEY = /^[A-Za-z0-9:._-]{1,128}$/;
const NAME = /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/;
const SWEEP_EVERY = 16;

/** A row is swept when it ended ten minutes ago: a clock that jumps ahead for a moment forgets no limits. */
const SWEEP_SLACK_MS = 600_000;
