// The builds of the edge that leave something out: what they have works, and what they lack says where it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkStory } from "./story-check.mjs";
import { startWorker } from "./workerd.mjs";

let worker;
let told;
before(async () => {
  worker = await startWorker("sms-worker.mjs");
  told = await (await worker.fetch("/")).json();
});
after(() => worker?.stop());

test("SMS of both clouds goes all the way", () => {
  checkStory(told.story);
  assert.equal(told.store, "function");
});

test("what operators ask for names the build that has it", () => {
  for (const call of ["audit", "receipts", "health", "routeOfReceipts", "routeOfHealth"]) assert.equal(told[call].code, "config.value", call);
  assert.equal(told.audit.option, "audit");
  assert.match(told.audit.message, /is left out of this build; import from "sansms\/full"/);
});

test("providers and wires that are left out are configuration errors", () => {
  assert.equal(told.gateway.code, "config.unknown");
  assert.equal(told.gateway.option, "providers[0].gateway");
  assert.match(told.gateway.message, /left out of this build; import from "sansms"/);
  assert.equal(told.rpc.option, "providers[0].aliyun.wire");
});

test("its store brings no larger build", () => {
  const files = worker.files.filter((name) => name.endsWith(".wasm"));
  // `sansms/testing` stands on `sansms`, which is why that is here at all.
  assert.deepEqual(files.filter((name) => !name.includes("testing")).sort(), ["sansms_bg.wasm", "sansms_sms_bg.wasm"]);
});
