// Delivery receipts: pushes, pulls, the secret path, and what is counted.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { aliyun, handlers, nodeListener, ReceiptError } from "sansms";
import { Sandbox } from "sansms/testing";

const USER = { to: "13800138000", purpose: "register", ip: "203.0.113.7" };
const push = (out_id = "AbCdEfGhIjKlMnOp") =>
  JSON.stringify([{ phone_number: "13800138000", report_time: "2023-09-13 22:35:00", success: true, err_code: "DELIVERED", biz_id: "1234567^0", out_id }]);

test("a push becomes receipts that name the send; duplicates are harmless", async () => {
  const heard = [];
  const service = new Sandbox().service({ observer: (event) => heard.push(event) });
  assert.deepEqual(service.stats(), {});
  const { sendId } = await service.send(USER);
  const [receipt] = service.receipts("aliyun", push(sendId));
  assert.deepEqual(receipt, {
    provider: "aliyun", status: "delivered", sendId, messageId: "1234567^0", code: "DELIVERED", masked: "•••••••00", at: new Date("2023-09-13T14:35:00Z"),
  });
  service.receipts("aliyun", push(sendId));
  assert.deepEqual(heard.map(({ action, kind, provider, sendId }) => [action, kind, provider, sendId]), [
    ["send", "sent", "aliyun", sendId],
    ["receipt", "delivered", "aliyun", sendId],
    ["receipt", "delivered", "aliyun", sendId],
  ]);
  assert.deepEqual(service.stats(), { send: { aliyun: { sent: 1 } }, receipt: { aliyun: { delivered: 2 } } });
  assert.ok(!JSON.stringify(heard).includes("13800138000"));
});

test("a provider may be called as a property of every object is", async () => {
  for (const name of ["__proto__", "constructor"]) {
    const service = new Sandbox().service({
      providers: [aliyun({ name, signName: "示例", templates: { default: "SMS_1" }, accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1" })],
    });
    assert.equal((await service.send(USER)).provider, name);
    assert.deepEqual(Object.getOwnPropertyDescriptor(service.stats().send, name)?.value, { sent: 1 });
    assert.equal({}.sent ?? Object.sent, undefined);
  }
});

test("the sandbox gives what the provider would push", async () => {
  for (const status of ["delivered", "failed"]) {
    const sandbox = new Sandbox();
    const service = sandbox.service();
    const { sendId, messageId } = await service.send(USER);
    const pushed = sandbox.receipt(sandbox.outbox.at(-1), status);
    assert.deepEqual([pushed.provider, pushed.contentType], ["aliyun", "application/json"]);
    assert.equal(service.answerPush(pushed.provider, service.receiptPath, pushed.body).status, 200);
    const [receipt] = service.receipts(pushed.provider, pushed.body);
    assert.deepEqual([receipt.status, receipt.sendId, receipt.messageId], [status, sendId, messageId]);
    assert.deepEqual(service.stats().receipt, { aliyun: { [status]: 2 } });

    const day = { PhoneNumber: "13800138000", SendDate: "20270115", PageSize: 9, CurrentPage: 1 };
    const [asked] = service.receipts("aliyun", (await service.call("aliyun", "QuerySendDetails", day)).answer);
    assert.deepEqual([asked.status, asked.code, asked.at], [status, receipt.code, receipt.at]);
    assert.throws(() => sandbox.receipt(sandbox.outbox.at(-1), "pending"), /delivered/);
    const unknown = { ...sandbox.outbox.at(-1), fields: { message_id: "1^0" } };
    assert.throws(() => sandbox.receipt(unknown), RangeError);
  }
});

test("what a pull answered is read as it is, and what is no receipts is refused", () => {
  const service = new Sandbox().service();
  const [receipt] = service.receipts("tencent", { PullSmsSendStatusSet: [{ ReportStatus: "FAIL", SessionContext: "AbCdEfGhIjKlMnOp" }] });
  assert.deepEqual(receipt, { provider: "tencent", status: "failed", sendId: "AbCdEfGhIjKlMnOp" });
  for (const body of ["", "{}", "nonsense", `[${" ".repeat(262_144)}]`]) {
    assert.throws(() => service.receipts("aliyun", body), ReceiptError);
    assert.equal(service.answerPush("aliyun", service.receiptPath, body).status, 400);
  }
});

test("the route answers as each vendor expects, on a real server", async () => {
  const heard = [];
  const service = new Sandbox().service({ observer: (event) => heard.push(event.kind) });
  const handle = handlers(service, { clientIp: { trustedProxies: 0 }, "POST /receipts": "receipts" });
  const server = createServer(nodeListener(handle)).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const post = async (path, body) => {
      const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method: "POST", body });
      return [answer.status, answer.headers.get("content-type"), await answer.text()];
    };
    const key = service.receiptPath;
    assert.equal(key.length, 22);
    assert.deepEqual(await post(`/receipts/aliyun/${key}`, push()), [200, "application/json", '{"code":0,"msg":"ok"}']);
    assert.deepEqual(await post(`/receipts/tencent/${key}/`, "[]"), [200, "application/json", '{"result":0,"errmsg":"OK"}']);
    const long = `[${JSON.stringify({ success: true, note: "x".repeat(100_000) })}]`;
    assert.equal((await post(`/receipts/aliyun/${key}`, long))[0], 200);
    assert.deepEqual(heard, ["delivered", "delivered"]);
    for (const path of [`/receipts/aliyun/${key.slice(1)}`, `/receipts/aliyun/x`, `/receipts/aliyun`, "/receipts", `/other/aliyun/${key}`]) {
      assert.equal((await post(path, push()))[0], 404, path);
    }
    assert.equal((await post(`/receipts/aliyun/${key}`, "{}"))[0], 400);
    assert.equal((await post(`/receipts/aliyun/${key}`, "x".repeat(262_145)))[0], 413);
    assert.equal((await fetch(`http://127.0.0.1:${server.address().port}/receipts/aliyun/${key}`)).status, 404);
    assert.equal(heard.length, 2);
  } finally {
    server.close();
  }
});
