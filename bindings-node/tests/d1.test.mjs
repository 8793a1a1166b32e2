// D1 in real workerd, where somebody else writes between a read and the write that follows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorker } from "./workerd.mjs";

let worker;
before(async () => (worker = await startWorker("d1-worker.mjs", { d1Databases: { DB: "codes" } })));
after(() => worker?.stop());

const ask = async (words) => (await worker.fetch(`/?${new URLSearchParams(words)}`)).json();
const reserve = (key, lease, limit, conflicts) => ask({ key, op: `reserve ${lease.toString(16).padStart(16, "0")} 1:l:${limit}:86400000:f`, conflicts });

for (const what of ["a new record", "a record that is there"]) {
  test(`${what}: the fifth try meets nobody, and is counted once`, async () => {
    const key = `sansms:1:four:${what.length}`;
    const before = what.startsWith("a new") ? 0 : 1;
    if (before) await reserve(key, 1, 20, 0);
    const { replies, ...told } = await reserve(key, 2, 20, 4);
    assert.match(replies[0], /^granted/);
    assert.deepEqual([told.reads, told.writes, told.pauses.length], [5, 5, 4]);
    assert.deepEqual([told.sessions, told.outside], [["first-primary"], 0]);
    // The rival's four and ours: with room for so many there is none left, and with one more there is.
    assert.match((await reserve(key, 3, before + 5, 0)).replies[0], /^denied/);
    assert.match((await reserve(key, 3, before + 6, 0)).replies[0], /^granted/);
  });

  test(`${what}: after five tries it is busy, and nothing is counted`, async () => {
    const key = `sansms:1:five:${what.length}`;
    const before = what.startsWith("a new") ? 0 : 1;
    if (before) await reserve(key, 1, 20, 0);
    const { replies, ...told } = await reserve(key, 2, 20, 1000);
    assert.deepEqual(replies, ["refused busy"]);
    assert.deepEqual([told.reads, told.writes, told.pauses.length], [5, 5, 4]);
    assert.match((await reserve(key, 3, before + 5, 0)).replies[0], /^denied/);
    assert.match((await reserve(key, 3, before + 6, 0)).replies[0], /^granted/);
  });
}

test("the pauses between tries are drawn, each from twice as wide a range", async () => {
  const pauses = [];
  for (let run = 0; run < 3; run++) pauses.push((await reserve(`sansms:1:jitter:${run}`, 1, 20, 1000)).pauses);
  for (const [tries, most] of [[0, 40], [1, 80], [2, 160], [3, 320]]) {
    for (const run of pauses) assert.ok(run[tries] >= 0 && run[tries] <= most, `${run}`);
  }
  assert.equal(new Set(pauses.flat()).size, 12);
});

test("a send that meets others five times is `limit.busy` and says when to come again; four times, it is sent", async () => {
  const refused = await ask({ conflicts: 5 });
  assert.deepEqual([refused.outcome.code, refused.outcome.httpStatus, refused.sent], ["limit.busy", 429, 0]);
  assert.ok(refused.outcome.retryAfter > 0, JSON.stringify(refused));
  const sent = await ask({ conflicts: 4 });
  assert.deepEqual([sent.outcome.code, sent.outcome.httpStatus, sent.sent], ["sent", 200, 1]);
  for (const { sessions, outside } of [refused, sent]) {
    assert.ok(sessions.length > 0);
    assert.deepEqual([[...new Set(sessions)], outside], [["first-primary"], 0]);
  }
});
