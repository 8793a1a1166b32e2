// Every capture gives its signature, and none does with another secret.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runVector } from "sansms/testing";
import { checkAll } from "./vector.mjs";

for (const name of ["sdk-captures", "published-examples"]) {
  const text = readFileSync(`${process.env.SANSMS_VECTORS}/sign/${name}.jsonl`, "utf8");
  const lines = text.trimEnd().split("\n").length;

  test(`${name} pass`, () => {
    const counts = checkAll(text, runVector);
    assert.deepEqual(counts.failures, []);
    assert.equal(counts["end to end"] + counts.signer, lines);
  });

  test(`${name} with other secrets fail`, () => {
    const altered = text.split("\n").map((line) => {
      const { credentials, input } = JSON.parse(line || "{}");
      const secret = credentials?.secret ?? input?.secret ?? input?.appkey;
      return secret === undefined ? line : line.replaceAll(`"${secret}"`, `"${secret}x"`);
    });
    assert.equal(checkAll(altered.join("\n"), runVector).failures.length, lines);
  });
}
