// The driver, with stores and transports that misbehave.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aliyun, MemoryStore, Service, TransportFault } from "sansms";
import { Sandbox, serviceWith } from "sansms/testing";

const account = { accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1", signName: "测试", templates: { register: "SMS_1" } };
const options = { providers: [aliyun(account)], secret: "a secret for tests, and for nothing else", env: {} };
const who = { to: "13800138000", purpose: "register", ip: "203.0.113.7", session: "s" };
const mute = { send: () => Promise.reject(new TransportFault(false)) };

test("a store that throws refuses, and is heard", async () => {
  const faults = [];
  const store = { run: () => Promise.reject(new Error("down")) };
  const service = new Service({ ...options, store, transport: mute, onStoreFault: (fault) => faults.push(fault.message) });
  const outcome = await service.send(who);
  assert.equal(outcome.kind, "unavailable");
  assert.equal(outcome.ok, false);
  assert.ok(faults.length > 0 && faults.every((fault) => fault === "down"));
});

test("what listens may fail, at once or later, and no call does", async (t) => {
  const warn = t.mock.method(console, "warn", () => undefined);
  const fail = () => { throw new Error("mine"); };
  const failures = [["throws", fail], ["rejects", async () => fail()], ["is thenable", () => ({ then: (_, reject) => reject(new Error("mine")) })]];
  for (const [how, listener] of failures) {
    const store = { run: () => Promise.reject(new Error("down")) };
    const service = new Service({ ...options, store, transport: mute, onStoreFault: listener, observer: listener });
    assert.equal((await service.send(who)).code, "store.down", how);
    await new Promise(setImmediate);
    const told = warn.mock.calls.splice(0).map(({ arguments: [text, error] }) => `${text}: ${error.message}`);
    warn.mock.resetCalls();
    assert.deepEqual([...new Set(told)].sort(), ["sansms: onStoreFault threw: mine", "sansms: the observer threw: mine"], how);
  }
});

test("a store where others keep writing says that it is busy, and that is a limit", async () => {
  const service = new Service({ ...options, store: { run: async (ops) => ops.map(() => "refused busy") }, transport: mute });
  for (const outcome of [await service.send(who), await service.verify({ ...who, code: "123456" })]) {
    assert.deepEqual([outcome.kind, outcome.code, outcome.httpStatus, outcome.retryAfter], ["limited", "limit.busy", 429, 5]);
  }
});

test("one deadline holds for all store steps", async () => {
  const memory = new MemoryStore();
  let left = [];
  const store = {
    async run(ops, timeoutMs) {
      left.push(timeoutMs);
      await new Promise((resolve) => setTimeout(resolve, 60));
      return memory.run(ops, timeoutMs);
    },
  };
  const service = new Service({ ...options, store, transport: mute, storeTimeoutMs: 100 });
  const began = performance.now();
  const outcome = await service.send(who);
  assert.equal(outcome.kind, "unavailable");
  assert.equal(left[0], 90);
  assert.ok(left.length >= 2 && left[1] < 50, String(left));
  assert.ok(performance.now() - began < 1000);
});

test("a send that finds a partition busy to the end costs its address nothing", async () => {
  const memory = new MemoryStore();
  let waves = 0;
  const store = {
    async run(ops, timeoutMs) {
      if (timeoutMs < 30) throw new Error("no time to ask");
      if (++waves !== 2) return memory.run(ops, timeoutMs); // the first is the address's
      await new Promise((resolve) => setTimeout(resolve, timeoutMs - 20));
      return ops.map(() => "refused busy");
    },
  };
  const service = new Service({ ...options, store, transport: mute, storeTimeoutMs: 300, policy: { ip: ["1/24h"] } });
  assert.equal((await service.send(who)).code, "limit.busy");
  assert.notEqual((await service.send(who)).kind, "limited");
});

test("what a transport throws is sent, unless it says otherwise", async () => {
  const outcome = async (fault) =>
    (await new Service({ ...options, store: new MemoryStore(), transport: { send: () => Promise.reject(fault) } }).send(who)).kind;
  assert.equal(await outcome(new TransportFault(false)), "undelivered");
  assert.equal(await outcome(new TransportFault(true)), "unknown");
  assert.equal(await outcome(new Error("anything")), "unknown");
});

test("a transport's answer that is no reply is none, and the request may have left", async () => {
  const outcome = async (reply) => (await new Service({ ...options, store: new MemoryStore(), transport: { send: async () => reply } }).send(who)).kind;
  const good = { status: 200, headers: [], body: '{"Code":"OK"}' };
  assert.equal(await outcome(good), "sent");
  for (const wrong of [{ status: "200 " }, { status: undefined }, { status: 200.5 }, { status: -1 }, { status: 70_000 }, { status: NaN }, { body: undefined }, { body: null }, { body: new Uint8Array(2) }, { headers: undefined }, { headers: [["a"]] }, { headers: [7] }]) {
    assert.equal(await outcome({ ...good, ...wrong }), "unknown", JSON.stringify(wrong));
  }
  for (const nothing of [undefined, null, 200, "OK"]) assert.equal(await outcome(nothing), "unknown");
});

test("the seed is drawn anew for each flow, and 32 bytes long", async () => {
  const seen = [];
  const real = crypto.getRandomValues;
  crypto.getRandomValues = (bytes) => {
    seen.push(bytes.length);
    return real.call(crypto, bytes);
  };
  try {
    const service = new Service({ ...options, store: new MemoryStore(), transport: mute });
    assert.equal(seen.length, 0);
    await service.send(who);
    await service.verify({ ...who, code: "123456" });
    assert.deepEqual(seen, [32, 32]);
  } finally {
    crypto.getRandomValues = real;
  }
});

test("a clock that is no whole number is a bug, and said to be", async () => {
  const service = serviceWith({ ...options, store: new MemoryStore(), transport: mute }, { now: () => 1.5 });
  await assert.rejects(service.send(who), { name: "DriveError", code: "drive.number" });
});

test("a seed of another length is a bug, and said to be", async () => {
  const service = serviceWith({ ...options, store: new MemoryStore(), transport: mute }, { seed: () => new Uint8Array(31) });
  await assert.rejects(service.send(who), { name: "DriveError", code: "drive.seed" });
});

test("a request with a field that there is not is a bug, and said to be", async () => {
  const service = new Service({ ...options, store: new MemoryStore(), transport: mute });
  await assert.rejects(service.send({ ...who, sesion: "s" }), { name: "DriveError", code: "drive.request" });
});

test("a client's names write no lines of their own", async () => {
  const service = new Service({ ...options, store: new MemoryStore(), transport: mute });
  const refused = { name: "DriveError", code: "drive.request" };
  for (const name of ["device: d\nip", "device: d\r\nip", "x\nip", "ip: 192.0.2.1\ndevice", "idempotency-key", "Ip", "", "ip ", "ip\n"]) {
    await assert.rejects(service.send({ [name]: "192.0.2.1", ...who }), refused, JSON.stringify(name));
    await assert.rejects(service.verify({ [name]: "192.0.2.1", ...who, code: "123456" }), refused, JSON.stringify(name));
  }
});

test("a sandbox has a clock of its own, and equal seeds give equal codes", async () => {
  const codes = await Promise.all(
    [1, 1, 2].map(async (byte) => {
      const sandbox = new Sandbox({ seed: Uint8Array.of(byte) });
      const service = sandbox.service();
      assert.equal((await service.send(who)).kind, "sent");
      assert.equal((await service.send(who)).kind, "limited");
      sandbox.clock.move(60_000);
      assert.equal((await service.send({ ...who, purpose: "login" })).kind, "sent");
      return sandbox.outbox.map(({ code }) => code);
    }),
  );
  assert.equal(codes[0].length, 2);
  assert.deepEqual(codes[0], codes[1]);
  assert.notDeepEqual(codes[0], codes[2]);
});
