// Stores and handlers in real workerd: Durable Objects and D1, and many at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cases } from "sansms/testing/conformance";
import { startWorker } from "./workerd.mjs";

let worker;
before(async () => {
  worker = await startWorker("edge-worker.mjs", {
    durableObjects: { CODES: { className: "Partition", useSQLite: true }, GATE: { className: "Gate" } },
    d1Databases: { DB: "codes" },
    bindings: { SANSMS_SECRET: "only for tests: 32 bytes or more" },
  });
});
after(() => worker?.stop());

for (const store of ["durable-object", "d1"]) {
  test(store, async (t) => {
    // In slices: workerd has limits for one request.
    for (let from = 0; from < cases.length; from += 5) {
      const reply = await worker.fetch(`/conformance?store=${store}&from=${from}&to=${from + 5}`);
      assert.equal(reply.status, 200);
      for (const { name, problem } of await reply.json()) await t.test(name, () => assert.equal(problem, null));
    }
  });
}

const post = (path, body, ip) =>
  worker.fetch(path, { method: "POST", headers: { "content-type": "application/json", "cf-connecting-ip": ip }, body: JSON.stringify(body) });

/** Asks so many times at once that the Worker has them all in its hands, and counts the kinds of the answers. */
async function flood(amount, path, body) {
  await worker.fetch("/flight");
  const asked = Array.from({ length: amount }, (_, at) => post(`${path}?together=${amount}`, body, `203.0.${at >> 8}.${at & 255}`));
  const replies = await Promise.all(asked);
  assert.deepEqual(await (await worker.fetch("/flight")).json(), { most: amount });
  const kinds = {};
  for (const reply of replies) {
    const { kind } = await reply.json();
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

const who = { to: "13800138000", purpose: "register" };

test("1,000 requests at once for one number send one code, and 1,000 guesses match once", async () => {
  const kinds = await flood(1000, "/code", { ...who, challenge: "one session" });
  assert.deepEqual(kinds, { sent: 1, limited: 999 });
  const outbox = await (await worker.fetch("/outbox")).json();
  assert.equal(outbox.length, 1);
  const [{ code }] = outbox;

  const right = await flood(1000, "/verify", { ...who, challenge: "one session", code });
  assert.deepEqual(right, { verified: 1, expired: 999 });
});

test("wrong guesses at once never exceed the tries", async () => {
  const mine = { ...who, to: "13900139000", challenge: "another" };
  assert.equal((await (await post("/code", mine, "198.51.100.1")).json()).kind, "sent");
  const { code } = (await (await worker.fetch("/outbox")).json()).at(-1);
  const wrong = code === "111111" ? "222222" : "111111";
  const kinds = await flood(1000, "/verify", { ...mine, code: wrong });
  assert.deepEqual(kinds, { wrong_code: 3, locked: 997 });
});

test("an object goes when its record ends, and not before", async () => {
  const key = "sansms:1:alarm:a";
  const object = async (query = "") => (await worker.fetch(`/object?key=${key}${query}`)).json();
  const reserve = (lease) => [{ key, op: `reserve ${String(lease).padStart(16, "0")} 1:l:1:3600000:f` }];
  const run = async (lease) => (await (await post("/run", reserve(lease), "")).json())[0];
  assert.match(await run(1), /^granted/);
  const { alarm, tables } = await object();
  assert.ok(alarm > Date.now() + 3_500_000 && alarm <= Date.now() + 3_600_000, String(alarm));
  assert.equal(tables.length, 1);

  // An alarm that rings too early sets itself anew.
  const later = Date.now() + 100_000;
  await object(`&end=${later}&alarm=${Date.now() + 50}`);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal((await object()).alarm, later);
  assert.match(await run(2), /^denied/);

  await object(`&end=${Date.now()}&alarm=${Date.now() + 50}`);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.deepEqual((await object()).tables, []);
  assert.equal((await object()).alarm, null);
  assert.match(await run(3), /^granted/);
});
