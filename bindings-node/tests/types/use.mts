// Compiles as it stands: what people write, and what the compiler must not let them write.
import {
  aliyun,
  aliyunAuth,
  aliyunGlobal,
  aliyunMail,
  clientIp,
  ConfigError,
  fetchTransport,
  MemoryStore,
  Service,
  tencent,
  TransportFault,
  type Credentials,
  type DeliveryReceipt,
  type RequestOrigin,
  type SendOutcome,
  type Store,
  type Transport,
  type VerifyOutcome,
} from "sansms";
import { handlers, nodeListener, type Audit, type Event, type Handler } from "sansms";
import type { Health } from "sansms";
import { FallbackStore } from "sansms/stores/fallback";
import { explain, type Explanation } from "sansms/explain";
import { D1Store } from "sansms/stores/d1";
import { DurableObjectStore, SansmsPartition } from "sansms/stores/durable-object";
import { MySQLStore } from "sansms/stores/mysql";
import { PostgresStore } from "sansms/stores/postgres";
import { RedisStore } from "sansms/stores/redis";
import { SQLiteStore } from "sansms/stores/sqlite";
import { UpstashStore } from "sansms/stores/upstash";
import { cases } from "sansms/testing/conformance";
import { about, Clock, Sandbox, serviceWith, runVector } from "sansms/testing";

const options = {
  providers: [aliyun({ signName: "测试", templates: { register: "SMS_1" }, accessKeyId: process.env["ID"] })],
  store: new MemoryStore(),
  secret: process.env["SANSMS_SECRET"],
  budgetPerDay: 2000,
};
const service = new Service(options);
const who = { to: "13800138000", purpose: "register", ip: "203.0.113.7" };

const sent: SendOutcome = await service.send({ ...who, session: "s", deliver: false, idempotencyKey: "k" });
const done: VerifyOutcome = await service.verify({ ...who, code: "123456", ticketFor: "profile" });

// `ok` and `kind` both tell outcomes apart.
if (done.ok) {
  const to: string = done.to;
  const kind: "verified" = done.kind;
  const ticket: string | undefined = done.ticket;
  void [to, kind, ticket];
} else {
  // @ts-expect-error what failed has no ticket
  done.ticket;
}
switch (sent.kind) {
  case "sent": {
    const ok: true = sent.ok;
    const wait: number | undefined = sent.resendInMs;
    void [ok, wait];
    break;
  }
  case "limited": {
    const seconds: number | undefined = sent.retryAfter;
    const milliseconds: number | undefined = sent.retryAfterMs;
    void [seconds, milliseconds];
    break;
  }
  case "challenge_required":
  case "undelivered":
  case "unknown":
  case "invalid":
  case "unavailable":
    break;
  default: {
    const none: never = sent;
    void none;
  }
}
switch (done.kind) {
  case "wrong_code": {
    const left: number | undefined = done.attemptsLeft;
    void left;
    break;
  }
  case "verified":
  case "expired":
  case "locked":
  case "limited":
  case "unknown":
  case "invalid":
  case "unavailable":
    break;
  default: {
    const none: never = done;
    void none;
  }
}
// @ts-expect-error a check is never "sent"
if (done.kind === "sent") void 0;
// @ts-expect-error an outcome is read, not written
sent.ok = true;

// @ts-expect-error the purpose is missing
void service.send({ to: "13800138000" });
// @ts-expect-error a misspelt option
void service.send({ ...who, idempotency_key: "k" });
// @ts-expect-error a code is text: leading zeros count
void service.verify({ ...who, code: 123456 });
// @ts-expect-error there is no store
void new Service({ providers: [] });
// @ts-expect-error the signature's name is missing
aliyun({ templates: {} });
aliyunAuth({ signName: "示例", templates: { default: "100001" }, codeType: "digits_upper", intervalS: 1, weight: 2 });
aliyunGlobal({ templates: { default: "{code}" }, senderId: "Acme", type: "otp", region: "us-east-1" });
aliyunMail({ accountName: "a@b.example", templates: { default: { subject: "s", text: "{code}" } }, replyToAddress: true });
// @ts-expect-error a mail has a subject
aliyunMail({ accountName: "a@b.example", templates: { default: { text: "{code}" } } });
// @ts-expect-error the vendor's numbers are words here
aliyunAuth({ signName: "示例", templates: {}, codeType: 1 });
// @ts-expect-error this is either required or off
void new Service({ ...options, ip: "optional" });

// A store and a transport of one's own.
const mine: Store = { run: async (ops) => ops.map(({ key, op }) => `${key}${op}`) };
const mute: Transport = { send: () => Promise.reject(new TransportFault(false)) };
void new Service({ ...options, store: mine, transport: mute, storeTimeoutMs: 200, onStoreFault: console.error, env: {} });
void new Service({ ...options, transport: fetchTransport({ fetch: globalThis.fetch }) });
// @ts-expect-error a store answers by a promise
const wrong: Store = { run: () => [] };
void wrong;

try {
  void new Service(options);
} catch (error) {
  if (error instanceof ConfigError) {
    const [code, option, env]: [string, string, string | undefined] = [error.code, error.option, error.env];
    void [code, option, env];
  }
}

// @ts-expect-error a rule has a window
void new Service({ ...options, policy: { number: ["5"] } });
void new Service({ ...options, policy: { preset: "strict", number: ["5/24h"], cooldownS: 90 }, phone: { countries: ["CN", "HK"] } });

const claim: boolean = service.redeem({ ticket: "t", to: "t", purpose: "p", ticketFor: "f" });
const sandbox = new Sandbox({ clock: new Clock(0), seed: Uint8Array.of(1) });
const inTest: Service = sandbox.service({ policy: "strict" });
sandbox.clock.move(60_000);
const arrived: string | undefined = sandbox.outbox.at(-1)?.code;
const fixed: Service = serviceWith(options, { now: () => 0, seed: () => new Uint8Array(32) });
const core: "native" | "wasm" = about().core;
void [claim, inTest, arrived, fixed, core, runVector({})];

// Stores, handlers, and what tells an operator.
const stores: Store[] = [new SQLiteStore("codes.sqlite3"), new UpstashStore({ url: "https://x.example", token: "t" })];
const handle: Handler = handlers(service, { clientIp: { trustedProxies: 1 }, "POST /code": "send", "POST /verify": "verify", onVerified: ({ to }) => new Response(to) });
const answered: Promise<Response> = handle(new Request("https://x.example/code"), {});
// @ts-expect-error a route sends or verifies
void handlers(service, { clientIp: "cloudflare", "POST /code": "sand" });
const from: string | undefined = clientIp({ peer: "10.0.0.2", forwarded: new Headers().get("x-forwarded-for"), trustedProxies: 1 });
const fromLines: string | undefined = clientIp({ peer: undefined, forwarded: ["203.0.113.7"] } satisfies RequestOrigin);
// @ts-expect-error a count is a number
clientIp({ trustedProxies: "1" });
// @ts-expect-error it must be said where the client's address comes from
void handlers(service, { "POST /code": "send" });
// @ts-expect-error this is no client of Redis
void new RedisStore({});
// @ts-expect-error this is no client of pg
void new PostgresStore({});
// @ts-expect-error this is an address, and no client
void new MySQLStore("mysql://");
const created: string = PostgresStore.CREATE_TABLE + MySQLStore.CREATE_TABLE;
const audit: Audit = service.audit();
const falls: number = audit.figures.numberFalls.guesses;
void new Service({ ...options, observer: ({ action, kind, latencyMs }: Event) => void [action, kind, latencyMs] });
const explained: Explanation[] = explain("isv.AMOUNT_NOT_ENOUGH");
sandbox.fault("timeout_after", 2, { vendor: "aliyun" });
// @ts-expect-error there is no such fault
sandbox.fault("earthquake");
const checks: Promise<void>[] = cases.map(({ run }) => run(mine, sandbox.clock));
void [from, fromLines, created, stores, answered, nodeListener(handle), falls, explained, checks, D1Store, DurableObjectStore, SansmsPartition];

// Keys of the application's own, e-mail, and delivery receipts.
const fetchKey = async (): Promise<Credentials> => ({ id: "i", secret: "s", token: "t" });
void new Service({ ...options, providers: [tencent({ credentials: fetchKey, sdkAppId: "1", signName: "示例", templates: {} })] });
void new Service({ ...options, email: { domains: ["example.com", ".edu.cn"], blockedDomains: ["mailinator.example"] } });
// @ts-expect-error a key has a secret
aliyun({ signName: "示例", templates: {}, credentials: () => ({ id: "i" }) });
const receipts: DeliveryReceipt[] = service.receipts("aliyun", "[]");
const pushed: { status: number; body: string } = service.answerPush("aliyun", service.receiptPath, "[]");
const counted: number | undefined = service.stats()["send"]?.["aliyun"]?.["sent"];
void [receipts[0]?.at?.getTime(), pushed, counted];
void handlers(service, { clientIp: "cloudflare", "POST /receipts": "receipts" });

// The help desk, and a store for when the first fails.
const standing = await service.inspect("13800138000");
if (standing.ok) {
  const waits: readonly number[] = standing.answer.rules.map((rule) => rule.waitMs);
  const states: readonly ("live" | "locked" | "spent")[] = standing.answer.codes.map((code) => code.state);
  void [waits, states];
}
const erased: boolean = (await service.forget("13800138000")).ok && (await service.reset("13800138000")).ok;
const health: Health = await service.health();
const degraded: Store = new FallbackStore(new MemoryStore(), new MemoryStore(), { forMs: 10_000, onSwitch: (event) => void event });
const probe: Handler = handlers(service, { clientIp: "cloudflare", "GET /health": "health", "POST /code": "send" });
void [erased, health, degraded, probe];
