// The text form, written and read.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";

const require = createRequire(import.meta.url);
const home = dirname(require.resolve("sansms/package.json"));
const text = require(join(home, "dist/cjs/text.js"));

test("a request leaves out what is not there and escapes what would break a line", () => {
  assert.equal(
    text.writeRequest({ to: "1\r\n2", purpose: "50%", idempotencyKey: "k", ip: undefined, session: null, deliver: false }),
    "to: 1%0D%0A2\npurpose: 50%25\nidempotency-key: k\ndeliver: false\n",
  );
});

test("what is no text binds nothing, and what people type may be anything", () => {
  for (const wrong of [{}, [], { toString: 1 }, true, () => "s", Symbol("s")]) {
    for (const name of ["session", "device", "idempotencyKey", "ip", "ticketFor"]) {
      assert.throws(() => text.writeRequest({ to: "1", [name]: wrong }), { code: "drive.request", message: new RegExp(name) });
    }
    assert.equal(text.writeRequest({ to: wrong, code: wrong, purpose: wrong }), "to: \ncode: \npurpose: \n");
  }
  assert.equal(text.writeRequest({ to: 13800138000, code: 123456n, session: 7 }), "to: 13800138000\ncode: 123456\nsession: 7\n");
});

test("only true delivers, and only false does not", () => {
  assert.equal(text.writeRequest({ deliver: true }), "deliver: true\n");
  for (const wrong of [0, 1, 0n, "", "false", "no", null, {}, []]) {
    assert.throws(() => text.writeRequest({ to: "1", deliver: wrong }), { code: "drive.request", message: /deliver/ });
  }
});

test("an http step is read and written back byte for byte", () => {
  const step = "http 7\nPOST https://h.example/?a=b%20c\n5000 65536\ncontent-type: text/plain\nx-a: b: c\n\n{\"a\": \"1\n\n2\"}";
  const { kind, id, call } = text.readStep(step);
  assert.deepEqual({ kind, id, call }, {
    kind: "http",
    id: 7,
    call: {
      method: "POST",
      url: "https://h.example/?a=b%20c",
      headers: [["content-type", "text/plain"], ["x-a", "b: c"]],
      body: "{\"a\": \"1\n\n2\"}",
      timeoutMs: 5000,
      maxReplyBytes: 65536,
    },
  });
  assert.equal(text.writeCall(call), step.replace("http 7", "http 0"));
  assert.deepEqual(text.readStep("http 1\nGET http://h/\n1 2\n\n").call, {
    method: "GET", url: "http://h/", headers: [], body: "", timeoutMs: 1, maxReplyBytes: 2,
  });
});

test("a store step is split at the first blank of each line", () => {
  const ops = [{ key: "k1", op: "take 1 2" }, { key: "k2", op: "give" }];
  assert.deepEqual(text.readStep("store 3\nk1 take 1 2\nk2 give\n"), { kind: "store", id: 3, ops });
  assert.deepEqual(text.readStep("store 3\nk1 take 1 2\nk2 give"), { kind: "store", id: 3, ops });
});

test("an outcome is read into its types, and hides the number when printed", () => {
  const { outcome } = text.readStep(
    "done\nkind: limited\nok: false\ncode: limit.cooldown\nto: +8613800138000\nmasked: +86•••••••00\nretry-after-ms: 59001\n" +
      "replayed: false\nhttp-status: 429\ntext-zh: 一%0A二\ntext-en: 100%25 sure %2525 %41\nevent: budget.80\nevent: b\n",
  );
  assert.equal(outcome.to, "+8613800138000");
  assert.deepEqual({ ...outcome }, {
    kind: "limited",
    ok: false,
    code: "limit.cooldown",
    masked: "+86•••••••00",
    retryAfterMs: 59001,
    retryAfter: 60,
    replayed: false,
    httpStatus: 429,
    textZh: "一\n二",
    textEn: "100% sure %25 %41",
    events: ["budget.80", "b"],
  });
  assert.ok(!(inspect(outcome) + JSON.stringify(outcome)).includes("13800138000"));
});

test("replies are written", () => {
  assert.equal(text.writeHttpReply({ status: 200, headers: new Headers({ A: "b" }), body: "x\n\ny" }), "http 200\na: b\n\nx\n\ny");
  assert.equal(text.writeHttpFault(true), "http-fault sent");
  assert.equal(text.writeHttpFault(false), "http-fault unsent");
  assert.equal(text.writeStoreReply(["a 1", undefined, "b"]), "store\na 1\n!\nb");
  assert.equal(text.writeStoreReply(["a\nb", null, "c\r"]), "store\n!\n!\n!");
  assert.equal(text.writeHttpReply({ status: 200, headers: [["a", "b\r\n\r\nc"], ["d\ne", "f"]], body: "g" }), "http 200\na: b c\nd e: f\n\ng");
  assert.equal(text.writeCredentials({ id: "a\nsecret: b", secret: "c", token: "d\r" }), "credentials\nid: a%0Asecret: b\nsecret: c\ntoken: d%0D\n");
});

test("the sandbox's replies are read", () => {
  assert.deepEqual(text.readHttpReply("http 503\nretry-after: 1\n\nbody\n\n"), {
    status: 503, headers: [["retry-after", "1"]], body: "body\n\n",
  });
  assert.equal(text.readHttpReply("http-fault sent"), undefined);
});

test("a step from another age is refused", () => {
  assert.throws(() => text.readStep("dance 1\n"), /dance/);
});
