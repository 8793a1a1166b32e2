// A Worker whose D1 database has a rival: it writes between a read and the write that follows, as often as is asked.
import { aliyun, Service } from "sansms";
import { D1Store } from "sansms/stores/d1";
import { Sandbox } from "sansms/testing";

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const told = { sessions: [], reads: 0, writes: 0, outside: 0, pauses: [] };
    const { key, op, conflicts } = Object.fromEntries(searchParams);
    const store = new D1Store(contested(env.DB, Number(conflicts), told));
    const setTimeoutBefore = globalThis.setTimeout;
    globalThis.setTimeout = (go, pause, ...more) => (told.pauses.push(pause), setTimeoutBefore(go, pause, ...more));
    try {
      if (key) return Response.json({ ...told, replies: await store.run([{ key, op }], 60_000), ...told });
    } finally {
      globalThis.setTimeout = setTimeoutBefore;
    }
    const sandbox = new Sandbox();
    const service = new Service({
      providers: [aliyun({ accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1", signName: "示例", templates: { r: "SMS_1" } })],
      store,
      transport: sandbox,
      secret: "only for tests: 32 bytes or more",
      namespace: `t${conflicts}`,
      storeTimeoutMs: 60_000,
    });
    sandbox.clock.now = Date.now();
    const { code, httpStatus, retryAfter } = await service.send({ to: "13800138000", purpose: "r", ip: "203.0.113.7" });
    return Response.json({ ...told, outcome: { code, httpStatus, retryAfter }, sent: sandbox.outbox.length });
  },
};

/** The database, whose rival has the first key that is read, and changes that record's version right after a read. */
function contested(database, conflicts, told) {
  let first;
  const watch = (session) => ({
    prepare: (sql) => ({
      bind(...values) {
        const statement = session.prepare(sql).bind(...values);
        return {
          async first() {
            const [key] = values;
            const row = await statement.first();
            first ??= key;
            if (key !== first) return row;
            told.reads += 1;
            if (told.reads <= conflicts) await rival(database, key);
            return row;
          },
          run() {
            if (values.includes(first)) told.writes += 1;
            return statement.run();
          },
        };
      },
      // The table is made so.
      run: () => session.prepare(sql).run(),
    }),
  });
  return {
    prepare(sql) {
      told.outside += 1;
      return watch(database).prepare(sql);
    },
    withSession(constraint) {
      told.sessions.push(constraint);
      return watch(database.withSession(constraint));
    },
  };
}

let at = 0;

/** One more send by somebody else, who has the same database, and nobody in the way. */
async function rival(database, key) {
  const op = `reserve ${(0xffff_0000 + at++).toString(16).padStart(16, "0")} 1:l:20:86400000:f`;
  const [reply] = await new D1Store(database).run([{ key, op }], 60_000);
  if (!reply.startsWith("granted")) throw new Error(reply);
}
