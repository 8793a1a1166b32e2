// Stores in real workerd: Durable Objects and D1.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cases } from "sansms/testing/conformance";
import { startWorker } from "./workerd.mjs";

let worker;
before(async () => {
  worker = await startWorker("edge-worker.mjs", {
    durableObjects: { CODES: { className: "Partition", useSQLite: true } },
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

test("an object goes when its record ends, and not before", async () => {
  const key = "sansms:1:alarm:a";
  const object = async (query = "") => (await worker.fetch(`/object?key=${key}${query}`)).json();
  const reserve = (lease) => [{ key, op: `reserve ${String(lease).padStart(16, "0")} 1:l:1:3600000:f` }];
  const run = async (lease) => (await (await worker.fetch("/run", { method: "POST", body: JSON.stringify(reserve(lease)) })).json())[0];
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

  // One that was lost is set again by what comes after the end.
  await object(`&end=${Date.now()}`);
  assert.equal((await object()).alarm, null);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(await run(4), /^granted/);
  assert.ok((await object()).alarm > Date.now() + 3_500_000);
});
