// One code, all the way, in any runtime: asked for, delivered, mistyped, spent, and refused a second time.

/** Makes the service; `tell` goes through the story and answers what happened. It does I/O only in `tell`. */
export function story({ Service, MemoryStore, aliyun, Sandbox }) {
  const account = {
    accessKeyId: "sandbox-id",
    accessKeySecret: "sandbox-secret",
    endpoint: "http://127.0.0.1",
    signName: "示例",
    templates: { register: "SMS_1" },
  };
  const sandbox = new Sandbox();
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
      sandbox.clock.now = Date.now();
      const sent = await service.send(who);
      const code = sandbox.outbox.at(-1)?.code;
      const wrong = await service.verify({ ...who, code: code === "111111" ? "222222" : "111111" });
      const right = await service.verify({ ...who, code, ticketFor: "profile" });
      const replay = await service.verify({ ...who, code });
      const soon = await service.send(who);
      const claim = { ticket: right.ticket, to: right.to, purpose: "register", ticketFor: "profile" };
      const tickets = {
        genuine: service.redeem(claim),
        ofAnother: service.redeem({ ...claim, ticketFor: "payment" }),
        missing: service.redeem({ ...claim, ticket: undefined }),
      };
      return { outbox: sandbox.outbox, to: right.to, tickets, outcomes: { sent, wrong, right, replay, soon } };
    },
  };
}
