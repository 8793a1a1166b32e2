// Before its first use the server is asked whether it will keep what it is given.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mock, test } from "node:test";
import { aliyun, ConfigError, Service } from "sansms";
import { RedisStore } from "sansms/stores/redis";
import { start } from "./servers.mjs";
import { environment } from "./tools.mjs";

const OP = [{ key: "sansms:z", op: "reserve 0000000000000001 1:l:1:60000:s" }];
const GOOD = "redis_version:7.0.0\r\nrole:master\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n";
const granted = { evalsha: async () => "granted 1", eval: async () => "granted 1" };

/** What is written to the console as a warning while something runs. */
async function warnings(run) {
  const said = [];
  mock.method(console, "warn", (line) => void said.push(line));
  try {
    await run();
    return said;
  } finally {
    mock.restoreAll();
  }
}

/** That a store is refused, by these words. */
async function refused(store, words, ops = OP) {
  await assert.rejects(store.run(ops, 5000), (error) => error instanceof ConfigError && error.option === "store" && words.test(error.message));
}

// As in `test_redis.py`.
for (const [info, says] of [
  ["redis_version:6.0.16\r\nrole:master", /6\.2/],
  ["redis_version:5.0.7", /6\.2/],
  ["redis_version:new", /6\.2/],
  ["", /6\.2/],
  ["redis_version:6.2.0\r\nrole:slave", /replica/],
  ["redis_version:6.2.0\r\nrole:replica", /replica/],
  ["redis_version:7.0.0\r\nrole:master\r\nmaxmemory_policy:volatile-ttl", /volatile-ttl/],
  ["redis_version:6.2.0\r\nrole:master\r\nmaxmemory_policy:noeviction\r\naof_enabled:1", undefined],
  ["redis_version:255.255.255", undefined],
]) {
  test(`what a server says of itself: ${JSON.stringify(info)}`, async () => {
    const store = new RedisStore({ ...granted, info: async () => info });
    if (says === undefined) assert.deepEqual(await store.run(OP), ["granted 1"]);
    else await refused(store, says);
  });
}

test("a node of a cluster that has become a replica is no wrong configuration", async () => {
  const info = async () => "redis_version:7.0.0\r\nrole:slave\r\naof_enabled:1\r\n";
  assert.deepEqual(await new RedisStore({ ...granted, nodes: () => [{ info }] }).run(OP), ["granted 1"]);
  const { evalsha: evalSha, eval: evaluate } = granted;
  assert.deepEqual(await new RedisStore({ evalSha, eval: evaluate, masters: [1], nodeClient: async () => ({ info }) }).run(OP), ["granted 1"]);
  await refused(new RedisStore({ ...granted, info }), /replica/);
});

test("a server without a file is a warning, once", async () => {
  const info = async () => GOOD.replace("enabled:1", "enabled:0");
  for (const client of [{ info }, { nodes: () => [{ info }, { info }] }]) {
    const store = new RedisStore({ ...granted, ...client });
    const said = await warnings(async () => {
      for (let at = 0; at < 3; at++) await store.run(OP, 1000);
    });
    assert.equal(said.length, 1);
    assert.match(said[0], /append-only/);
  }
  const kept = new RedisStore({ ...granted, info: async () => GOOD });
  assert.deepEqual(await warnings(() => kept.run(OP, 1000)), []);
});

test("a server that does not answer is asked again, and in a cluster the others serve", async () => {
  let asked = 0;
  const away = async () => Promise.reject(new Error(`away ${++asked}`));
  const alone = new RedisStore({ ...granted, info: away });
  for (const at of [1, 2]) await assert.rejects(alone.run(OP, 1000), { message: `away ${at}` });
  let last = away;
  const never = () => new Promise(() => undefined);
  const cluster = new RedisStore({ ...granted, nodes: () => [{ info: async () => GOOD }, { info: () => last() }] });
  for (last of [away, never]) assert.deepEqual(await cluster.run(OP, 200), ["granted 1"]);
  last = async () => GOOD.replace("noeviction", "allkeys-lru");
  await refused(cluster, /allkeys-lru/);
  last = async () => GOOD;
  assert.deepEqual(await cluster.run(OP, 200), ["granted 1"]);
  last = () => assert.fail("it was asked once more");
  assert.deepEqual(await cluster.run(OP, 200), ["granted 1"]);
});

const need = environment("stores");
const unable = need === undefined ? "no clients" : existsSync("/proc/self/exe") ? undefined : "no /proc";
if (unable !== undefined) {
  if (process.env.CI === "true") test("servers can be asked", () => assert.fail(unable));
  else console.log(`# ${unable}: what servers say of themselves is not asked`);
} else {
  const CLIENTS = {
    "ioredis": (port, login = {}) => new (need("ioredis").Redis)({ host: "127.0.0.1", port, ...login }),
    "node-redis": (port, login = {}) => need("redis").createClient({ socket: { host: "127.0.0.1", port }, ...login }).connect(),
  };
  const CLUSTERS = {
    "ioredis": (port) => new (need("ioredis").Cluster)([{ host: "127.0.0.1", port }]),
    "node-redis": (port) => need("redis").createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] }).connect(),
  };
  const leave = (client) => (client.destroy ?? client.disconnect).call(client);

  test("one server", async (t) => {
    const [one, other] = await Promise.all([start("redis"), start("redis")]);
    t.after(() => Promise.all([one.close(), other.close()]));
    const [port, otherPort] = [one, other].map(({ address }) => Number(address.split(":")[1]));
    const admin = CLIENTS.ioredis(port);
    t.after(() => leave(admin));
    for (const [name, open] of Object.entries(CLIENTS)) {
      await t.test(name, async (t) => {
        const client = await open(port);
        t.after(() => leave(client));
        await admin.config("SET", "maxmemory-policy", "allkeys-lru");
        await refused(new RedisStore(client), /allkeys-lru/);
        const service = (store) => new Service({ providers: [aliyun({ accessKeyId: "a", accessKeySecret: "b", signName: "示例", templates: { default: "SMS_1" } })], store, secret: "only for tests: 32 bytes or more", env: {} });
        const who = { to: "13800138000", code: "123456", purpose: "register", ip: "203.0.113.9" };
        await assert.rejects(service(new RedisStore(client)).verify(who), (error) => error instanceof ConfigError && error.option === "store" && /noeviction/.test(error.message));
        const again = new RedisStore(client);
        await refused(again, /allkeys-lru/);
        const said = await warnings(async () => assert.equal((await service(new RedisStore(client, { allowEviction: true })).verify(who)).kind, "expired"));
        assert.match(said.join(), /append-only/);
        await admin.config("SET", "maxmemory-policy", "noeviction");
        await admin.config("SET", "appendonly", "yes");
        assert.deepEqual(await warnings(async () => assert.match((await again.run(OP, 5000))[0], /^granted/)), []);

        await admin.replicaof("127.0.0.1", otherPort);
        await refused(new RedisStore(client), /replica/);
        await admin.replicaof("NO", "ONE");
        await admin.config("SET", "appendonly", "no");

        await admin.acl("SETUSER", "app", "on", ">sandbox", "~*", "+@all", "-info");
        const stranger = await open(port, { username: "app", password: "sandbox", enableReadyCheck: false });
        t.after(() => leave(stranger));
        const store = new RedisStore(stranger);
        const warned = await warnings(async () => {
          for (let at = 0; at < 3; at++) assert.match((await store.run(OP, 5000))[0], /^granted/);
        });
        assert.equal(warned.length, 1);
        assert.match(warned[0], /may not ask for INFO/);
      });
    }
  });

  test("a cluster, where one primary of three forgets", async (t) => {
    const { address, servers, close } = await start("cluster");
    t.after(close);
    const port = Number(address.split(":")[1]);
    const admin = CLIENTS.ioredis(Number(/:(\d+) \[cluster\]/.exec(servers.at(-1).title)[1]));
    t.after(() => leave(admin));
    for (const [name, open] of Object.entries(CLUSTERS)) {
      await t.test(name, async (t) => {
        await admin.config("SET", "maxmemory-policy", "allkeys-lru");
        const client = await open(port);
        t.after(() => leave(client));
        // A key of a node that does not forget is refused, too.
        for (const key of ["a", "b", "c"]) await refused(new RedisStore(client), /allkeys-lru/, [{ ...OP[0], key }]);
        const store = new RedisStore(client);
        await refused(store, /allkeys-lru/);
        assert.match((await new RedisStore(client, { allowEviction: true }).run(OP, 5000))[0], /^granted/);
        await admin.config("SET", "maxmemory-policy", "noeviction");
        const said = await warnings(async () => assert.match((await store.run(OP, 5000))[0], /^granted/));
        assert.equal(said.length, 1);
        assert.match(said[0], /append-only/);
      });
    }
  });
}
