// A Worker as people write one, with records in Durable Objects or in D1, and the suite that holds stores.
import { aliyun, handlers, Service } from "sansms";
import { D1Store } from "sansms/stores/d1";
import { DurableObjectStore, SansmsPartition } from "sansms/stores/durable-object";
import { Sandbox } from "sansms/testing";
import { cases } from "sansms/testing/conformance";

// The class as it is exported in production, but for a line that tests may use.
export class Partition extends SansmsPartition {
  #storage;
  constructor(state, env) {
    super(state, env);
    this.#storage = state.storage;
  }

  async fetch(request) {
    if (request.method !== "GET") return super.fetch(request);
    const { searchParams } = new URL(request.url);
    const end = searchParams.get("end");
    if (end) this.#storage.sql.exec("UPDATE partition SET until_ms = ?", Number(end));
    const alarm = Number(searchParams.get("alarm"));
    if (end) await (alarm ? this.#storage.setAlarm(alarm) : this.#storage.deleteAlarm());
    return Response.json({ alarm: await this.#storage.getAlarm(), bytes: this.#storage.sql.databaseSize, tables: this.#storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'partition'").toArray() });
  }
}

/** Holds whoever asks until there are as many as they say, so that all of them are under way at once; at most a minute. */
export class Gate {
  #waiting = [];

  async fetch(request) {
    const amount = Number(new URL(request.url).searchParams.get("amount"));
    await new Promise((go) => {
      setTimeout(go, 60_000);
      if (this.#waiting.push(go) >= amount) for (const one of this.#waiting.splice(0)) one();
    });
    return new Response();
  }
}

// How many requests this Worker has in its hands, and the most that it ever had.
const flight = { now: 0, most: 0 };

/** Counts a request while it is answered, after as many as `amount` have come. */
async function together(env, amount, answer) {
  flight.most = Math.max(flight.most, ++flight.now);
  try {
    if (amount > 0) await env.GATE.get(env.GATE.idFromName("one")).fetch(`https://gate.invalid/?amount=${amount}`);
    return await answer();
  } finally {
    flight.now -= 1;
  }
}

const stores = { "durable-object": (env) => new DurableObjectStore(env.CODES), d1: (env) => new D1Store(env.DB) };
const sandbox = new Sandbox();
let service;

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    const store = stores[url.searchParams.get("store") ?? "durable-object"](env);
    if (url.pathname === "/conformance") {
      const [from, to] = ["from", "to"].map((name) => Number(url.searchParams.get(name)));
      const results = [];
      for (const { name, run } of cases.slice(from, to)) {
        results.push({ name, problem: await run(store).then(() => null, (error) => String(error)) });
      }
      return Response.json(results);
    }
    if (url.pathname === "/run") return Response.json(await store.run(await request.json(), 5000));
    if (url.pathname === "/object") {
      const object = env.CODES.get(env.CODES.idFromName(url.searchParams.get("key")));
      return object.fetch(request.url);
    }
    if (url.pathname === "/flight") {
      const { most } = flight;
      flight.most = flight.now;
      return Response.json({ most });
    }
    if (url.pathname === "/outbox") return Response.json(sandbox.outbox);
    service ??= new Service({
      providers: [aliyun({ accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint: "http://127.0.0.1", signName: "示例", templates: { register: "SMS_1" } })],
      store,
      transport: sandbox,
      secret: env.SANSMS_SECRET,
      policy: { ip: ["100000/24h"], ipAttempts: ["100000/10m"] },
      budgetPerDay: 100000,
      storeTimeoutMs: 30000,
    });
    sandbox.clock.now = Date.now();
    const handle = handlers(service, { clientIp: "cloudflare", session: "challenge", "POST /code": "send", "POST /verify": "verify" });
    return together(env, Number(url.searchParams.get("together")), () => handle(request, env, context));
  },
};
