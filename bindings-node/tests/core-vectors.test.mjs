// The vectors of numbers, codes, addresses and limits come out as written.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { apply } from "sansms";
import { runVector } from "sansms/testing";
import { checkCases, checkLimits } from "./core-vector.mjs";

const read = (name) => readFileSync(`${process.env.SANSMS_VECTORS}/${name}`, "utf8");

for (const [name, least] of [["phone.jsonl", 450], ["email.jsonl", 250], ["code.jsonl", 110], ["address.jsonl", 50]]) {
  test(`${name} comes out as written`, () => {
    const { count, failures } = checkCases(read(name), runVector);
    assert.deepEqual(failures, []);
    assert.ok(count >= least);
  });
}

test("limit.jsonl answers and keeps as written", async () => {
  const { count, failures } = await checkLimits(read("limit.jsonl"), apply);
  assert.deepEqual(failures, []);
  assert.ok(count >= 300);
});
