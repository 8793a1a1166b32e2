// As people write it with Jest.
const { Sandbox } = require("sansms/testing");

test("a code arrives and is right", async () => {
  const sandbox = new Sandbox();
  const service = sandbox.service();
  const who = { to: "13800138000", purpose: "register", ip: "203.0.113.7" };
  expect(await service.send(who)).toMatchObject({ ok: true, kind: "sent" });
  expect(await service.verify({ ...who, code: sandbox.outbox[0].code })).toMatchObject({ ok: true, kind: "verified" });
});
