// What both bindings have: observer, audit, explanations, faults on demand.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { MemoryStore } from "sansms";
import { explain } from "sansms/explain";
import { Sandbox } from "sansms/testing";

const who = { to: "13800138000", purpose: "register", ip: "203.0.113.7", session: "s" };

test("an observer hears of every outcome, and of no number or code", async () => {
  const heard = [];
  const sandbox = new Sandbox();
  const service = sandbox.service({ observer: (event) => heard.push(event) });
  await service.send(who);
  await service.send(who);
  await service.verify({ ...who, code: sandbox.outbox[0].code });
  await service.send({ ...who, to: "12" });
  assert.deepEqual(
    heard.map(({ action, purpose, kind, code, masked, provider, rule }) => [action, purpose, kind, code, masked, provider, rule]),
    [
      ["send", "register", "sent", "sent", "+86•••••••00", "aliyun", undefined],
      ["send", "register", "limited", "limit.cooldown", "+86•••••••00", undefined, "cooldown"],
      ["verify", "register", "verified", "verified", "+86•••••••00", undefined, undefined],
      ["send", "register", "invalid", "input.number.not_mobile", undefined, undefined, undefined],
    ],
  );
  assert.ok(heard.every(({ latencyMs, events }) => latencyMs >= 0 && Array.isArray(events)));
  const { code } = sandbox.outbox[0];
  assert.ok(!JSON.stringify(heard.map(({ latencyMs, ...rest }) => rest)).match(new RegExp(`13800138000|${code}`)));
});

test("an observer hears no purpose or action that is none", async () => {
  const heard = [];
  const service = new Sandbox().service({ observer: (event) => heard.push(event) });
  const bad = ["x\nforged line", "register\n", "a".repeat(65), "登录", ""];
  const told = async (call) => {
    const { code } = await call;
    const event = heard.pop();
    assert.equal(event.code, code);
    return [code, event.purpose];
  };
  for (const purpose of bad) {
    assert.deepEqual(await told(service.send({ ...who, purpose })), ["input.purpose", ""]);
    assert.deepEqual(await told(service.verify({ ...who, purpose, code: "123456" })), ["input.purpose", ""]);
    assert.deepEqual(await told(service.send({ ...who, purpose, to: "12" })), ["input.number.not_mobile", ""]);
    assert.deepEqual(await told(service.call("aliyun", purpose)), ["action.input", ""]);
  }
  assert.deepEqual(await told(service.call("aliyun", "NoSuchAction")), ["action.input", ""]);
  assert.deepEqual(await told(service.send({ ...who, purpose: undefined })), ["input.purpose", ""]);
  assert.deepEqual(await told(service.send({ ...who, purpose: "log-in_2.x" })), ["sent", "log-in_2.x"]);
});

test("an observer that throws is not in the way", async () => {
  const warn = console.warn;
  const warned = [];
  console.warn = (...words) => warned.push(words);
  try {
    const service = new Sandbox().service({ observer: () => { throw new Error("from the observer"); } });
    assert.equal((await service.send(who)).kind, "sent");
    assert.equal(warned.length, 1);
  } finally {
    console.warn = warn;
  }
});

test("an audit has figures and warnings", () => {
  const { assumptions, figures, warnings } = new Sandbox().service().audit();
  assert.equal(assumptions.addresses, 1000);
  assert.equal(figures.codes, 1_000_000);
  assert.deepEqual(figures.numberFalls, { guesses: 15, codes: 1_000_000 });
  assert.equal(figures.messagesToPrefix === null || figures.messagesToPrefix > 0, true);
  assert.ok(warnings.some(({ code, text, requirement }) => code === "audit.session_optional" && text && requirement.includes("6.6.2")));
  assert.ok(!JSON.stringify({ assumptions, figures, warnings }).match(/"[a-z]+_[a-z_]+":/));
});

test("a provider's code is explained", () => {
  const [found, ...more] = explain("ISV.business_limit_control");
  assert.equal(found.provider, "aliyun");
  assert.equal(found.code, "isv.BUSINESS_LIMIT_CONTROL");
  assert.equal(found.handling, "Rejected");
  assert.match(found.adviceEn, /Wait 60 s\.$/);
  assert.ok(more.every(({ code }) => code === found.code));
  assert.equal(explain("FailedOperation.InsufficientBalanceInSmsPackage.Sub")[0].code, "FailedOperation.InsufficientBalanceInSmsPackage");
  assert.deepEqual(explain("no.such.code"), []);
  assert.ok(createRequire(import.meta.url)("sansms/explain").explain("OK").length > 0);
});

test("faults come when they are asked for, and as often", async () => {
  const kinds = { throttle: "undelivered", unavailable: "undelivered", server_error: "unknown", timeout_before: "undelivered", timeout_after: "unknown", bad_json: "unknown", huge: "unknown" };
  for (const [name, kind] of Object.entries(kinds)) {
    const sandbox = new Sandbox();
    const service = sandbox.service({ store: new MemoryStore() });
    sandbox.fault(name, 1, { vendor: "tencent" });
    assert.equal((await service.send({ ...who, to: "13700137000" })).kind, "sent", name);
    sandbox.fault(name, 2);
    assert.equal((await service.send(who)).kind, kind, name);
    assert.equal((await service.send({ ...who, to: "13900139000" })).kind, kind, name);
    assert.equal((await service.send({ ...who, to: "13600136000" })).kind, "sent", name);
  }
  assert.throws(() => new Sandbox().fault("earthquake"), /no such fault/);
  assert.throws(() => new Sandbox().fault("huge", 1.5), /whole number/);
});
