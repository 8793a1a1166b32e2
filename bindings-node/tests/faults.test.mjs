// Real servers that break while many ask them, through each client; `faults.py` does the same to the Python stores.
//
// Tasks send to one number until its limit is used up; in the middle something breaks. Never more than the limit was
// admitted, plus what the server itself forgot; only calls that failed may have taken a place for nothing; no call
// outlasts its deadline; and the same store goes on when the server is back.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { aliyun, MemoryStore, Service } from "sansms";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { RedisStore } from "sansms/stores/redis";
import { cutter, start } from "./servers.mjs";
import { environment } from "./tools.mjs";

// The slack is for a busy machine; a second time-out after the first does not fit in.
const [LIMIT, TASKS, TIMEOUT_MS, SLACK_MS] = [160, 8, 1000, 950];
const FAILED = ["store.down", "limit.busy"];
const who = { to: "13800138000", purpose: "r", ip: "203.0.113.7" };
const reply = { status: 200, headers: [["content-type", "application/json"]], body: '{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}' };

class Storm {
  codes = {};
  slowestMs = 0;
  forgotten = 0;
  #quiet = false;

  constructor(store) {
    this.service = new Service({
      providers: [aliyun({ accessKeyId: "a", accessKeySecret: "b", signName: "示例", templates: { r: "SMS_1" } })],
      store,
      secret: "x".repeat(32),
      namespace: randomBytes(8).toString("hex"),
      policy: { cooldownS: 0, ip: [], ipAttempts: [], budget: ["1000000/24h"], number: [`${LIMIT}/24h`] },
      storeTimeoutMs: TIMEOUT_MS,
      transport: { send: async () => reply },
      env: {},
    });
  }

  count(code) {
    return this.codes[code] ?? 0;
  }

  /** Sends; calls `fault` when a third of the limit is used up; goes on until nothing more is admitted. */
  async run(fault) {
    const first = await this.service.send(who);
    assert.ok(first.ok, first.code);
    this.codes.sent = 1;
    const tasks = Array.from({ length: TASKS }, () => this.#task());
    try {
      for (let left = 4000; this.count("sent") < LIMIT / 3 && left > 0; left--) await sleep(5);
      await fault(this);
    } finally {
      this.#quiet = true;
      await Promise.all(tasks);
    }
    return this;
  }

  async #task() {
    let ends = Infinity;
    for (let denied = 0; denied < 3 && performance.now() < ends; ) {
      const began = performance.now();
      const { code } = await this.service.send(who);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - began);
      this.codes[code] = this.count(code) + 1;
      if (this.#quiet) {
        if (ends === Infinity) ends = performance.now() + 60_000;
        denied = code === "limit.number" ? denied + 1 : 0;
      }
      await sleep(10 * Math.random());
    }
  }

  check() {
    const told = JSON.stringify({ ...this.codes, slowestMs: Math.round(this.slowestMs) });
    for (const code of Object.keys(this.codes)) assert.ok(["sent", "limit.number", ...FAILED].includes(code), told);
    const failed = FAILED.reduce((sum, code) => sum + this.count(code), 0);
    assert.ok(this.count("sent") <= LIMIT + this.forgotten, told);
    assert.ok(this.count("sent") >= LIMIT - failed, told);
    assert.ok(this.count("limit.number") >= 3 * TASKS, `did not recover: ${told}`);
    assert.ok(this.slowestMs < TIMEOUT_MS + SLACK_MS, told);
    return told;
  }
}

const ignore = () => undefined;

// Each opens a client with its usual options on a port, and answers a store on it.
const CLIENTS = {
  "ioredis": {
    kind: "redis",
    open: (need, port) => {
      const client = new (need("ioredis").Redis)({ host: "127.0.0.1", port });
      client.on("error", ignore);
      return { store: new RedisStore(client), close: () => client.disconnect() };
    },
  },
  "node-redis": {
    kind: "redis",
    open: async (need, port) => {
      const client = need("redis").createClient({ socket: { host: "127.0.0.1", port } });
      await client.on("error", ignore).connect();
      return { store: new RedisStore(client), close: () => client.destroy() };
    },
  },
  "pg": {
    kind: "postgres",
    open: (need, port) => {
      const pool = new (need("pg").Pool)({ connectionString: `postgresql://sansms@127.0.0.1:${port}/postgres`, max: TASKS });
      return { store: new PostgresStore(pool), close: () => pool.end() };
    },
  },
  "mysql2": {
    kind: "mariadb",
    open: (need, port) => {
      const pool = need("mysql2/promise").createPool({ uri: `mysql://sansms@127.0.0.1:${port}/sansms`, connectionLimit: TASKS, multipleStatements: true });
      return { store: new MySQLStore(pool), close: () => pool.end() };
    },
  },
};

const FAULTS = {
  "kill -9, and a restart": (server, port) => async () => {
    await server.kill();
    await sleep(300);
    await server.start(port);
  },
  "standing still for longer than the deadline": (server) => async () => {
    server.signal("SIGSTOP");
    await sleep(1600);
    server.signal("SIGCONT");
  },
  "connections that are cut in the middle of replies": (_, __, front) => async () => {
    front.cuts = true;
    for (let left = 400; front.done < 20 && left > 0; left--) await sleep(10);
    front.cuts = false;
    assert.ok(front.done > 0);
  },
};

// What only Redis does; each tells besides what it expects of the storm.
const REDIS_FAULTS = {
  "SCRIPT FLUSH, again and again": {
    fault: (admin) => async () => {
      for (let left = 50; left > 0; left--) {
        await admin.script("FLUSH");
        await sleep(5);
      }
    },
    expect: (storm) => {
      for (const code of FAILED) assert.equal(storm.count(code), 0, "it was noticed");
      assert.equal(storm.count("sent"), LIMIT);
    },
  },
  "FLUSHALL: as much may be sent again as was admitted": {
    fault: (admin) => async (storm) => {
      await admin.flushall();
      // A send that was admitted before may not have been counted here yet.
      storm.forgotten = Math.min(storm.count("sent") + TASKS, LIMIT);
    },
    expect: (storm) => assert.ok(storm.count("sent") > LIMIT, "it was not the server that kept the limit"),
  },
  "maxmemory is reached, under noeviction: refused, and nothing is forgotten": {
    fault: (admin) => async (storm) => {
      await admin.config("SET", "maxmemory", "1");
      try {
        await sleep(300);
        const before = storm.count("sent");
        await sleep(300);
        assert.ok(storm.count("sent") <= before + TASKS, "a send was admitted that could not be counted");
      } finally {
        await admin.config("SET", "maxmemory", "0");
      }
    },
    expect: (storm) => assert.ok(storm.count("store.down") > 0, "no call was refused"),
  },
};

const need = environment("stores");
const unable = need === undefined ? "no clients" : existsSync("/proc/self/exe") ? undefined : "no /proc";
if (unable !== undefined) {
  if (process.env.CI === "true") test("servers can be broken", () => assert.fail(unable));
  else console.log(`# ${unable}: no server is broken`);
} else {
  for (const kind of ["redis", "postgres", "mariadb"]) {
    test(kind, async (t) => {
      const { address, servers, close } = await start(kind);
      t.after(close);
      const [server] = servers;
      const port = Number(/:(\d+)(\/|$)/.exec(address)[1]);
      if (kind === "redis") {
        // From now on with a file.
        await server.kill();
        await server.start(port);
      }
      for (const [name, client] of Object.entries(CLIENTS).filter(([, client]) => client.kind === kind)) {
        for (const [what, fault] of Object.entries(FAULTS)) {
          await t.test(`${name}: ${what}`, async (t) => {
            const front = await cutter(port);
            t.after(front.close);
            const { store, close } = await client.open(need, what.startsWith("connections") ? front.port : port);
            t.after(close);
            t.diagnostic((await new Storm(store).run(fault(server, port, front))).check());
          });
        }
        for (const [what, { fault, expect }] of kind === "redis" ? Object.entries(REDIS_FAULTS) : []) {
          await t.test(`${name}: ${what}`, async (t) => {
            const admin = new (need("ioredis").Redis)({ host: "127.0.0.1", port });
            t.after(() => admin.disconnect());
            const { store, close } = await client.open(need, port);
            t.after(close);
            const storm = await new Storm(store).run(fault(admin));
            t.diagnostic(storm.check());
            expect(storm);
          });
        }
      }
    });
  }

  const CLUSTERS = {
    "ioredis": async (port) => {
      const client = new (need("ioredis").Cluster)([{ host: "127.0.0.1", port }]);
      client.on("error", ignore);
      return { store: new RedisStore(client), close: () => client.disconnect() };
    },
    "node-redis": async (port) => {
      const client = need("redis").createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${port}` }] });
      await client.on("error", ignore).connect();
      return { store: new RedisStore(client), close: () => client.destroy() };
    },
  };
  for (const [name, open] of Object.entries(CLUSTERS)) {
    test(`a cluster, and ${name}`, async (t) => {
      const { address, servers, close } = await start("cluster", { SANSMS_REPLICAS: "1", SANSMS_NODE_TIMEOUT: "1000" });
      t.after(close);
      const nodes = servers.map((server) => new Node(server));
      t.after(() => nodes.forEach((node) => node.client.disconnect()));
      const storm = async (t, ...faults) => {
        // A replica that is not yet one calls itself a primary, too.
        const half = async () => (await Promise.all(nodes.map((node) => node.said("role")))).filter((role) => role === "master").length === nodes.length / 2;
        await until(async () => (await half()) && (await Promise.all(nodes.map((node) => node.isReady()))).every(Boolean));
        const { store, close } = await open(Number(address.split(":")[1]));
        t.after(close);
        t.diagnostic((await new Storm(store).run(failover(nodes, ...faults))).check());
      };
      const stops = (server) => server.signal("SIGSTOP");
      const wakes = (server) => server.signal("SIGCONT");
      // node-redis waits for a node as long as the connection is there, and offers no way to tell it otherwise.
      if (name === "node-redis") await t.test("a primary stands still for a while, and its replica takes over", (t) => storm(t, stops, wakes));
      else await t.test("a primary stands still, and its replica takes over", (t) => storm(t, stops));
      servers.forEach(wakes);
      await t.test("a primary is killed, and its replica takes over", (t) => storm(t, (server) => server.kill()));
    });
  }
}

/** One node of a cluster. */
class Node {
  constructor(server) {
    this.server = server;
    this.port = Number(/:(\d+) \[cluster\]/.exec(server.title)[1]);
    this.client = new (need("ioredis").Redis)({ host: "127.0.0.1", port: this.port });
    this.client.on("error", ignore);
  }

  async said(field) {
    return new RegExp(`^${field}:(.*?)\r$`, "m").exec(await this.client.info("replication"))?.[1];
  }

  async isReady() {
    const state = await this.client.cluster("INFO");
    return /cluster_state:ok/.test(state) && ((await this.said("role")) === "master" || (await this.said("master_link_status")) === "up");
  }

  /** The length of the longest record that it has. */
  async longest() {
    const keys = await this.client.keys("*");
    return Math.max(0, ...(await Promise.all(keys.map((key) => this.client.strlen(key)))));
  }
}

async function until(what) {
  for (let left = 600; !(await what()); left--) {
    assert.ok(left > 0, "it took too long");
    await sleep(25);
  }
}

/** Ends the primary that has the number's record, and waits for its replica. */
function failover(nodes, end, after = ignore) {
  return async (storm) => {
    const roles = await Promise.all(nodes.map((node) => node.said("role")));
    const primaries = nodes.filter((_, at) => roles[at] === "master");
    const lengths = await Promise.all(primaries.map((node) => node.longest()));
    const primary = primaries[lengths.indexOf(Math.max(...lengths))];
    const masters = await Promise.all(nodes.map((node) => node.said("master_port")));
    const replica = nodes[masters.indexOf(String(primary.port))];
    // It follows: what it may lack is what is under way.
    const offset = Number(await primary.said("master_repl_offset"));
    await until(async () => Number(await replica.said("slave_repl_offset")) >= offset);
    await end(primary.server);
    await until(async () => (await replica.said("role")) === "master");
    storm.forgotten = TASKS * 4; // asynchronous replication: the last moments
    await sleep(500);
    after(primary.server);
  };
}

test("a store that forgets is found out", async () => {
  let memory = new MemoryStore();
  const storm = await new Storm({ run: (ops) => memory.run(ops) }).run(async () => void (memory = new MemoryStore()));
  assert.throws(() => storm.check(), /sent/);
  storm.forgotten = LIMIT;
  storm.check();
});
