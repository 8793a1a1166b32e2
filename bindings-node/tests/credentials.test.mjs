// Keys that the application gives at each use.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { aliyun, aliyunAuth, aliyunMail, ConfigError, gateway, tencent } from "sansms";
import { Sandbox } from "sansms/testing";

const USER = { to: "13800138000", purpose: "register", ip: "203.0.113.7" };
const KEY = { id: "sandbox-id", secret: "sandbox-secret" };
const endpoint = "http://127.0.0.1";
const KINDS = {
  aliyun: (more) => aliyun({ signName: "示例", templates: { default: "SMS_1" }, endpoint, ...more }),
  aliyunAuth: (more) => aliyunAuth({ signName: "示例", templates: { default: "100001" }, endpoint, ...more }),
  aliyunMail: (more) => aliyunMail({ accountName: "no-reply@mail.example.com", templates: { default: { subject: "s", text: "{code}" } }, endpoint, ...more }),
  tencent: (more) => tencent({ sdkAppId: "1400000000", signName: "示例", templates: { default: "1" }, endpoint, ...more }),
  gateway: (more) => gateway({ preset: "form-hmac", url: "http://127.0.0.1/gateway/form-hmac", templates: { default: "T1" }, ...more }),
};

for (const [kind, account] of Object.entries(KINDS)) {
  test(`${kind} asks at each use`, async () => {
    let asked = 0;
    const credentials = async () => ((asked += 1), KEY);
    const sandbox = new Sandbox();
    const service = sandbox.service({ providers: [account({ credentials })] });
    const to = kind === "aliyunMail" ? "tom@example.com" : USER.to;
    const sent = await service.send({ ...USER, to });
    assert.ok(sent.ok, `${sent.code} ${sent.events}`);
    const { params } = sandbox.outbox.at(-1).fields;
    assert.ok((await service.verify({ ...USER, to, code: params.code ?? params["1"] })).ok);
    assert.equal(asked, kind === "aliyunAuth" ? 2 : 1);
  });
}

test("a call asks, too, and an object or a plain function does as well", async () => {
  for (const credentials of [KEY, () => KEY, { ...KEY, token: undefined }]) {
    const service = new Sandbox().service({ providers: [KINDS.tencent({ credentials, name: "mine" })] });
    assert.equal((await service.call("mine", "PullSmsSendStatus", { Limit: 10 })).kind, "answered");
  }
});

test("a key that can't be had is said, and passed over", async (context) => {
  const warned = [];
  context.mock.method(console, "warn", (...words) => warned.push(words.join(" ")));
  const fails = () => { throw new RangeError("canary"); };
  for (const [credentials, named] of [[fails, "RangeError"], [async () => fails(), "RangeError"], [() => ["canary"], "TypeError"], [() => ({ id: "a", secret: 7 }), "TypeError"], [() => ({ id: "sandbox-id", secret: "" }), undefined]]) {
    const sandbox = new Sandbox();
    const outcome = await sandbox.service({ providers: [KINDS.aliyun({ credentials })] }).send(USER);
    assert.deepEqual([outcome.kind, outcome.events], ["undelivered", ["provider.unavailable aliyun provider.credentials"]]);
    assert.deepEqual(warned.splice(0), named === undefined ? [] : [`sansms: the credentials of aliyun threw ${named}`]);
    const both = sandbox.service({ providers: [KINDS.aliyun({ credentials }), KINDS.tencent({ credentials: KEY })] });
    assert.equal((await both.send(USER)).provider, "tencent");
    warned.length = 0;
  }
});

test("who is late is passed over", async (context) => {
  const warned = [];
  context.mock.method(console, "warn", (...words) => warned.push(words.join(" ")));
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked;
  const called = new Promise((resolve) => (asked = resolve));
  const service = new Sandbox().service({ providers: [KINDS.aliyun({ credentials: () => (asked(), new Promise(() => {})) })] });
  const sending = service.send(USER);
  await called;
  context.mock.timers.tick(5000);
  assert.deepEqual((await sending).events, ["provider.unavailable aliyun provider.credentials"]);
  assert.deepEqual(warned, ["sansms: the credentials of aliyun threw TimeoutError"]);
});

test("what can't be a key is refused at the start", () => {
  for (const [credentials, option, message] of [
    ["host", "credentials", /must be a function/],
    [{ id: "a" }, "credentials", /must be a function/],
    [{ id: "", secret: "s" }, "credentials", /must not be empty/],
    [{ id: "i", secret: "canary " }, "credentials", /white space/],
    [{ id: "i", secret: "s", token: "" }, "credentials", /must not be empty/],
    [{ id: "i", secret: "canary\uff21" }, "credentials", /must be ASCII/],
  ]) {
    assert.throws(
      () => new Sandbox().service({ providers: [KINDS.aliyun({ credentials })] }),
      (error) => error instanceof ConfigError && error.option === `providers[0].aliyun.${option}` && message.test(error.message) && !inspect(error).includes("canary"),
    );
  }
  assert.throws(() => new Sandbox().service({ providers: [KINDS.aliyun({ credentials: KEY, accessKeyId: "sandbox-id" })] }), /goes alone/);
  const two = [KINDS.aliyun({ credentials: () => KEY }), KINDS.aliyun({ credentials: () => KEY })];
  assert.throws(() => new Sandbox().service({ providers: two }), (error) => error.option === "providers[1].aliyun.name");
});

test("nothing shows a key", () => {
  const service = new Sandbox().service({ providers: [KINDS.aliyun({ credentials: { id: "sandbox-canary", secret: "sandbox-canary" } })] });
  assert.ok(!inspect(service, { depth: 9, showHidden: true }).includes("canary"));
});
