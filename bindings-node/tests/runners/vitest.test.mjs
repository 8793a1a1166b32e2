// As people write it with Vitest, and a store of one's own held to the suite.
import { MemoryStore } from "sansms";
import { Clock, Sandbox } from "sansms/testing";
import { cases } from "sansms/testing/conformance";
import { expect, test } from "vitest";

test("a code arrives and is right", async () => {
  const sandbox = new Sandbox();
  const service = sandbox.service();
  const who = { to: "13800138000", purpose: "register", ip: "203.0.113.7" };
  expect(await service.send(who)).toMatchObject({ ok: true, kind: "sent" });
  sandbox.fault("timeout_before");
  expect(await service.send({ ...who, to: "13900139000" })).toMatchObject({ ok: false, kind: "undelivered" });
  expect(await service.verify({ ...who, code: sandbox.outbox[0].code })).toMatchObject({ ok: true, kind: "verified" });
});

const clock = new Clock();
const store = new MemoryStore({ now: () => clock.now });
test.each(cases)("$name", ({ run }) => run(store, clock));
