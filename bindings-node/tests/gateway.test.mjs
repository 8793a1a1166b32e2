// Gateways declared as data, through the service and the sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, gateway, MemoryStore, Service } from "sansms";
import { Sandbox } from "sansms/testing";

const USER = { purpose: "register", ip: "203.0.113.7" };
const SHAPES = ["app-key-md5", "bearer-json", "form-hmac"];

function declared(shape, more = {}) {
  return gateway({
    preset: shape,
    url: `http://127.0.0.1/gateway/${shape}`,
    ...(shape === "bearer-json" ? {} : { key: "sandbox-id" }),
    secret: "sandbox-secret",
    templates: { default: "T1" },
    classes: { 1001: "account", signature_mismatch: "account" },
    ...more,
  });
}

for (const shape of SHAPES) {
  test(`a code goes round: ${shape}`, async () => {
    const sandbox = new Sandbox();
    const service = sandbox.service({ providers: [declared(shape, { name: "mine" })] });
    const sent = await service.send({ to: "13800138000", ...USER });
    assert.deepEqual([sent.ok, sent.provider], [true, "mine"]);
    const { to, fields } = sandbox.outbox.at(-1);
    assert.equal(to, "+8613800138000");
    const code = fields.params.code ?? fields.params["1"];
    assert.ok((await service.verify({ to: "13800138000", code, ...USER })).ok);
  });

  test(`a wrong secret is refused: ${shape}`, async () => {
    const sandbox = new Sandbox();
    const service = sandbox.service({ providers: [declared(shape, { secret: "sandbox-wrong" })] });
    assert.equal((await service.send({ to: "13800138000", ...USER })).kind, "undelivered");
    assert.equal(sandbox.outbox.length, 0);
  });
}

test("the request is as declared, the caller's names as they are", async () => {
  const seen = [];
  const transport = {
    async send(call) {
      seen.push(call);
      return { status: 200, headers: [], body: '{"state": "OK", "ids": [{"id": 7}]}' };
    },
  };
  const own = gateway({
    url: "https://sms.example/v1/{calling_code}/send",
    headers: { "x-key": "{key}" },
    body: { Mobile: "{national}", inNer: { codeText: ["{code}", 1, null] }, at: { $number: "{timestamp}" } },
    reply: { code: "state", success: ["OK"], messageId: "ids.0.id" },
    key: "k",
  });
  const service = new Service({ providers: [own], store: new MemoryStore(), secret: "x".repeat(32), transport, env: {} });
  assert.ok((await service.send({ to: "13800138000", ...USER })).ok);
  const { url, headers, body } = seen[0];
  assert.equal(url, "https://sms.example/v1/86/send");
  assert.equal(Object.fromEntries(headers)["x-key"], "k");
  const sent = JSON.parse(body);
  assert.equal(sent.Mobile, "13800138000");
  assert.deepEqual(sent.inNer.codeText.slice(1), [1, null]);
  assert.equal(typeof sent.at, "number");
});

test("errors point at the field", () => {
  for (const [change, at] of [
    [{ body: { to: "{e164}", deep: [{ inNer_x: "{mobile}" }] } }, "body.deep[0].inNer_x"],
    [{ headers: { x_a: "{secret}" } }, "headers.x_a"],
    [{ url: "https://{key}.example/" }, "url"],
    [{ signName: "" }, "signName"],
    [{ reply: { success: "message_id", errorCode: "a..b" } }, "reply.errorCode"],
  ]) {
    assert.throws(
      () => new Sandbox().service({ providers: [declared("bearer-json", change)] }),
      (error) => error instanceof ConfigError && error.option === `providers[0].gateway.${at}`,
    );
  }
});
