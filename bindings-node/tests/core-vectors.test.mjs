// The vectors of numbers, codes, addresses and limits come out as written.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { apply, clientIp, ConfigError } from "sansms";
import { runVector } from "sansms/testing";
import { checkAddresses, checkCases, checkLimits } from "./core-vector.mjs";

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

test("address.jsonl comes out as written of what applications call", () => {
  const { count, failures } = checkAddresses(read("address.jsonl"), clientIp);
  assert.deepEqual(failures, []);
  assert.ok(count >= 50);
});

test("an address takes lines, and a header that lacks", () => {
  const peer = "10.0.0.2";
  assert.equal(clientIp({ peer, forwarded: ["198.51.100.1", "203.0.113.7"], trustedProxies: 1 }), "203.0.113.7");
  assert.equal(clientIp({ peer, forwarded: ["198.51.100.1, 203.0.113.7", "10.0.0.3"], trustedProxies: 2 }), "203.0.113.7");
  for (const forwarded of [undefined, null, "", []]) assert.equal(clientIp({ peer, forwarded, trustedProxies: 1 }), peer);
  assert.equal(clientIp({ peer, forwarded: "203.0.113.7" }), peer);
  assert.equal(clientIp({}), undefined);
});

test("a number of proxies that can't be is a clear error", () => {
  for (const trustedProxies of [-1, 17, 1.5, NaN, "1", true, null]) {
    assert.throws(
      () => clientIp({ peer: "10.0.0.2", trustedProxies }),
      (error) => error instanceof ConfigError && error.code === "config.value" && error.option === "trustedProxies",
    );
  }
});
