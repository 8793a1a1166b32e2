// Actions of vendors: `service.call`.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { MemoryStore, Service, tencent } from "sansms";

const account = {
  secretId: "sandbox-id", secretKey: "sandbox-secret", endpoint: "http://127.0.0.1:1", sdkAppId: "1400000000",
  signName: "示例", templates: { default: "1" },
};
const body = '{"Response":{"PullSmsSendStatusSet":[{"PhoneNumber":"+8613800138000"}],"RequestId":"r-1"}}';

function made() {
  const seen = [];
  const transport = {
    async send(call) {
      seen.push(JSON.parse(call.body));
      return { status: 200, headers: [], body };
    },
  };
  const observer = ({ action, purpose, kind }) => seen.push([action, purpose, kind]);
  const secret = "a secret for tests, and for nothing else";
  return { seen, service: new Service({ providers: [tencent(account)], secret, env: {}, store: new MemoryStore(), transport, observer }) };
}

test("the vendor's answer is handed over, and never printed", async () => {
  const { seen, service } = made();
  const outcome = await service.call("tencent", "PullSmsSendStatus", { Limit: 10 });
  assert.deepEqual([outcome.kind, outcome.ok, outcome.code, outcome.requestId], ["answered", true, "action.answered", "r-1"]);
  assert.equal(outcome.answer.PullSmsSendStatusSet[0].PhoneNumber, "+8613800138000");
  assert.equal(outcome.answer, outcome.answer);
  assert.ok(!inspect(outcome, { depth: 9 }).includes("138") && !JSON.stringify({ ...outcome }).includes("138"));
  assert.deepEqual(seen, [{ Limit: 10, SmsSdkAppId: "1400000000" }, ["call", "PullSmsSendStatus", "answered"]]);
});

test("what is wrong is named, and nothing is sent", async () => {
  const { seen, service } = made();
  const outcome = await service.call("tencent", "PullSmsSendStatus", { Limit: 101 });
  assert.deepEqual([outcome.kind, outcome.code, outcome.answer], ["invalid", "action.input", undefined]);
  assert.equal(outcome.textEn, "params.Limit: must be from 1 to 100");
  assert.equal((await service.call("tencent", "PullSmsSendStatus")).textEn, "params.Limit: is required");
  assert.deepEqual(seen.map(([name]) => name), ["call", "call"]);
});
