// A thousand requests at once to a Worker in real workerd, with its records in Durable Objects.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorker } from "./workerd.mjs";

let worker;
before(async () => {
  worker = await startWorker("edge-worker.mjs", {
    durableObjects: { CODES: { className: "Partition", useSQLite: true }, GATE: { className: "Gate" } },
    bindings: { SANSMS_SECRET: "only for tests: 32 bytes or more" },
  });
});
after(() => worker?.stop());

const post = (path, body, ip) =>
  worker.fetch(path, { method: "POST", headers: { "content-type": "application/json", "cf-connecting-ip": ip }, body: JSON.stringify(body) });

/** Asks so many times at once that the Worker has them all in its hands, and counts the kinds of the answers. */
async function flood(amount, path, body) {
  await worker.fetch("/flight");
  const kinds = {};
  const ask = async (at) => {
    const reply = await post(`${path}?together=${amount}`, body, `203.0.113.${at % 10}`);
    const { kind } = await reply.json();
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: amount }, (_, at) => ask(at)));
  assert.deepEqual(await (await worker.fetch("/flight")).json(), { most: amount });
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
