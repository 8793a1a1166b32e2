// Actions of vendors: `service.call`.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { MemoryStore, Service, tencent, tencentLegacy } from "sansms";
import { Sandbox } from "sansms/testing";

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

test("each number of a call has its own status, and the call is answered all the same", async () => {
  const sandbox = new Sandbox();
  const legacy = { endpoint: "http://127.0.0.1", sdkAppId: "1400000000", appKey: "sandbox-secret", signName: "示例", templates: { default: "1" } };
  const service = sandbox.service({ providers: [tencent(account), tencentLegacy(legacy)] });
  // The second number is the first again.
  const numbers = { PhoneNumberSet: ["+8613800138000", "+8613800138000"], SignName: "示例", TemplateId: "1", TemplateParamSet: ["123456"] };
  const outcome = await service.call("tencent", "SendSms", numbers);
  assert.equal(outcome.kind, "answered");
  assert.deepEqual(outcome.answer.SendStatusSet.map(({ Code }) => Code), ["Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"]);

  const tel = ["13800138002", "13800138000"].map((mobile) => ({ nationcode: "86", mobile }));
  const many = await service.call("tencent_legacy", "sendmultisms2", { tel, sign: "示例", tpl_id: 1, params: ["123456"] });
  assert.equal(many.kind, "answered");
  assert.deepEqual(many.answer.detail.map(({ result }) => result), [0, 1023]);
});
