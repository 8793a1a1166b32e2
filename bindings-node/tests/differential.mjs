// Random operations through a store on SQL, against `apply` in memory: `differential.mjs URL OPERATIONS [SEED]`; what
// `differential.py` does for Python.
//
// The clock is the same and stands still between waves, so every reply must be equal to the byte, and at the end every
// record that lives.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { apply } from "sansms";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { SQLiteStore } from "sansms/stores/sqlite";
import { Clock } from "sansms/testing";
import { environment } from "./tools.mjs";

const TIMEOUT_MS = 20_000;
const HOUR_MS = 3_600_000;
/** How many operations a key gets before another takes its place. */
const LIFE = 240;

/** Opens a store on a database; answers it with its clock, what reads its rows, and what closes it. */
export async function open(url) {
  const clock = new Clock();
  const table = `sansms_differential_${randomBytes(4).toString("hex")}`;
  const options = { now: () => clock.now, table };
  const { protocol, pathname } = new URL(url);
  if (protocol === "postgresql:") {
    const pool = new (environment("stores")("pg").Pool)({ connectionString: url, max: 2 });
    const rows = async () => (await pool.query({ text: `SELECT "key", record, until_ms FROM ${table}`, rowMode: "array" })).rows;
    const close = async () => (await pool.query(`DROP TABLE ${table}`), await pool.end());
    return { store: new PostgresStore(pool, options), clock, rows, close };
  }
  if (protocol === "mysql:") {
    const pool = environment("stores")("mysql2/promise").createPool({ uri: url, connectionLimit: 2, multipleStatements: true });
    const rows = async () => (await pool.query({ sql: `SELECT \`key\`, record, until_ms FROM ${table}`, rowsAsArray: true }))[0];
    const close = async () => (await pool.query(`DROP TABLE ${table}`), await pool.end());
    return { store: new MySQLStore(pool, options), clock, rows, close };
  }
  assert.equal(protocol, "sqlite:");
  const Database = sqlite();
  assert.ok(Database, "no node:sqlite here, and no better-sqlite3");
  const database = new Database(fileURLToPath(`file://${pathname.replace(/^\/+/, "/")}`));
  const rows = async () => database.prepare("SELECT key, record, until_ms FROM sansms_partition").all().map(({ key, record, until_ms }) => [key, record, until_ms]);
  return { store: new SQLiteStore(database, options), clock, rows, close: async () => database.close() };
}

/** Node's own SQLite, or better-sqlite3. */
export function sqlite() {
  return process.getBuiltinModule?.("node:sqlite")?.DatabaseSync ?? environment("sqlite")?.("better-sqlite3");
}

/** Runs so many operations, in waves of one to four; answers a digest of the replies. */
export async function compare({ store, clock, rows }, operations, seed) {
  const [dice, model, digest, space] = [new Dice(seed), new Map(), createHash("sha256"), randomBytes(8).toString("hex")];
  let [done, named, keys] = [0, 0, []];
  const wanted = ({ key, op }) => {
    const before = model.get(key);
    const { record, ttlMs, reply } = apply(before !== undefined && clock.now < before.until ? before.record : undefined, op, clock.now);
    if (record != null) model.set(key, { record, until: Math.max(clock.now + ttlMs, before?.until ?? 0) });
    return reply;
  };
  while (done < operations) {
    if (keys.length < 4 || dice.chance(1 / LIFE)) keys = [...keys, { key: `sansms:1:${space}:${named++}`, world: new World(dice) }].slice(-4);
    if (dice.chance(0.3)) clock.move(dice.pick(keys).world.waitMs());
    // A partition may come twice in a wave.
    const wave = Array.from({ length: dice.among(1, 4) }, () => dice.pick(keys)).map(({ key, world }) => ({ key, op: world.op() }));
    const expected = wave.map(wanted);
    const told = `seed ${seed}, after ${done} operations: ${JSON.stringify(wave)}`;
    assert.deepEqual(await store.run(wave, TIMEOUT_MS), expected, told);
    digest.update(`${expected.join("\n")}\n`);
    done += wave.length;
  }
  const kept = new Map((await rows()).map(([key, record, until]) => [String(key), { record: Buffer.from(record).toString("hex"), until: Number(until) }]));
  for (const [key, { record, until }] of model) {
    if (clock.now < until) assert.deepEqual(kept.get(key), { record: Buffer.from(record).toString("hex"), until }, `seed ${seed}: ${key}`);
  }
  return digest.digest("hex").slice(0, 16);
}

/** Chance that is the same for the same seed: mulberry32. */
class Dice {
  #state;

  constructor(seed) {
    this.#state = Math.imul(seed, 0x9e3779b9) >>> 0;
  }

  random() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(part) {
    return this.random() < part;
  }

  among(from, to) {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  pick(all) {
    return all[this.among(0, all.length - 1)];
  }
}

/** A random policy, and random operations under it; as `_world.py`. */
class World {
  #dice;
  #leases = 0;
  #rules;
  #hasSlots;

  constructor(dice) {
    this.#dice = dice;
    this.#rules = [`${dice.among(1, 2)}:l:${dice.among(1, 6)}:${dice.among(1, 48) * HOUR_MS}:${dice.pick("sf")}`];
    if (dice.chance(0.6)) this.#rules.push(`16:b:${dice.among(1, 12)}:${dice.among(1, 7) * 24 * HOUR_MS}:${dice.pick("sf")}`);
    if (dice.chance(0.5)) this.#rules.push(`3:t:${dice.among(1, 5)}:${HOUR_MS}:g`);
    this.#hasSlots = dice.chance(0.7);
  }

  /** How far to move the clock: a little, or to the edge of a window. */
  waitMs() {
    const windows = this.#rules.map((rule) => Number(rule.split(":")[3]));
    return this.#dice.pick([1, 999, 60_000, 119_999, 180_000, 300_000, 600_000, ...windows, windows[0] - 1]);
  }

  op() {
    const dice = this.#dice;
    const kind = dice.random();
    if (kind < 0.55) {
      const words = [...this.#rules];
      if (dice.chance(0.2)) words.unshift(`idem=${hex(dice.among(1, 4), 16)}`);
      if (this.#hasSlots) {
        const [tag, nonce, proof] = [dice.among(1, 3), dice.among(1, 3), dice.among(1, 3)];
        words.push(`slot=${hex(tag, 16)}:${hex(nonce, 32)}:${hex(proof, 32)}:300000:600000:120000:${dice.among(1, 3)}:2:${hex(1, 8)}`);
      }
      return ["reserve", this.#lease(), ...words].join(" ");
    }
    if (kind < 0.7 || !this.#hasSlots) {
      const series = this.#rules.filter((rule) => !rule.endsWith("g")).map((rule) => rule.split(":")[0]);
      return ["release", this.#lease(), dice.among(1, 2), ...new Set(series.sort())].join(" ");
    }
    return `check ${hex(dice.among(1, 6), 8)} ${hex(dice.among(1, 3), 16)} 3:${HOUR_MS}:4 ${hex(1, 8)}:${hex(dice.among(1, 3), 32)}`;
  }

  /** A new lease, or one that was there. */
  #lease() {
    return hex(this.#leases > 0 && this.#dice.chance(0.3) ? this.#dice.among(1, this.#leases) : ++this.#leases, 16);
  }
}

function hex(number, digits) {
  return number.toString(16).padStart(digits, "0");
}

if (process.argv[1] === import.meta.filename) {
  const [url, operations, seed = "1"] = process.argv.slice(2);
  const began = performance.now();
  const opened = await open(url);
  const digest = await compare(opened, Number(operations), Number(seed));
  await opened.close();
  console.log(`digest ${digest} seconds ${((performance.now() - began) / 1000).toFixed(1)}`);
}
