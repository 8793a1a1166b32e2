// The help desk: `inspect`, `reset`, `forget`, and whether the store answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aliyun, ConfigError, handlers, MemoryStore } from "sansms";
import { FallbackStore } from "sansms/stores/fallback";
import { RedisStore } from "sansms/stores/redis";
import { Sandbox } from "sansms/testing";
import { environment } from "./tools.mjs";

const number = "138 0013 8000";
const account = { accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1", signName: "示例", templates: { default: "SMS_1" } };

function made(store = new MemoryStore(), more = {}) {
  const sandbox = new Sandbox();
  const service = sandbox.service({ providers: [aliyun(account)], ip: "off", store, ...more });
  return { sandbox, service };
}

const down = { run: async () => Promise.reject(new Error("down")) };

async function story({ sandbox, service }) {
  const fresh = await service.inspect(number);
  assert.deepEqual([fresh.kind, fresh.ok, fresh.code, fresh.to], ["answered", true, "recipient.inspected", "+8613800138000"]);
  assert.deepEqual(fresh.answer.rules.map(({ rule, limit, used }) => [rule, limit, used]), [["cooldown", 1, 0], ["number", 5, 0], ["wrong_tries", 10, 0], ["wrong_tries", 20, 0]]);
  for (const task of ["reset", "forget"]) {
    sandbox.clock.move(61_000); // the provider has a limit of its own
    assert.ok((await service.send({ to: number, purpose: "register" })).ok);
    const { code } = sandbox.outbox.at(-1);
    await service.verify({ to: number, code: code === "000000" ? "111111" : "000000", purpose: "register" });
    const { answer } = await service.inspect(number);
    assert.deepEqual(answer.rules.map(({ used }) => used), [1, 1, 1, 1]);
    assert.ok(answer.rules[0].waitMs > 0 && answer.rules[0].windowMs === 60_000);
    const [{ expiresInMs, ...live }] = answer.codes;
    assert.deepEqual(live, { state: "live", triesLeft: 2, resent: 0 });
    assert.ok(expiresInMs > 0 && expiresInMs <= 300_000);
    assert.ok(!JSON.stringify(answer).includes("138") && !JSON.stringify(answer).includes(code));
    const done = await service[task](number);
    assert.deepEqual([done.code, done.answer], [task === "reset" ? "recipient.reset" : "recipient.forgotten", undefined]);
    assert.equal((await service.verify({ to: number, code, purpose: "register" })).kind, "expired");
    assert.ok((await service.inspect(number)).answer.rules.every(({ used }) => used === 0));
  }
  const health = await service.health();
  assert.deepEqual([health.ok, health.code], [true, "store.ok"]);
}

test("a number is looked at, reset and forgotten", () => story(made()));

const stores = environment("stores");
test("so on Redis", { skip: process.env.SANSMS_REDIS === undefined || stores === undefined ? "no Redis" : false }, async () => {
  const Redis = stores("ioredis");
  const client = new Redis(`redis://${process.env.SANSMS_REDIS}/0`);
  try {
    await story(made(new RedisStore(client, { allowEviction: true }), { namespace: `n${process.pid}` }));
  } finally {
    client.disconnect();
  }
});

test("what goes wrong is an outcome", async () => {
  const { service } = made(down);
  for (const task of ["inspect", "reset", "forget"]) {
    assert.deepEqual([(await service[task](number)).code, (await service[task]("12")).kind], ["store.down", "invalid"]);
  }
  assert.deepEqual([(await service.health()).ok, (await service.health()).code], [false, "store.down"]);
  const wrong = { run: async () => Promise.reject(new ConfigError("config.value", "store", "evicts")) };
  assert.equal((await made(wrong).service.health()).code, "config.value");
});

test("a route tells health, and nothing of the store", async () => {
  const ask = async (store) => {
    const answer = await handlers(made(store).service, { clientIp: "cloudflare", "GET /health": "health" })(new Request("http://localhost/health"));
    return [answer.status, await answer.json()];
  };
  assert.deepEqual(await ask(new MemoryStore()), [200, { ok: true, code: "store.ok" }]);
  assert.deepEqual(await ask(down), [503, { ok: false, code: "store.down" }]);
});

// A second store while the first one fails.

const op = { key: "sansms:1:n:number:x", op: "reserve 0000000000000001 1:l:1:1000:s" };

class Shaky {
  fails = false;
  asked = 0;
  timeouts = [];

  constructor(inner = new MemoryStore()) {
    this.inner = inner;
  }

  async run(ops, timeoutMs) {
    this.asked += 1;
    this.timeouts.push(timeoutMs);
    if (this.fails === "hangs") return new Promise(() => {});
    if (this.fails === "mute" && ops.some(({ key }) => key.includes(":number:"))) await this.inner.run(ops, timeoutMs);
    else if (!this.fails || this.fails === "mute") return this.inner.run(ops, timeoutMs);
    throw new Error("down");
  }
}

function world() {
  const sandbox = new Sandbox();
  const now = () => sandbox.clock.now;
  const [primary, fallback] = [new Shaky(new MemoryStore({ now })), new Shaky(new MemoryStore({ now }))];
  const heard = [];
  const switched = [];
  const store = new FallbackStore(primary, fallback, { now, onSwitch: async (event) => { switched.push(event); throw new Error("is only warned of"); } });
  const observer = ({ events }) => heard.push(...events);
  const service = sandbox.service({ providers: [aliyun(account)], store, observer });
  const who = { to: number, purpose: "register", ip: "203.0.113.7" };
  return {
    clock: sandbox.clock, primary, fallback, heard, switched, store, sandbox,
    send: () => service.send(who),
    verify: (code = sandbox.outbox.at(-1).code) => service.verify({ ...who, code }),
  };
}

for (const how of [true, "hangs"]) {
  test(`an outage is bridged and told once: ${how}`, async () => {
    const { primary, fallback, heard, switched, send, verify } = world();
    primary.fails = how;
    assert.ok((await send()).ok);
    assert.equal((await verify()).kind, "verified");
    assert.equal((await send()).code, "limit.cooldown");
    assert.deepEqual([primary.asked, heard, switched], [1, ["store.fallback"], ["store.fallback"]]);
    assert.ok(primary.timeouts[0] <= 500 && fallback.timeouts[0] > 0);
  });
}

test("nothing is asked twice while all is well", async () => {
  const { fallback, send, verify } = world();
  assert.ok((await send()).ok && (await verify()).ok);
  assert.equal(fallback.asked, 0);
});

test("a code sent during an outage is checked after it", async () => {
  const { primary, clock, heard, send, verify } = world();
  primary.fails = true;
  await send();
  primary.fails = false;
  clock.move(31_000);
  assert.equal((await verify()).kind, "verified");
  assert.equal((await verify()).kind, "expired");
  assert.deepEqual(heard, ["store.fallback", "store.back"]);
});

test("a code that was stored without a word is not stored twice, to be spent in each", async () => {
  const { primary, clock, send, verify, sandbox } = world();
  primary.fails = "mute";
  assert.equal((await send()).code, "store.down");
  assert.ok((await send()).ok);
  assert.equal((await verify()).kind, "verified");
  primary.fails = false;
  clock.move(31_000);
  assert.equal((await verify()).ok, false);
  assert.equal(sandbox.outbox.length, 1);
});

test("a code sent before an outage waits for its end", async () => {
  const { primary, clock, send, verify } = world();
  await send();
  primary.fails = true;
  assert.equal((await verify()).code, "store.down");
  primary.fails = false;
  clock.move(31_000);
  assert.equal((await verify()).kind, "verified");
  primary.fails = true;
  assert.equal((await verify()).code, "store.down");
  clock.move(600_001);
  assert.equal((await verify()).kind, "expired");
});

test("one call tries the first store again", async () => {
  const { primary, clock, store, switched } = world();
  primary.fails = true;
  await store.run([op], 1000);
  clock.move(29_900);
  await store.run([op], 1000);
  assert.equal(primary.asked, 1);
  clock.move(200);
  await Promise.all([store.run([op], 1000), store.run([op], 1000)]);
  assert.equal(primary.asked, 2);
  primary.fails = false;
  clock.move(30_100);
  await store.run([op], 1000);
  await store.run([op], 1000);
  assert.deepEqual([primary.asked, switched, store.takeEvents(), store.takeEvents()], [4, ["store.fallback", "store.back"], ["store.fallback", "store.back"], []]);
});

test("refusals are answers, settings are told, one failed operation goes alone", async () => {
  const fallback = new Shaky();
  const of = (run) => new FallbackStore({ run }, fallback);
  assert.deepEqual(await of(async () => ["refused clock"]).run([op], 1000), ["refused clock"]);
  assert.equal(fallback.asked, 0);
  await assert.rejects(of(async () => Promise.reject(new ConfigError("config.value", "store", "evicts"))).run([op], 1000), ConfigError);
  const half = of(async () => [undefined, "granted 7"]);
  assert.deepEqual(await half.run([op, { ...op, key: "sansms:1:n:number:y" }], 1000), ["granted 1000", "granted 7"]);
  assert.deepEqual(half.takeEvents(), []);
  fallback.fails = true;
  assert.deepEqual(await of(async () => ["gone"]).run([op], 1000), ["gone"]);
  await assert.rejects(of(async () => Promise.reject(new Error("a"))).run([op], 1000), /down/);
  assert.throws(() => new FallbackStore(new MemoryStore(), 7), /store\.fallback/);
  assert.throws(() => new FallbackStore(new MemoryStore(), new MemoryStore(), { forMs: 0 }), /store\.forMs/);
});
