// Options on their way into the core, and its complaints on their way back.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { aliyun, ConfigError, MemoryStore, Service } from "sansms";

const require = createRequire(import.meta.url);
const home = dirname(require.resolve("sansms/package.json"));
const { pickEnv, readError, writeConfig } = require(join(home, "dist/cjs/config.js"));

const secret = "a secret for tests, and for nothing else";
const account = { accessKeyId: "sandbox-id", accessKeySecret: "sandbox-canary-5e1f", endpoint: "http://127.0.0.1", signName: "测试", templates: { register: "SMS_1" } };
const options = { providers: [aliyun(account)], store: new MemoryStore(), secret, env: {} };

test("keys become snake_case, but for the caller's own", () => {
  const text = writeConfig({
    budgetPerDay: 1,
    providers: [{ aliyun: { templates: { logIn: "SMS_1" }, templateParams: { theCode: "{code}" } } }],
    x: undefined,
    env: { A_B: "1" },
  });
  assert.deepEqual(JSON.parse(text), {
    budget_per_day: 1,
    providers: [{ aliyun: { templates: { logIn: "SMS_1" }, template_params: { theCode: "{code}" } } }],
    env: { A_B: "1" },
  });
});

test("only the variables that are asked for are read", () => {
  assert.deepEqual(pickEnv(["A", "B"], { A: "1", C: "3" }), { A: "1", B: undefined });
  assert.deepEqual(pickEnv(["A"], undefined), { A: undefined });
});

test("complaints name the option as it is written here", () => {
  const error = readError(new Error("config.missing|providers[0].aliyun.sign_name|is required|SIGN_NAME"));
  assert.ok(error instanceof ConfigError);
  assert.deepEqual([error.code, error.option, error.env], ["config.missing", "providers[0].aliyun.signName", "SIGN_NAME"]);
  assert.equal(error.message, "providers[0].aliyun.signName: is required (environment variable SIGN_NAME)");
  assert.equal(readError(new Error("config.value|providers[0].aliyun.templates.log_in|is a|b|")).option, "providers[0].aliyun.templates.log_in");
  assert.equal(readError(new Error("config.value|x|is a|b|")).message, "x: is a|b");
  assert.equal(readError(new Error("config.unknown|x|is not an option; there are a_b, c|")).message, "x: is not an option; there are aB, c");
  assert.equal(readError(new Error("config.value|policy|must be one of strict, shared_addresses|")).message, "policy: must be one of strict, shared_addresses");
  assert.equal(readError(new Error("drive.wrong_id|the reply carries the id of another step")).code, "drive.wrong_id");
  const other = new TypeError("other");
  assert.equal(readError(other), other);
});

test("wrong options are refused at once, by name", () => {
  const refused = (wrong, code, option) =>
    assert.throws(() => new Service({ ...options, ...wrong }), (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.deepEqual([error.code, error.option], [code, option]);
      return true;
    });
  refused({ store: undefined }, "config.missing", "store");
  refused({ secret: undefined }, "config.missing", "secret");
  refused({ budgetPerDya: 1 }, "config.unknown", "budgetPerDya");
  for (const wrong of [NaN, Infinity, -Infinity]) {
    refused({ budgetPerDay: wrong }, "config.value", "budgetPerDay");
    refused({ policy: { codeLength: wrong } }, "config.value", "policy.codeLength");
    refused({ storeTimeoutMs: wrong }, "config.value", "storeTimeoutMs");
  }
  for (const wrong of [10n, () => 10, Symbol("10")]) {
    refused({ budgetPerDay: wrong }, "config.type", "budgetPerDay");
    refused({ peppers: [secret, wrong] }, "config.type", "peppers[1]");
    refused({ providers: [aliyun({ ...account, templates: { logIn: wrong } })] }, "config.type", "providers[0].aliyun.templates.logIn");
  }
  for (const wrong of [0, -1, 2 ** 31]) refused({ storeTimeoutMs: wrong }, "config.value", "storeTimeoutMs");
  for (const wrong of ["abc", "1000", 10n, true, {}]) refused({ storeTimeoutMs: wrong }, "config.type", "storeTimeoutMs");
  for (const wrong of ["x", 1, {}]) for (const option of ["observer", "onStoreFault", "transport"]) refused({ [option]: wrong }, "config.type", option);
});

test("what is left out may be null", () => {
  assert.ok(new Service({ ...options, budgetPerDay: null, policy: null, storeTimeoutMs: null, observer: null, onStoreFault: null, transport: null }));
});

test("a secret may come from the environment", () => {
  assert.ok(new Service({ ...options, secret: undefined, env: { SANSMS_SECRET: secret } }));
});

test("a printed service shows no option", () => {
  const shown = inspect(new Service(options), { depth: 9, showHidden: true }) + JSON.stringify(new Service(options));
  assert.ok(!shown.includes("canary-5e1f") && !shown.includes(secret), shown);
});
