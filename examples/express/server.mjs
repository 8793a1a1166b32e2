// Codes in an Express application, with their limits in Redis: any number of processes may run this.
import express from "express";
import { Redis } from "ioredis";
import { createServer } from "node:http";
import { aliyun, handlers, nodeListener, Service } from "sansms";
import { RedisStore } from "sansms/stores/redis";

const { REDIS_URL = "redis://127.0.0.1:6379", PORT = "8080", TRUSTED_PROXIES = "0", SANSMS_SECRET } = process.env;
const redis = new Redis(REDIS_URL);
const { provider, close } = await findProvider();

const codes = new Service({
  providers: [provider],
  store: new RedisStore(redis),
  secret: SANSMS_SECRET ?? "only on this machine: 32 bytes or more",
  budgetPerDay: 2000,
  observer: ({ action, code, masked, latencyMs }) => console.log(`${action} ${code} ${masked ?? "-"} ${latencyMs.toFixed(0)} ms`),
});

const app = express();
app.use(
  nodeListener(
    handlers(codes, {
      clientIp: { trustedProxies: Number(TRUSTED_PROXIES) },
      purposes: ["register"],
      "POST /code": "send",
      "POST /verify": "verify",
      // Here the application makes the account: the number is proven.
      onVerified: ({ to }) => Response.json({ ok: true, account: to }, { status: 201 }),
    }),
  ),
);
app.use((_, response) => response.status(404).send("POST /code, then POST /verify"));
const server = app.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

process.once("SIGINT", stop).once("SIGTERM", stop);
function stop() {
  server.closeAllConnections();
  server.close();
  redis.disconnect();
  close();
}

/** Your account, by the environment; without one, a pretend provider whose messages are printed here. */
async function findProvider() {
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, SMS_SIGN: signName, SMS_TEMPLATE: register } = process.env;
  if (id !== undefined) return { provider: aliyun({ signName, templates: { register } }), close() {} };
  const { Sandbox } = await import("sansms/testing");
  const server = createServer(new Sandbox({ onMessage: ({ to, text }) => console.log(`${to}: ${text}`) }).listener());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const keys = { accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret" };
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const provider = aliyun({ ...keys, endpoint, signName: "示例", templates: { register: "SMS_1" } });
  return { provider, close: () => (server.closeAllConnections(), server.close()) };
}
