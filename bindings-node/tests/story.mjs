// One code, all the way, in any runtime: asked for, delivered, mistyped, spent, and refused a second time.

/** Makes the service; `tell` goes through the story and answers what happened. It does I/O only in `tell`. */
export function story({ Service, MemoryStore, aliyun, Sandbox }) {
  const account = { accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", signName: "测试", templates: { register: "SMS_1" } };
  const sandbox = new Sandbox({ aliyun: { "sandbox-id": "sandbox-secret" } });
  const service = new Service({
    providers: [aliyun(account)],
    store: new MemoryStore(),
    transport: sandbox,
    secret: "a secret for tests, and for nothing else",
    env: {},
  });
  const who = { to: "138 0013 8000", purpose: "register", ip: "203.0.113.7", session: "s1" };
  return {
    async tell() {
      const sent = await service.send(who);
      const code = sandbox.outbox.at(-1)?.code;
      const wrong = await service.verify({ ...who, code: code === "111111" ? "222222" : "111111" });
      const right = await service.verify({ ...who, code });
      const replay = await service.verify({ ...who, code });
      const soon = await service.send(who);
      const outcomes = { sent, wrong, right, replay, soon };
      return { outbox: sandbox.outbox, to: right.to, outcomes };
    },
  };
}
