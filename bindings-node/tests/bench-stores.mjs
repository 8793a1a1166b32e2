// A send and a verify on each store: operations a second, and trips. Prints a section of docs/benchmarks.md.
// Runs within scripts/with-servers, with the databases as durable as they are by default (SANSMS_DURABLE=1).
// SANSMS_BENCH_SECONDS is for how long a store is asked, each time.
import { rmSync } from "node:fs";
import { MemoryStore } from "sansms";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { RedisStore } from "sansms/stores/redis";
import { SQLiteStore } from "sansms/stores/sqlite";
import { flows, perSecond } from "./bench-flows.mjs";
import { environment } from "./tools.mjs";
import { startWorker } from "./workerd.mjs";

const SECONDS = Number(process.env.SANSMS_BENCH_SECONDS ?? 1.5);
const CALLERS = 8;
const need = environment("stores");
const { SANSMS_REDIS: redis, SANSMS_REDIS_CLUSTER: cluster, SANSMS_POSTGRES: postgres, SANSMS_MARIADB: mariadb } = process.env;
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
const rate = (value) => Math.round(value).toLocaleString("en");

let trips = 0;
/** Counts the calls of a method. */
const counted = (target, name) => {
  const method = target[name];
  target[name] = function (...words) {
    trips++;
    return method.apply(this, words);
  };
  return target;
};
const place = (address) => ({ host: address.split(":")[0], port: Number(address.split(":")[1]) });
const builtin = process.getBuiltinModule?.("node:sqlite");
const Better = environment("sqlite")?.("better-sqlite3");
const file = `${process.cwd()}/bench-stores-${process.pid}.sqlite3`;
const onFile = (database) => ({
  store: new SQLiteStore(database),
  close: () => {
    database.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(file + end, { force: true });
  },
});

// Each answers a store, how it is closed, and whether it has a server; a wave of Redis is one trip, its commands leave at once.
const STORES = {
  "memory": () => ({ store: new MemoryStore() }),
  "SQLite, node:sqlite": builtin && (() => onFile(new builtin.DatabaseSync(file))),
  "SQLite, better-sqlite3": Better && (() => onFile(new Better(file))),
  "Redis, ioredis": redis && (() => {
    const client = new (need("ioredis").Redis)(place(redis));
    return { store: counted(new RedisStore(client), "run"), close: () => client.disconnect(), server: true };
  }),
  "Redis, node-redis": redis && (async () => {
    const client = await need("redis").createClient({ socket: place(redis) }).connect();
    return { store: counted(new RedisStore(client), "run"), close: () => client.destroy(), server: true };
  }),
  "Redis Cluster of three, ioredis": cluster && (() => {
    const client = new (need("ioredis").Cluster)([place(cluster)]);
    return { store: counted(new RedisStore(client), "run"), close: () => client.disconnect(), server: true };
  }),
  "Redis Cluster of three, node-redis": cluster && (async () => {
    const client = await need("redis").createCluster({ rootNodes: [{ url: `redis://${cluster}` }] }).connect();
    return { store: counted(new RedisStore(client), "run"), close: () => client.destroy(), server: true };
  }),
  "PostgreSQL, pg": postgres && (() => {
    const pool = new (need("pg").Pool)({ connectionString: postgres, max: CALLERS });
    pool.on("connect", (client) => counted(client, "query"));
    return { store: new PostgresStore(pool), close: () => pool.end(), server: true };
  }),
  "MariaDB, mysql2": mariadb && (() => {
    const pool = need("mysql2/promise").createPool({ uri: mariadb, connectionLimit: CALLERS, multipleStatements: true });
    const take = pool.getConnection.bind(pool);
    pool.getConnection = async () => counted(await take(), "query");
    return { store: new MySQLStore(pool), close: () => pool.end(), server: true };
  }),
};

/** How many trips one call makes; sweeps, every sixteenth wave, are in it. */
async function tripsOf(call, times = 48) {
  const before = trips;
  for (let at = 0; at < times; at++) await call();
  return Number(((trips - before) / times).toFixed(1));
}

console.log("## Node: a send and a verify on each store\n");
console.log("With a canned reply; every flow has a number and an address of its own, all share the budget. The servers are on this");
console.log("machine; a commit waits for the disk, as it does by default (Redis: no append-only file). A trip is one exchange with the");
console.log("server; operations of a wave that leave at once are one on Redis. Durable Objects and D1 are those of workerd on this");
console.log("machine, where each partition is asked by itself, those of a wave at once: every request and statement is counted.\n");
row("store", "sends a second", `from ${CALLERS} callers`, "verifies a second", "trips a send", "trips a verify");
row("---", "--:", "--:", "--:", "--:", "--:");
for (const [name, open] of Object.entries(STORES)) {
  if (!open) {
    row(name, ..."-----");
    continue;
  }
  const { store, close, server } = await open();
  const { send, verify, waiting } = flows(store);
  await send();
  await verify();
  const alone = await perSecond(send, SECONDS);
  const bySend = await tripsOf(send);
  const verifies = await perSecond(verify, SECONDS, 1, waiting.length - 24);
  const byVerify = await tripsOf(verify, 24);
  const many = await perSecond(send, SECONDS, CALLERS);
  row(name, ...[alone, many, verifies].map(rate), ...(server ? [bySend, byVerify] : ["-", "-"]));
  await close?.();
}

// As a Worker's clock stands still while it computes, the time is taken here, of batches of several.
const worker = await startWorker("bench-worker.mjs", {
  durableObjects: { CODES: { className: "SansmsPartition", useSQLite: true } },
  d1Databases: { DB: "codes" },
});
const BATCH = 24;
for (const [name, store] of [["Durable Object, workerd", "durable-object"], ["D1, workerd", "d1"]]) {
  let asked = 0;
  const batch = (what, callers = 1) => async () => {
    const reply = await worker.fetch(`/?store=${store}&what=${what}&times=${BATCH}&callers=${callers}`);
    if (reply.status !== 200) throw new Error(await reply.text());
    asked = (await reply.json()).asked;
  };
  await batch("send")();
  await batch("verify")();
  let batches = 0;
  const send = batch("send");
  const alone = await perSecond(async () => (batches++, send()), SECONDS);
  const bySend = asked / BATCH;
  const verifies = await perSecond(batch("verify"), SECONDS, 1, batches);
  const byVerify = asked / BATCH;
  const many = await perSecond(batch("send", CALLERS), SECONDS);
  row(name, ...[alone, many, verifies].map((each) => rate(each * BATCH)), ...[bySend, byVerify].map((each) => Number(each.toFixed(1))));
}
await worker.stop();
console.log("");
