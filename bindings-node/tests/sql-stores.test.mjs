// The stores on PostgreSQL and MariaDB, on the real servers, while things break.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { after, test } from "node:test";
import { ConfigError } from "sansms";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { Clock } from "sansms/testing";
import { cases } from "sansms/testing/conformance";
import { environment } from "./tools.mjs";

const KINDS = [
  {
    name: "PostgreSQL",
    url: process.env.SANSMS_POSTGRES,
    Store: PostgresStore,
    open: (url, { size = 8 } = {}) => new (environment("stores")("pg").Pool)({ connectionString: url, max: size }),
    ask: async (pool, sql) => (await pool.query({ text: sql, rowMode: "array" })).rows,
    user: (password) => [`CREATE ROLE stranger LOGIN PASSWORD '${password}'`, "DROP ROLE stranger"],
    killOthers: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
    hold: async (pool, key) => {
      const client = await pool.connect();
      await client.query("BEGIN");
      await client.query(`SELECT 1 FROM sansms_partition WHERE "key" = '${key}' FOR UPDATE`);
      return async () => (await client.query("COMMIT"), client.release());
    },
  },
  {
    name: "MariaDB",
    url: process.env.SANSMS_MARIADB,
    Store: MySQLStore,
    open: (url, { size = 8, several = true } = {}) => environment("stores")("mysql2/promise").createPool({ uri: url, connectionLimit: size, multipleStatements: several }),
    ask: async (pool, sql) => (await pool.query({ sql, rowsAsArray: true }))[0],
    user: (password) => [`CREATE USER stranger@'127.0.0.1' IDENTIFIED BY '${password}'; GRANT SELECT ON sansms.sansms_partition TO stranger@'127.0.0.1'`, "DROP USER stranger@'127.0.0.1'"],
    killOthers: undefined,
    hold: async (pool, key) => {
      const connection = await pool.getConnection();
      await connection.query("START TRANSACTION");
      await connection.query(`SELECT 1 FROM sansms_partition WHERE \`key\` = '${key}' FOR UPDATE`);
      return async () => (await connection.query("COMMIT"), connection.release());
    },
  },
];

const RULE = "1:l:5:3600000:f";
const lease = (at) => at.toString(16).padStart(16, "0");
const reserve = (at) => `reserve ${lease(at)} ${RULE}`;
const fresh = (name) => `sansms:1:test:${name}:${process.pid}-${Math.random().toString(36).slice(2)}`;

/** Asks again as long as the answer is busy, as callers do. */
async function insist(store, op, timeoutMs = 5000) {
  for (;;) {
    const [reply] = await store.run([op], timeoutMs);
    if (reply !== "refused busy") return reply;
  }
}

for (const kind of KINDS) {
  if (kind.url === undefined) {
    if (process.env.CI === "true") test(`there is a ${kind.name}`, () => assert.fail("it was not started"));
    else console.log(`# no ${kind.name}: its store is passed over`);
    continue;
  }
  const { name, url, Store, open, ask } = kind;
  const pools = [];
  const pool = (at = url, options = {}) => (pools.push(open(at, options)), pools.at(-1));
  after(() => Promise.all(pools.map((one) => one.end())));
  const store = new Store(pool());

  test(`${name}: the table makes itself, for many at once`, async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, (_, at) => new Store(pool(url, { size: 1 })).run([{ key: fresh(`table${at}`), op: reserve(1) }], 5000)));
    for (const [reply] of replies) assert.match(reply, /^granted/);
  });

  test(`${name}: the suite, by the server's clock`, async (t) => {
    for (const { name, run } of cases) await t.test(name, () => run(store));
  });

  test(`${name}: the suite, by a clock that moves`, async (t) => {
    const clock = new Clock();
    const moved = new Store(pool(), { now: () => clock.now });
    for (const { name, run } of cases) await t.test(name, () => run(moved, clock));
  });

  test(`${name}: the suite, on one connection`, async (t) => {
    const single = await (async () => {
      if (name === "MariaDB") return environment("stores")("mysql2/promise").createConnection({ uri: url });
      const client = new (environment("stores")("pg").Client)({ connectionString: url });
      await client.connect();
      return client;
    })();
    const alone = new Store(single);
    for (const { name, run } of cases) await t.test(name, () => run(alone));
    await single.end();
  });

  test(`${name}: the clock is the server's`, async () => {
    const key = fresh("clock");
    await store.run([{ key, op: reserve(1) }], 5000);
    const [[until]] = await ask(pools[0], `SELECT until_ms FROM sansms_partition WHERE ${name === "MariaDB" ? "`key`" : '"key"'} = '${key}'`);
    const now = Date.now();
    assert.ok(Number(until) > now + 3_500_000 && Number(until) < now + 4_300_000, `${until} at ${now}`);
  });

  test(`${name}: of 64 sends at once from two pools exactly five are let in`, async () => {
    const [key, other] = [fresh("sends"), new Store(pool())];
    const replies = await Promise.all(Array.from({ length: 64 }, (_, at) => insist(at % 2 ? store : other, { key, op: reserve(at + 1) })));
    assert.equal(replies.filter((reply) => reply.startsWith("granted")).length, 5);
    assert.ok(replies.every((reply) => /^(granted|denied)/.test(reply)), replies.join("\n"));
  });

  test(`${name}: waves over the same keys in another order don't stop each other`, async () => {
    const keys = Array.from({ length: 4 }, (_, at) => fresh(`order${at}`));
    const wave = (at) => (at % 2 ? keys : [...keys].reverse()).map((key) => ({ key, op: `reserve ${lease(at + 1)} 1:b:255:3600000:f` }));
    const all = await Promise.all(Array.from({ length: 40 }, (_, at) => store.run(wave(at), 10_000)));
    assert.ok(all.flat().every((reply) => reply.startsWith("granted")), all.flat().filter((reply) => !reply.startsWith("granted")).join());
  });

  test(`${name}: of 1,000 guesses at once one matches, and wrong ones spend the tries`, async () => {
    for (const proofs of ["right", "wrong"]) {
      const key = fresh("guesses");
      const [tag, proof, kid] = ["a1".repeat(8), "b2".repeat(16), "c3".repeat(4)];
      const slot = `slot=${tag}:${"d4".repeat(16)}:${proof}:300000:600000:120000:3:5:${kid}`;
      assert.match(await insist(store, { key, op: `reserve ${lease(1)} ${RULE} ${slot}` }), /^granted/);
      const guess = (at) => `check ${at.toString(16).padStart(8, "0")} ${tag} 9:86400000:20 ${kid}:${proofs === "right" ? proof : at.toString(16).padStart(32, "0")}`;
      const replies = await Promise.all(Array.from({ length: 1000 }, (_, at) => insist(store, { key, op: guess(at + 1) }, 30_000)));
      const kinds = Object.groupBy?.(replies, (reply) => reply.split(" ")[0]) ?? replies.reduce((all, reply) => ({ ...all, [reply.split(" ")[0]]: [...(all[reply.split(" ")[0]] ?? []), reply] }), {});
      const counts = Object.fromEntries(Object.entries(kinds).map(([word, all]) => [word, all.length]));
      assert.equal(counts.matched ?? 0, proofs === "right" ? 1 : 0, JSON.stringify(counts));
      if (proofs === "wrong") assert.equal(counts.wrong, 3, JSON.stringify(counts));
    }
  });

  test(`${name}: a lock that is held past the deadline is busy, in time, and nothing stays behind`, async () => {
    const key = fresh("held");
    await store.run([{ key, op: reserve(1) }], 5000);
    const release = await kind.hold(pools[0], key);
    const reply = await new Store(pool()).run([{ key, op: reserve(2) }], 3000);
    assert.deepEqual(reply, ["refused busy"]);
    await release();
    for (const at of [3, 4, 5, 6]) assert.match(await insist(store, { key, op: reserve(at) }), /^granted/);
    assert.match(await insist(store, { key, op: reserve(7) }), /^denied/);
  });

  test(`${name}: what ended long ago is swept`, async () => {
    const clock = new Clock();
    const sweeping = new Store(pool(), { now: () => clock.now, table: "sansms_swept" });
    const count = async () => Number((await ask(pools[0], "SELECT count(*) FROM sansms_swept"))[0][0]);
    for (let at = 0; at < 20; at++) await sweeping.run([{ key: `old${at}`, op: `reserve ${lease(1)} 1:l:5:1000:f` }], 5000);
    assert.equal(await count(), 20);
    clock.move(1_300_000_000);
    for (let at = 0; at < 40; at++) await sweeping.run([{ key: `new`, op: reserve(at + 1) }], 5000);
    assert.equal(await count(), 1);
    await ask(pools[0], "DROP TABLE sansms_swept");
  });

  test(`${name}: a user that may not use the table is told how it is made`, async () => {
    const [make, drop] = kind.user("sandbox");
    await ask(pools[0], make);
    try {
      const stranger = new Store(pool(url.replace("sansms@", "stranger:sandbox@")));
      await assert.rejects(stranger.run([{ key: fresh("stranger"), op: reserve(1) }], 5000), (error) => error instanceof ConfigError && error.option === "store" && error.message.includes("CREATE TABLE IF NOT EXISTS"));
    } finally {
      await ask(pools[0], drop);
    }
  });

  test(`${name}: a server that stands still, and connections that are cut, cost no more than the deadline`, async () => {
    const target = new URL(url);
    const sockets = new Set();
    let still = false;
    let cutAfter = Infinity;
    const proxy = createServer((near) => {
      const far = connect({ host: target.hostname, port: Number(target.port) });
      let replies = 0;
      for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined).on("close", () => (near.destroy(), far.destroy())));
      near.on("data", (bytes) => still || far.write(bytes));
      far.on("data", (bytes) => {
        if (still) return;
        if (++replies > cutAfter) near.write(bytes.subarray(0, bytes.length >> 1), () => near.destroy());
        else near.write(bytes);
      });
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const through = pool(url.replace(target.host, `127.0.0.1:${proxy.address().port}`), { size: 4 });
    through.on("error", () => undefined);
    const guarded = new Store(through);
    const key = fresh("faults");
    assert.match((await guarded.run([{ key, op: reserve(1) }], 5000))[0], /^granted/);

    still = true;
    const began = performance.now();
    await assert.rejects(guarded.run([{ key, op: reserve(2) }], 300), /too long/);
    assert.ok(performance.now() - began < 5000, "it hung");
    still = false;
    // A transaction that lost its client is over soon, and the same lease hears one answer.
    assert.match(await insist(guarded, { key, op: reserve(2) }), /^granted/);

    for (const after of [1, 2, 3, 4, 5, 6]) {
      for (const socket of sockets) socket.destroy();
      cutAfter = after;
      await guarded.run([{ key, op: reserve(3) }], 500).catch(() => undefined);
      cutAfter = Infinity;
    }
    for (const socket of sockets) socket.destroy();
    assert.match(await insist(guarded, { key, op: reserve(3) }), /^granted/);
    const rest = [];
    for (const at of [4, 5, 6]) rest.push((await insist(guarded, { key, op: reserve(at) })).split(" ")[0]);
    assert.deepEqual(rest, ["granted", "granted", "denied"], "a cut was charged twice, or for nothing");
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  if (kind.killOthers !== undefined) {
    test(`${name}: sessions that the server ended are opened anew`, async () => {
      const mine = new Store(pool());
      const key = fresh("ended");
      assert.match((await mine.run([{ key, op: reserve(1) }], 5000))[0], /^granted/);
      const admin = pool();
      admin.on("error", () => undefined);
      await ask(admin, kind.killOthers);
      assert.match((await mine.run([{ key, op: reserve(2) }], 5000))[0], /^granted/);
    });
  }
}

test("what is no client is refused, and a name that is no table's", () => {
  const none = () => undefined;
  for (const Store of [PostgresStore, MySQLStore]) {
    for (const wrong of [undefined, {}, "postgresql://"]) assert.throws(() => new Store(wrong), ConfigError);
    const right = { query: none, on: none, destroy: none };
    for (const table of ["", "a b", "a.b.c", "a;--", 'a"', "1a"]) assert.throws(() => new Store(right, { table }), ConfigError, table);
    new Store(right, { table: "own.table_1" });
  }
});
