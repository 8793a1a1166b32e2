// Each product of Alibaba Cloud, through the service and the sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aliyun, aliyunAuth, aliyunGlobal, aliyunMail, ConfigError, MemoryStore, Service } from "sansms";
import { Sandbox } from "sansms/testing";

const KEY = { accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1" };
const USER = { purpose: "register", ip: "203.0.113.7" };
const MAIL = { default: { subject: "Your code", html: '<p style="color:#102030">{code}</p>' } };

const CASES = [
  ["aliyun", "13800138000", (more) => aliyun({ signName: "示例", templates: { default: "SMS_1" }, ...KEY, ...more })],
  ["aliyun_auth", "13800138000", (more) => aliyunAuth({ signName: "示例", templates: { default: "100001" }, ...KEY, ...more })],
  ["aliyun_global", "+85261234567", (more) => aliyunGlobal({ templates: { default: "Your code is {code}." }, senderId: "Acme", ...KEY, ...more })],
  ["aliyun_mail", "tom@example.com", (more) => aliyunMail({ accountName: "no-reply@mail.example.com", templates: MAIL, ...KEY, ...more })],
];

for (const [kind, to, account] of CASES) {
  for (const wire of ["acs3", "rpc"]) {
    test(`a code goes round: ${kind}, ${wire}`, async () => {
      const sandbox = new Sandbox();
      const service = sandbox.service({ providers: [account({ wire })], phone: { countries: ["CN", "HK"] }, email: {} });
      const sent = await service.send({ to, ...USER });
      assert.deepEqual([sent.ok, sent.provider], [true, kind]);
      const { code } = sandbox.outbox.at(-1);
      const wrong = code === "111111" ? "222222" : "111111";
      assert.equal((await service.verify({ to, code: wrong, ...USER })).ok, false);
      assert.equal((await service.verify({ to, code, ...USER })).ok, true);
      assert.equal((await service.verify({ to, code, ...USER })).ok, false);
    });
  }
}

test("wrong options are named as they are written here", () => {
  const store = new MemoryStore();
  const make = (provider) => () => new Service({ providers: [provider], store, secret: "-".repeat(32), env: {} });
  const auth = (more) => aliyunAuth({ signName: "x", templates: { a: "1" }, ...KEY, ...more });
  const named = (option) => (error) => error instanceof ConfigError && error.option === option;
  assert.throws(make(auth({ codeLength: 9 })), named("providers[0].aliyunAuth.codeLength"));
  const mail = aliyunMail({ accountName: "a@b.example", templates: { login: { subject: "s" } }, ...KEY });
  assert.throws(make(mail), named("providers[0].aliyunMail.templates.login.html"));
});
