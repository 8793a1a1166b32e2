// Deadlocks and serialisation failures of the real databases: tried again until the deadline, and nothing is counted twice.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { aliyun, Service } from "sansms";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { environment } from "./tools.mjs";

const TABLE = "sansms_trouble";

const KINDS = [
  {
    name: "PostgreSQL",
    url: process.env.SANSMS_POSTGRES,
    Store: PostgresStore,
    codes: ["40001", "40P01"],
    deadlock: "40P01",
    open: (url) => new (environment("stores")("pg").Pool)({ connectionString: url, max: 4 }),
    close: (pool) => pool.end(),
    link: (pool) => pool.connect(),
    ask: async (pool, sql) => (await pool.query({ text: sql, rowMode: "array" })).rows,
    trouble: (code, when, times) => [
      `CREATE SEQUENCE ${TABLE}_count`,
      `CREATE FUNCTION ${TABLE}_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF (NEW.record = '') = ${when === "while it locks"} THEN
          IF nextval('${TABLE}_count') <= ${times} THEN RAISE EXCEPTION 'trouble' USING ERRCODE = '${code}'; END IF;
        END IF;
        RETURN NEW;
      END $$`,
      `CREATE TRIGGER ${TABLE}_fail BEFORE INSERT OR UPDATE ON ${TABLE} FOR EACH ROW EXECUTE FUNCTION ${TABLE}_fail()`,
    ],
    peace: [`DROP TRIGGER IF EXISTS ${TABLE}_fail ON ${TABLE}`, `DROP FUNCTION IF EXISTS ${TABLE}_fail`, `DROP SEQUENCE IF EXISTS ${TABLE}_count`],
    // Whoever has waited this long looks for a deadlock, and is the one that gives way.
    stubborn: ["SET deadlock_timeout = '60s'", "BEGIN"],
    waiting: `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%${TABLE}%'`,
  },
  {
    name: "MariaDB",
    url: process.env.SANSMS_MARIADB,
    Store: MySQLStore,
    codes: [1213],
    deadlock: 1213,
    open: (url) => environment("stores")("mysql2/promise").createPool({ uri: url, connectionLimit: 4, multipleStatements: true }),
    close: (pool) => pool.end(),
    link: (pool) => pool.getConnection(),
    ask: async (pool, sql) => (await pool.query({ sql, rowsAsArray: true }))[0],
    trouble: (code, when, times) => [
      `CREATE SEQUENCE ${TABLE}_count`,
      `CREATE TRIGGER ${TABLE}_fail BEFORE INSERT ON ${TABLE} FOR EACH ROW BEGIN
        IF (NEW.record = '') = ${when === "while it locks"} THEN
          IF NEXT VALUE FOR ${TABLE}_count <= ${times} THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = ${code}; END IF;
        END IF;
      END`,
    ],
    peace: [`DROP TRIGGER IF EXISTS ${TABLE}_fail`, `DROP SEQUENCE IF EXISTS ${TABLE}_count`],
    // The one that wrote less gives way.
    stubborn: ["START TRANSACTION", `INSERT INTO ${TABLE} VALUES ${Array.from({ length: 200 }, (_, at) => `('filler${at}', 'x', 0)`).join(", ")}`],
    waiting: `SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%${TABLE}%'`,
  },
];

const reserve = (at) => `reserve ${at.toString(16).padStart(16, "0")} 1:l:5:3600000:f`;
const fresh = (name) => `sansms:1:test:${name}:${Math.random().toString(36).slice(2)}`;

for (const kind of KINDS) {
  if (kind.url === undefined) {
    if (process.env.CI === "true") test(`there is a ${kind.name}`, () => assert.fail("it was not started"));
    else console.log(`# no ${kind.name}: its failures are not tried`);
    continue;
  }
  const { name, Store, ask } = kind;
  const [pool, admin] = [kind.open(kind.url), kind.open(kind.url)];
  const faults = [];
  const store = new Store(spied(pool, faults), { table: TABLE });
  const tell = async (statements) => {
    for (const sql of statements) await ask(admin, sql);
  };
  after(async () => {
    await tell([...kind.peace, `DROP TABLE IF EXISTS ${TABLE}`]);
    await Promise.all([pool, admin].map(kind.close));
  });

  /** Makes the next so many writes fail, and runs something. */
  const troubled = async (code, when, times, run) => {
    await store.createTable();
    await tell([...kind.peace, ...kind.trouble(code, when, times)]);
    faults.length = 0;
    try {
      return await run();
    } finally {
      await tell(kind.peace);
    }
  };

  for (const code of kind.codes) {
    for (const when of ["while it locks", "while it writes"]) {
      test(`${name}: ${code} three times ${when} is tried again, and counted once`, async () => {
        const key = fresh("thrice");
        await troubled(code, when, 3, async () => assert.match((await store.run([{ key, op: reserve(1) }], 20_000))[0], /^granted/));
        assert.deepEqual(faults, [code, code, code]);
        const rest = [];
        for (const at of [2, 3, 4, 5, 6]) rest.push((await store.run([{ key, op: reserve(at) }], 20_000))[0].split(" ")[0]);
        assert.deepEqual(rest, ["granted", "granted", "granted", "granted", "denied"]);
      });
    }

    test(`${name}: ${code} without an end is busy, sends nothing, and is over when it is over`, async () => {
      let sent = 0;
      const service = new Service({
        providers: [aliyun({ accessKeyId: "a", accessKeySecret: "b", signName: "示例", templates: { r: "SMS_1" } })],
        store,
        secret: "x".repeat(32),
        namespace: fresh("endless").slice(-8),
        policy: { cooldownS: 0, number: ["2/24h"] },
        storeTimeoutMs: 1000,
        transport: { send: async () => (sent++, { status: 200, headers: [["content-type", "application/json"]], body: '{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}' }) },
        env: {},
      });
      const send = () => service.send({ to: "13800138000", purpose: "r", ip: "203.0.113.7" });
      await troubled(code, "while it locks", 1_000_000, async () => {
        const refused = await send();
        assert.equal(refused.code, "limit.busy");
        assert.ok(refused.retryAfterMs > 0, JSON.stringify(refused));
        assert.equal(sent, 0);
        assert.ok(faults.length > 3, `tried ${faults.length} times`);
        assert.deepEqual([...new Set(faults)], [code]);
      });
      assert.deepEqual([(await send()).code, (await send()).code, (await send()).code, sent], ["sent", "sent", "limit.number", 2]);
    });
  }

  test(`${name}: a deadlock with another's transaction is tried again`, async () => {
    const keys = [fresh("a"), fresh("b")];
    const wave = (at) => keys.map((key) => ({ key, op: reserve(at) }));
    const both = async (replies, word) => assert.match((await replies).join(), new RegExp(`^${word} .*,${word} `));
    await both(store.run(wave(1), 20_000), "granted");
    const other = await kind.link(admin);
    const hold = (key) => ask(other, `SELECT 1 FROM ${TABLE} WHERE ${name === "MariaDB" ? "`key`" : '"key"'} = '${key}' FOR UPDATE`);
    faults.length = 0;
    try {
      for (const sql of kind.stubborn) await ask(other, sql);
      await hold(keys[1]);
      const replies = store.run(wave(2), 20_000);
      // It has the first row, and waits for the second. InnoDB tells anew only who has not asked for 100 ms.
      for (let left = 100; Number((await ask(admin, kind.waiting))[0][0]) === 0; left--) {
        assert.ok(left > 0, "nobody waits");
        await sleep(150);
      }
      await hold(keys[0]);
      await ask(other, "ROLLBACK");
      await both(replies, "granted");
    } finally {
      other.release(true);
    }
    assert.deepEqual(faults, [kind.deadlock]);
    for (const at of [3, 4, 5]) await both(store.run(wave(at), 20_000), "granted");
    await both(store.run(wave(6), 20_000), "denied");
  });
}

test("a failure that goes on is busy, also where the deadline comes in the middle of another attempt", async () => {
  let asked = 0;
  const never = new Promise(() => undefined);
  const fails = { "40001": { Store: PostgresStore, fault: { code: "40001" } }, "1213": { Store: MySQLStore, fault: { errno: 1213 } } };
  for (const { Store, fault } of Object.values(fails)) {
    asked = 0;
    // The first attempt fails and is rolled back; the second stands still.
    const query = () => [() => Promise.reject(Object.assign(new Error("trouble"), fault)), async () => [[], []]][asked++]?.() ?? never;
    const client = { query, on: () => undefined, release: () => undefined, destroy: () => undefined };
    const pool = { totalCount: 0, connect: async () => client, on: () => undefined, getConnection: async () => client };
    if (Store === PostgresStore) delete pool.getConnection;
    assert.deepEqual(await new Store(pool).run([{ key: "k", op: reserve(1) }], 200), ["refused busy"]);
    assert.equal(asked, 3);
  }
});

/** A pool that notes what the database says of a failure. */
function spied(pool, faults) {
  const listen = (client) =>
    new Proxy(client, {
      get(target, name) {
        const value = target[name];
        if (typeof value !== "function") return value;
        if (name !== "query") return value.bind(target);
        return (...words) =>
          target.query(...words).catch((error) => {
            faults.push(error.errno ?? error.code);
            throw error;
          });
      },
    });
  if (pool.getConnection !== undefined) return { getConnection: async () => listen(await pool.getConnection()) };
  return { totalCount: 0, connect: async () => listen(await pool.connect()), on: () => undefined };
}
