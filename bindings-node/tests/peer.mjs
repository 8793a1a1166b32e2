// One of several processes at one database: `peer.mjs URL NAMESPACE LIMIT`; the same as `peer.py`, in JavaScript.
import { createInterface } from "node:readline";
import { aliyun, Service } from "sansms";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { RedisStore } from "sansms/stores/redis";
import { environment } from "./tools.mjs";

const [url, namespace, limit] = process.argv.slice(2);
const need = environment("stores");
const open = {
  "redis:": () => new RedisStore(new (need("ioredis").Redis)(url)),
  "postgresql:": () => new PostgresStore(new (need("pg").Pool)({ connectionString: url, max: 8 })),
  "mysql:": () => new MySQLStore(need("mysql2/promise").createPool({ uri: url, connectionLimit: 8, multipleStatements: true })),
}[new URL(url).protocol];

let sent = "";
const service = new Service({
  providers: [aliyun({ accessKeyId: "a", accessKeySecret: "b", signName: "示例", templates: { r: "SMS_1" } })],
  store: open(),
  secret: "x".repeat(32),
  ip: "off",
  namespace,
  policy: { cooldownS: 0, number: [`${limit}/24h`], wrongTries: [], budget: ["1000000/24h"] },
  storeTimeoutMs: 20_000,
  transport: {
    send: async ({ url, body }) => {
      sent = /%22(\d{6})%22/.exec(url + body)[1];
      return { status: 200, headers: [["content-type", "application/json"]], body: '{"Code":"OK","Message":"OK","RequestId":"A6C9E8B2-0000-5000-9000-000000000000","BizId":"1"}' };
    },
  },
  env: {},
});

console.log("{}");
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const calls = asked.send === undefined ? [service.verify({ to: asked.verify, code: asked.code, purpose: "r" })] : Array.from({ length: asked.times }, () => service.send({ to: asked.send, purpose: "r" }));
  const codes = {};
  for (const { code } of await Promise.all(calls)) codes[code] = (codes[code] ?? 0) + 1;
  console.log(JSON.stringify({ codes, sent }));
}
process.exit();
