// Every store does what a store must do, on the real server.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { aliyun, ConfigError, MemoryStore, Service } from "sansms";
import { RedisStore } from "sansms/stores/redis";
import { SplitStore } from "sansms/stores/split";
import { SQLiteStore } from "sansms/stores/sqlite";
import { UpstashStore } from "sansms/stores/upstash";
import { Clock } from "sansms/testing";
import { cases } from "sansms/testing/conformance";
import { environment } from "./tools.mjs";

const home = mkdtempSync(join(tmpdir(), "sansms-stores-"));
after(() => rmSync(home, { recursive: true }));

test("the suite has its cases", () => assert.ok(cases.length >= 200, `${cases.length} cases`));

/** Runs the suite; with a clock, exactly. */
async function conform(t, store, clock) {
  for (const { name, run } of cases) await t.test(name, () => run(store, clock));
}

test("memory", async (t) => {
  const clock = new Clock();
  await conform(t, new MemoryStore({ now: () => clock.now }), clock);
});

test("the script is the core's, and the digest is its own", async () => {
  const sent = [];
  const empty = {
    evalsha: async (sha) => (sent.push(sha), Promise.reject(new Error("NOSCRIPT"))),
    eval: async (script) => (sent.push(script), "granted 1"),
  };
  await new RedisStore(empty, { allowEviction: true }).run([{ key: "k", op: "reserve 0000000000000001 1:l:1:1000:s" }]);
  const read = (name) => readFileSync(join(import.meta.dirname, "../../../core/src/store", name), "utf8");
  const script = ["partition.lua", "operations.lua"].map(read).join("\n");
  assert.deepEqual(sent, [createHash("sha1").update(script).digest("hex"), script]);
});

test("a cluster that does not answer in time is told to look for its nodes", async () => {
  const told = [];
  const never = () => new Promise(() => undefined);
  const client = { evalsha: never, eval: never, nodes: () => [], refreshSlotsCache: () => told.push("refresh") };
  void new RedisStore(client).run([{ key: "k", op: "x" }], 20);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(told, ["refresh"]);
  await new RedisStore({ ...client, evalsha: async () => "granted 1" }).run([{ key: "k", op: "x" }], 20);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(told, ["refresh"]);
});

test("the suite finds stores that do it wrong", async () => {
  const memory = new MemoryStore();
  const wrong = {
    "forgets": { run: async (ops) => new MemoryStore().run(ops) },
    "shares keys": { run: (ops) => memory.run(ops.map(({ op }) => ({ key: "a", op }))) },
    "turns waves around": { run: async (ops) => (await memory.run([...ops].reverse())).reverse() },
    "reads, waits, and writes": forgetful(),
    "runs everything twice": { run: async (ops) => (await memory.run(ops), memory.run(ops.map(({ key, op }) => ({ key, op: op.replace("0000000000000001 ", "00000000000000ff ") })))) },
  };
  for (const [name, store] of Object.entries(wrong)) {
    const failed = await Promise.all(cases.map(({ run }) => run(store).then(() => 0, () => 1)));
    assert.ok(failed.some(Boolean), `a store that ${name} passed`);
  }
});

/** A store without atomicity: two operations at once both see what was there before. */
function forgetful() {
  const kept = new Map();
  return {
    async run(ops) {
      const replies = [];
      for (const { key, op } of ops) {
        const seen = kept.get(key) ?? [];
        await new Promise(setImmediate);
        const store = new MemoryStore();
        for (const earlier of seen) await store.run([{ key, op: earlier }]);
        kept.set(key, [...seen, op]);
        replies.push(...(await store.run([{ key, op }])));
      }
      return replies;
    },
  };
}

// SQLite: Node's own from 22.5 on, and better-sqlite3 where it has been built.

const builtin = process.getBuiltinModule?.("node:sqlite");
if (builtin !== undefined) {
  test("node:sqlite", async (t) => {
    const clock = new Clock();
    const store = new SQLiteStore(join(home, "own.sqlite3"), { now: () => clock.now });
    await conform(t, store, clock);
    store.close();
  });
  test("node:sqlite, shared with another connection", async () => {
    const [one, other] = [0, 1].map(() => new SQLiteStore(join(home, "shared.sqlite3")));
    const ask = (store, lease) => store.run([{ key: "k", op: `reserve ${String(lease).padStart(16, "0")} 1:l:5:3600000:f` }]);
    const replies = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(at % 2 ? one : other, at)));
    assert.equal(replies.filter(([reply]) => reply.startsWith("granted")).length, 5);
    one.close();
    other.close();
  });
}
const Better = environment("sqlite")?.("better-sqlite3");
if (Better === undefined) {
  if (process.env.CI === "true") test("there is a better-sqlite3", () => assert.fail("scripts/node-tools sqlite did not put it in place"));
  else console.log("# no better-sqlite3 (scripts/node-tools sqlite): SQLiteStore is not tested on it");
} else {
  test("better-sqlite3", async (t) => {
    const clock = new Clock();
    const database = new Better(join(home, "better.sqlite3"));
    await conform(t, new SQLiteStore(database, { now: () => clock.now }), clock);
    database.close();
  });
}
for (const [name, Database] of [["node:sqlite", builtin?.DatabaseSync], ["better-sqlite3", Better]]) {
  if (Database === undefined) continue;
  test(`${name}, with a transaction of the application's open on it`, async () => {
    const database = new Database(join(home, `open-${name.slice(0, 4)}.sqlite3`));
    const store = new SQLiteStore(database);
    const op = { key: "k", op: "reserve 0000000000000001 1:l:5:3600000:f" };
    assert.deepEqual(await store.run([op]), ["granted 0"]);
    database.exec("CREATE TABLE theirs (one INTEGER)");
    database.exec("BEGIN");
    database.exec("INSERT INTO theirs VALUES (1)");
    await assert.rejects(store.run([op]), /transaction/);
    database.exec("COMMIT");
    assert.equal(database.prepare("SELECT count(*) AS kept FROM theirs").get().kept, 1);
    assert.deepEqual(await store.run([op]), ["granted 0"]);
    database.close();
  });

  test(`${name}, held by another from the first use on, and later`, async () => {
    const path = join(home, `held-${name.slice(0, 4)}.sqlite3`);
    const [other, database] = [new Database(path), new Database(path)];
    const store = new SQLiteStore(database);
    const op = { key: "k", op: "reserve 0000000000000001 1:l:5:3600000:f" };
    other.exec("BEGIN EXCLUSIVE");
    assert.deepEqual(await store.run([op]), ["refused busy"]);
    other.exec("COMMIT");
    assert.deepEqual(await store.run([op]), ["granted 0"]);
    other.exec("BEGIN IMMEDIATE");
    assert.deepEqual(await store.run([op, op]), ["refused busy", "refused busy"]);
    other.exec("COMMIT");
    assert.deepEqual(await store.run([op]), ["granted 0"]);
    store.close();
    for (const open of [other, database]) open.close();
  });
}

// Redis, and Upstash's face of it.

const [host, port] = (process.env.SANSMS_REDIS ?? "").split(":");
if (port === undefined) {
  if (process.env.CI === "true") test("there is a Redis", () => assert.fail("SANSMS_REDIS is not set"));
  else console.log("# no SANSMS_REDIS: the Redis stores are passed over");
} else {
  const need = environment("stores");
  const { Redis } = need("ioredis");
  const { createClient } = need("redis");
  let ioredis, node;
  before(async () => {
    ioredis = new Redis({ host, port: Number(port) });
    node = await createClient({ socket: { host, port: Number(port) } }).connect();
  });
  after(async () => {
    ioredis.disconnect();
    await node.close();
  });

  test("ioredis", (t) => conform(t, new RedisStore(ioredis)));
  test("node-redis", (t) => conform(t, new RedisStore(node)));

  test("a script that the server forgot is sent once", async () => {
    await ioredis.script("FLUSH");
    const sent = [];
    const spy = {
      evalsha: (...words) => (sent.push("evalsha"), ioredis.evalsha(...words)),
      eval: (...words) => (sent.push("eval"), ioredis.eval(...words)),
    };
    const store = new RedisStore(spy);
    const ask = (lease) => store.run([{ key: `flushed-${process.pid}`, op: `reserve ${String(lease).padStart(16, "0")} 1:l:2:60000:f` }]);
    assert.match((await ask(1))[0], /^granted/);
    assert.match((await ask(2))[0], /^granted/);
    assert.deepEqual(sent, ["evalsha", "eval", "evalsha"]);
  });

  test("an operation that the server refuses is one that failed, and others count", async () => {
    const key = `other-type-${process.pid}`;
    await ioredis.lpush(key, "x");
    const good = { key: `${key}-good`, op: "reserve 0000000000000001 1:l:2:60000:f" };
    const replies = await new RedisStore(ioredis).run([{ ...good, key }, good]);
    assert.equal(replies[0], undefined);
    assert.match(replies[1], /^granted/);
    await ioredis.del(key);
  });

  test("a broken connection is not waited for", async () => {
    const lost = new Redis({ host, port: Number(port) });
    lost.on("error", () => undefined);
    await lost.ping();
    lost.disconnect();
    await once(lost, "end");
    await assert.rejects(new RedisStore(lost).run([{ key: "k", op: "x" }], 1000), /not connected/);
  });

  test("Upstash, over HTTP", async (t) => {
    const seen = [];
    const front = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      if (request.headers.authorization !== "Bearer sandbox-token") return response.writeHead(401).end('{"error":"Unauthorized"}');
      assert.equal(request.url, "/pipeline");
      const commands = JSON.parse(Buffer.concat(chunks).toString());
      seen.push(commands.map(([word]) => word));
      const answers = await Promise.all(commands.map(([word, ...rest]) => ioredis.call(word, ...rest).then((result) => ({ result }), (error) => ({ error: error.message }))));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answers));
    }).listen(0, "127.0.0.1");
    await once(front, "listening");
    const url = `http://127.0.0.1:${front.address().port}`;
    const store = new UpstashStore({ url, token: "sandbox-token" });
    await conform(t, store);
    await ioredis.script("FLUSH");
    seen.length = 0;
    await store.run([{ key: `up-${process.pid}`, op: "reserve 0000000000000001 1:l:2:60000:f" }, { key: `up2-${process.pid}`, op: "reserve 0000000000000001 1:l:2:60000:f" }]);
    assert.deepEqual(seen, [["EVALSHA", "EVALSHA"], ["EVAL", "EVAL"]]);
    await assert.rejects(new UpstashStore({ url, token: "wrong" }).run([{ key: "k", op: "x" }]), /401/);
    front.closeAllConnections();
    front.close();
  });
}

const [, shard] = (process.env.SANSMS_REDIS_CLUSTER ?? "").split(":");
if (shard !== undefined) {
  const need = environment("stores");
  const nodes = [{ host: "127.0.0.1", port: Number(shard) }];

  test("ioredis, a cluster", async (t) => {
    const { Cluster } = need("ioredis");
    const cluster = new Cluster(nodes);
    await conform(t, new RedisStore(cluster));
    assert.equal(cluster.nodes("master").length, 3);
    for (const node of cluster.nodes("master")) assert.ok((await node.dbsize()) > 20, "one shard has it all");
    cluster.disconnect();
  });

  test("node-redis, a cluster", async (t) => {
    const { createCluster } = need("redis");
    const cluster = await createCluster({ rootNodes: nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })) }).connect();
    await conform(t, new RedisStore(cluster));
    await cluster.close();
  });
}

test("a split store keeps the budget apart, and half of it can fail", async (t) => {
  await conform(t, new SplitStore({ limits: new MemoryStore(), budget: new MemoryStore() }));
  const asked = { limits: [], budget: [] };
  const spy = (name, fault) => ({ run: async (ops) => (asked[name].push(...ops.map(({ key }) => key)), fault ? Promise.reject(fault) : ops.map((_, at) => `${name} ${at}`)) });
  const ops = ["number:a", "budget:b", "ip:c", "country:d"].map((key) => ({ key: `sansms:1:default:${key}`, op: "x" }));
  const split = (limits, budget) => new SplitStore({ limits: spy("limits", limits), budget: spy("budget", budget) });
  assert.deepEqual(await split().run(ops, 1000), ["limits 0", "budget 0", "limits 1", "limits 2"]);
  assert.deepEqual(asked.budget, ["sansms:1:default:budget:b"]);
  assert.deepEqual(await split(undefined, new Error("down")).run(ops, 1000), ["limits 0", undefined, "limits 1", "limits 2"]);
  assert.deepEqual(await split(new Error("down")).run(ops, 1000), [undefined, "budget 0", undefined, undefined]);
  await assert.rejects(split(new Error("one"), new Error("two")).run(ops, 1000), /one/);
  await assert.rejects(split(undefined, new ConfigError("config.value", "store", "wrong")).run(ops, 1000), ConfigError);
  assert.throws(() => new SplitStore({ limits: new MemoryStore() }), { option: "store.budget" });
});

test("a store that can't count is refused, and a raw client is told how", () => {
  const options = { providers: [aliyun({ accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1", signName: "示例", templates: { default: "SMS_1" } })], secret: "only for tests: 32 bytes or more", env: {} };
  const none = () => undefined;
  const refused = (store, words) => assert.throws(() => new Service({ ...options, store }), (error) => error instanceof ConfigError && error.option === "store" && words.test(error.message));
  refused({ get: none, put: none, list: none, getWithMetadata: none, delete: none }, /Workers KV can't count.*eventually consistent/);
  refused({ idFromName: none, get: none }, /new DurableObjectStore/);
  refused({ prepare: none, batch: none, exec: none }, /new D1Store/);
  refused({ evalsha: none }, /new RedisStore/);
  refused({ prepare: none, exec: none }, /new SQLiteStore/);
  refused({ getConnection: none, query: none }, /new MySQLStore/);
  refused({ connect: none, query: none, end: none }, /new PostgresStore/);
  refused({}, /an object with `run`/);
  assert.throws(() => new RedisStore({}), ConfigError);
  assert.throws(() => new UpstashStore({ url: "http://example.com", token: "t" }), { option: "store.url" });
  assert.throws(() => new UpstashStore({ url: "https://example.com", token: "" }), { option: "store.token" });
});

test("ESM and CommonJS have one of each class", () => {
  const require = createRequire(import.meta.url);
  assert.equal(require("sansms/stores/redis").RedisStore, RedisStore);
  assert.equal(require("sansms/stores/sqlite").SQLiteStore, SQLiteStore);
  assert.equal(require("sansms").Service, Service);
});
