// Ratios against what people would take otherwise, from one run; prints the sections of docs/benchmarks.md.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { dirname, join } from "node:path";
import { aliyun, MemoryStore, Service, tencent } from "sansms";
import { RedisStore } from "sansms/stores/redis";
import { environment, need as tool } from "./tools.mjs";

const require = createRequire(import.meta.url);
const home = dirname(require.resolve("sansms/package.json"));
const { Engine, MemoryStore: Records } = require(join(home, "dist/cjs/node-core.js")).load("sansms").core;
const sdk = environment("witness");
const bench = environment("bench");
const out = [];
const say = (...lines) => out.push(...lines);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

// What is compared takes turns, round by round.
async function rounds(count, works) {
  const times = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (let round = 0; round < count + 1; round++) {
    for (const [name, work] of Object.entries(works)) {
      const time = await work(round);
      if (round > 0) times[name].push(time);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
}

const accounts = {
  aliyun: { access_key_id: "id", access_key_secret: "secret", sign_name: "云验证", templates: { login: "SMS_1" } },
  tencent: { secret_id: "id", secret_key: "secret", sdk_app_id: "1400000000", sign_name: "云验证", templates: { login: "1" } },
};

/** The time of the calls that hand out the request: code, parameters, headers, signature, text. */
function signing(vendor) {
  const engine = new Engine(JSON.stringify({ providers: [{ [vendor]: accounts[vendor] }], secret: "x".repeat(32), budget_per_day: 1e6, policy: { ip: ["1000000/24h"], ip_attempts: ["1000000/10m"] } }));
  let serial = 0;
  return async (round) => {
    const records = new Records();
    let nanoseconds = 0n;
    for (let i = 0; i < CALLS; i++) {
      const number = 13800000000 + serial++;
      const flow = engine.send(`to: ${number}\npurpose: login\nip: 203.0.113.7\n`, crypto.getRandomValues(new Uint8Array(32)));
      let step = flow.start(1.8e12 + serial);
      for (;;) {
        const ops = step.split("\n");
        const id = Number(ops.shift().slice(6));
        const reply = ["store", ...ops.map((line) => records.run(line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1), 1.8e12 + serial))].join("\n");
        const began = process.hrtime.bigint();
        step = flow.resume(id, reply, 1.8e12 + serial);
        const took = process.hrtime.bigint() - began;
        if (step.startsWith("http")) {
          nanoseconds += took;
          flow.free();
          break;
        }
        if (step.startsWith("done")) throw new Error(step);
      }
    }
    return Number(nanoseconds) / CALLS / 1000;
  };
}

const CALLS = 2000;

async function timed(count, work) {
  const began = performance.now();
  for (let i = 0; i < count; i++) await work(i);
  return ((performance.now() - began) * 1000) / count;
}

// 1. Building and signing.
{
  const { default: Client, SendSmsRequest } = sdk("@alicloud/dysmsapi20170525");
  const { $OpenApiUtil } = sdk("@alicloud/openapi-core");
  const answer = () => ({ statusCode: 200, headers: { "content-type": "application/json" }, body: Readable.from(['{"Code":"OK","BizId":"1","RequestId":"1","Message":"OK"}'], { objectMode: false }) });
  for (const load of [sdk, bench]) load("@darabonba/typescript/dist/core.js").doAction = async () => answer();
  const client = new Client(new $OpenApiUtil.Config({ accessKeyId: "id", accessKeySecret: "secret", endpoint: "dysmsapi.aliyuncs.com" }));
  const theirs = () => timed(CALLS, (i) => client.sendSms(new SendSmsRequest({ phoneNumbers: `${13800000000 + i}`, signName: "云验证", templateCode: "SMS_1", templateParam: '{"code":"123456"}' })));

  const { sms } = sdk("tencentcloud-sdk-nodejs-sms");
  const fetched = async () => ({ ok: true, status: 200, headers: { get: () => "application/json" }, json: async () => ({ Response: { SendStatusSet: [{ Code: "Ok" }], RequestId: "1" } }), text: async () => '{"Response":{"SendStatusSet":[{"Code":"Ok"}],"RequestId":"1"}}' });
  for (const load of [sdk, bench]) load("tencentcloud-sdk-nodejs-common/tencentcloud/common/http/fetch.js").default = fetched;
  // Of Tencent's older SDK the last step before HTTP is the body's text.
  bench("qcloudsms_js/lib/util.js").request = ({ body }, done) => done(undefined, JSON.stringify(body), { result: 0 });
  const other = new sms.v20210111.Client({ credential: { secretId: "id", secretKey: "secret" }, region: "ap-guangzhou" });
  const tencents = () => timed(CALLS, (i) => other.SendSms({ PhoneNumberSet: [`+86${13800000000 + i}`], SmsSdkAppId: "1400000000", SignName: "云验证", TemplateId: "1", TemplateParamSet: ["123456"] }));
  const result = await rounds(9, { ours: signing("aliyun"), theirs, "our Tencent": signing("tencent"), "their Tencent": tencents });
  say("## Node: building and signing", "", "One request from its parameters to its signed headers, no HTTP, as shipped: ours is the call that hands out the request, in which", "the store's replies are read and the code is made too; theirs is the whole call with its HTTP replaced by a ready answer.", "The aim is 10.", "", "| | sansms, µs | official SDK, µs | ratio |", "|---|--:|--:|--:|");
  say(`| Alibaba Cloud | ${result.ours.toFixed(1)} | ${result.theirs.toFixed(1)} | ${(result.theirs / result.ours).toFixed(1)} |`);
  say(`| Tencent Cloud | ${result["our Tencent"].toFixed(1)} | ${result["their Tencent"].toFixed(1)} | ${(result["their Tencent"] / result["our Tencent"]).toFixed(1)} |`, "");
}

// 2. Every action; the parameters are those that Rust and Python measure.
{
  const key = { access_key_id: "id", access_key_secret: "secret" };
  const cloud = { secret_id: "id", secret_key: "secret" };
  const kinds = {
    aliyun: [sdk, "@alicloud/dysmsapi20170525", accounts.aliyun],
    aliyun_auth: [sdk, "@alicloud/dypnsapi20170525", { ...accounts.aliyun, templates: { login: "100001" } }],
    aliyun_global: [bench, "@alicloud/dysmsapi20180501", { ...key, templates: { login: "Your code is {code}." } }],
    aliyun_mail: [sdk, "@alicloud/dm20151123", { ...key, account_name: "no-reply@mail.example.com", templates: { login: { subject: "{code}", text: "{code}" } } }],
    tencent: [sdk, "tencentcloud-sdk-nodejs-sms", accounts.tencent],
    tencent_mail: [bench, "tencentcloud-sdk-nodejs-ses", { ...cloud, from_address: "no-reply@mail.example.com", subject: "示例", templates: { login: "1" } }],
    tencent_legacy: [bench, "qcloudsms_js", { sdk_app_id: "1400000000", app_key: "s", templates: { login: "1" } }],
  };
  const cases = JSON.parse(readFileSync(join(process.env.SANSMS_VECTORS, "../examples/bench/actions.json"), "utf8"));
  say("## Node: every action", "", "From the parameters to the signed request; the official SDK's whole call with its HTTP replaced by a ready answer.", "", "| provider | action | sansms, µs | official SDK, µs | ratio |", "|---|---|--:|--:|--:|");
  for (const { provider, action, params } of cases) {
    const [load, name, account] = kinds[provider];
    const engine = new Engine(JSON.stringify({ providers: [{ [provider]: account }], secret: "x".repeat(32) }));
    const ours = () => timed(CALLS, () => {
      const flow = engine.call(`provider: ${provider}\naction: ${action}\nparams: ${JSON.stringify(params)}`, crypto.getRandomValues(new Uint8Array(32)));
      const step = flow.start(1.8e12);
      if (!step.startsWith("http")) throw new Error(step);
      flow.free();
    });
    let theirs;
    if (provider === "tencent_legacy") {
      const send = older(load(name), params)[action];
      theirs = () => timed(CALLS, () => new Promise((resolve) => send(resolve)));
    } else if (provider.startsWith("tencent")) {
      const { sms, ses } = load(name);
      const { Client } = sms?.v20210111 ?? ses.v20201002;
      const client = new Client({ credential: { secretId: "id", secretKey: "secret" }, region: "ap-guangzhou" });
      theirs = () => timed(CALLS, () => client[action](params));
    } else {
      const { default: Client, ...models } = load(name);
      const { $OpenApiUtil } = load("@alicloud/openapi-core");
      const client = new Client(new $OpenApiUtil.Config({ accessKeyId: "id", accessKeySecret: "secret", endpoint: "gateway.example" }));
      const low = (text) => text[0].toLowerCase() + text.slice(1);
      const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : value);
      theirs = () => timed(CALLS, () => {
        const fields = Object.fromEntries(Object.entries(params).map(([name, value]) => [low(name), plain(value)]));
        return client[low(action)](new models[`${action}Request`](fields));
      });
    }
    const result = await rounds(5, { ours, theirs });
    say(`| ${provider} | ${action} | ${result.ours.toFixed(1)} | ${result.theirs.toFixed(1)} | ${(result.theirs / result.ours).toFixed(1)} |`);
  }
  say("");
}

// 3. A whole send, and its CPU time.
{
  const outcome = { status: 200, headers: [["content-type", "application/json"]], body: '{"Code":"OK","BizId":"1","RequestId":"1","Message":"OK"}' };
  const make = (provider) => new Service({ providers: [provider], store: new MemoryStore(), transport: { send: async () => outcome }, secret: "x".repeat(32), budgetPerDay: 1e6, policy: { ip: ["1000000/24h"], ipAttempts: ["1000000/10m"] }, env: {} });
  const service = make(aliyun({ accessKeyId: "id", accessKeySecret: "secret", signName: "云验证", templates: { login: "SMS_1" } }));
  let serial = 0;
  const send = () => timed(CALLS, async () => {
    const { kind } = await service.send({ to: `${13800000000 + serial++}`, purpose: "login", ip: "203.0.113.7" });
    if (kind !== "sent") throw new Error(kind);
  });
  await send();
  const cpu = process.cpuUsage();
  const wall = median([await send(), await send(), await send()]);
  const { user, system } = process.cpuUsage(cpu);
  say("## Node: a whole send", "", "Limits, challenge, request, reply; memory store and a ready answer.", "", "| µs | CPU µs |", "|--:|--:|", `| ${wall.toFixed(0)} | ${((user + system) / CALLS / 3).toFixed(0)} |`, "");
}

// 4. Import and installed size.
{
  const launch = (code, cwd) => () => {
    const began = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ["-e", code], { cwd });
    if (status !== 0) throw new Error(String(stderr));
    return performance.now() - began;
  };
  const here = join(import.meta.dirname, "..");
  const there = join(process.env.SANSMS_ENVS, "witness");
  const times = await rounds(15, {
    bare: launch("", here),
    ours: launch("require('sansms')", here),
    first: launch("const{Service,MemoryStore,aliyun}=require('sansms');new Service({providers:[aliyun({accessKeyId:'i',accessKeySecret:'s',signName:'s',templates:{default:'SMS_1'}})],store:new MemoryStore(),secret:'x'.repeat(32),env:{},transport:{send:async()=>({status:200,headers:[],body:'{\"Code\":\"OK\"}'})}}).send({to:'13800138000',purpose:'login',ip:'203.0.113.7'}).then(({ok})=>{if(!ok)throw 1})", here),
    aliyun: launch("require('@alicloud/dysmsapi20170525')", there),
    tencent: launch("require('tencentcloud-sdk-nodejs-sms')", there),
  });
  const lock = JSON.parse(readFileSync(join(there, "package-lock.json"), "utf8")).packages;
  const ours = { packages: 1, bytes: sizeOf(home) };
  const [ali, ten] = ["@alicloud/dysmsapi20170525", "tencentcloud-sdk-nodejs-sms"].map((name) => closure(lock, name, there));
  const above = (name) => (times[name] - times.bare).toFixed(1);
  say("## Node: import and size", "", `Time of a fresh process above bare Node (${times.bare.toFixed(0)} ms); medians of 15. The aims are 8 ms, 3 MB and 1 or 2 packages.`, "");
  say("| | import, ms | MB installed | packages |", "|---|--:|--:|--:|");
  say(`| sansms | ${above("ours")} | ${(ours.bytes / 1e6).toFixed(1)} | ${ours.packages} |`, `| sansms, with the first send | ${above("first")} | | |`);
  say(`| @alicloud/dysmsapi20170525 | ${above("aliyun")} | ${(ali.bytes / 1e6).toFixed(1)} | ${ali.packages} |`, `| tencentcloud-sdk-nodejs-sms | ${above("tencent")} | ${(ten.bytes / 1e6).toFixed(1)} | ${ten.packages} |`, "");
}

/** The actions of Tencent's older SDK, as it takes their parameters. */
function older(load, { params, msg, promptfile, fid, begin_time: begin, end_time: end }) {
  const app = load("1400000000", "s");
  const number = ["86", "13800138000"];
  return {
    sendsms: (done) => app.SmsSingleSender().sendWithParam(...number, 1, params, "示例", "", "", done),
    sendmultisms2: (done) => app.SmsMultiSender().sendWithParam("86", ["13800138000"], 1, params, "示例", "", "", done),
    pullstatus: (done) => app.SmsStatusPuller().pullCallback(10, done),
    pullstatus4mobile: (done) => app.SmsMobileStatusPuller().pullCallback(...number, begin, end, 10, done),
    sendcvoice: (done) => app.CodeVoiceSender().send(...number, msg, 2, "", done),
    sendvoiceprompt: (done) => app.PromptVoiceSender().send(...number, 2, promptfile, 2, "", done),
    sendtvoice: (done) => app.TtsVoiceSender().send(...number, 1, params, 2, "", done),
    sendfvoice: (done) => app.FileVoiceSender().send(...number, fid, 2, "", done),
  };
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce((sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath ?? entry.path, entry.name)).size : 0), 0);
}

/** What one package brings along, by the lock. */
function closure(lock, name, root) {
  const found = new Set();
  const visit = (name, from) => {
    let path = from;
    for (;;) {
      const candidate = `${path ? `${path}/` : ""}node_modules/${name}`;
      if (lock[candidate]) {
        if (found.has(candidate)) return;
        found.add(candidate);
        Object.keys(lock[candidate].dependencies ?? {}).forEach((one) => visit(one, candidate));
        return;
      }
      if (!path) return;
      path = path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/")));
      if (!path.includes("node_modules")) path = "";
    }
  };
  visit(name, "");
  const own = (path) => sizeOf(join(root, path)) - [...found].filter((other) => other.startsWith(`${path}/`)).reduce((sum, other) => sum + sizeOf(join(root, other)), 0);
  return { packages: found.size, bytes: [...found].reduce((sum, path) => sum + own(path), 0) };
}

// 5. The limiter.
{
  const { RateLimiterMemory, RateLimiterRedis } = bench("rate-limiter-flexible");
  const { Redis } = bench("ioredis");
  const rules = [{ points: 1, duration: 60 }, { points: 5, duration: 86_400 }, { points: 10, duration: 86_400 }];
  const op = (lease) => `reserve ${lease.toString(16).padStart(16, "0")} 1:l:1:60000:f 1:l:5:86400000:s 1:l:10:86400000:s`;
  const DECISIONS = 10_000;
  // Each key is asked twice: once it is let in, once refused.
  const all = async (lanes, decide) => {
    let at = 0;
    const began = performance.now();
    await Promise.all(Array.from({ length: lanes }, async () => {
      while (at < DECISIONS) await decide(at++);
    }));
    return (DECISIONS / (performance.now() - began)) * 1000;
  };
  const ours = (lanes, make) => async (round) => {
    const store = make(round);
    return all(lanes, (at) => store.run([{ key: `bench:${process.pid}:${round}:${at >> 1}`, op: op(at + 1) }], 5000));
  };
  const theirs = (lanes, make) => async (round) => {
    const limiters = rules.map((rule, index) => make({ ...rule, keyPrefix: `rlf:${process.pid}:${round}:${index}` }));
    return all(lanes, async (at) => {
      const settled = await Promise.allSettled(limiters.map((limiter) => limiter.consume(`${at >> 1}`)));
      const fault = settled.find(({ reason }) => reason instanceof Error);
      if (fault) throw fault.reason;
    });
  };
  const memory = await rounds(5, { ours: ours(1, () => new MemoryStore()), theirs: theirs(1, (options) => new RateLimiterMemory(options)) });
  const lines = [["in memory", memory]];
  if (process.env.SANSMS_REDIS) {
    const [host, port] = process.env.SANSMS_REDIS.split(":");
    const redis = new Redis({ host, port: Number(port) });
    lines.push(["on Redis, 64 at once", await rounds(5, { ours: ours(64, () => new RedisStore(redis)), theirs: theirs(64, (options) => new RateLimiterRedis({ ...options, storeClient: redis })) })]);
    redis.disconnect();
  }
  say("## Node: the limiter", "", "One decision under the same three rules (1 in 60 s, 5 and 10 in 24 h), against rate-limiter-flexible: one record here,", "three limiters there, which count fixed windows and give nothing back. Decisions a second; the aim is to be ahead.", "");
  say("| | sansms | rate-limiter-flexible | ratio |", "|---|--:|--:|--:|");
  for (const [name, { ours, theirs }] of lines) say(`| ${name} | ${Math.round(ours).toLocaleString("en")} | ${Math.round(theirs).toLocaleString("en")} | ${(ours / theirs).toFixed(2)} |`);
  say("");
}

// 5. At the edge.
{
  const builds = { "sansms/sms": "sansms_sms", sansms: "sansms", "sansms/full": "sansms_full" };
  const path = (build) => join(home, `dist/wasm/${builds[build]}_bg.wasm`);
  const ready = (build) => () => {
    const code = "const{performance}=require('perf_hooks');const b=require('fs').readFileSync(process.argv[1]);const t=performance.now();const m=new WebAssembly.Module(b);const i={};for(const{module,name}of WebAssembly.Module.imports(m))(i[module]??={})[name]=()=>0;new WebAssembly.Instance(m,i);console.log(performance.now()-t)";
    return Number(spawnSync(process.execPath, ["-e", code, path(build)], { encoding: "utf8" }).stdout);
  };
  const { startWorker } = await import("./workerd.mjs");
  const { Miniflare } = tool("miniflare");
  const times = await rounds(3, {
    ...Object.fromEntries(Object.keys(builds).map((build) => [build, ready(build)])),
    empty: async () => {
      const began = performance.now();
      const worker = new Miniflare({ modules: true, script: "export default { fetch: () => new Response('x') }", compatibilityDate: "2026-07-01", cf: false });
      await (await worker.dispatchFetch("http://x/")).text();
      const took = performance.now() - began;
      await worker.dispose();
      return took;
    },
    full: async () => {
      const began = performance.now();
      const worker = await startWorker("worker.mjs");
      await (await worker.fetch("/about")).text();
      const took = performance.now() - began;
      await worker.stop();
      return took;
    },
  });
  const { gzipSync } = await import("node:zlib");
  const number = (value) => value.toLocaleString("en");
  say("## At the edge", "", "The wasm of each entry, compiled and instantiated in a fresh process. The aims are 10 ms, 80 kB for `sansms/sms` and 110 kB", "for `sansms`.", "");
  say("| | wasm, bytes | gzipped | ready, ms |", "|---|--:|--:|--:|");
  for (const build of Object.keys(builds)) {
    const bytes = readFileSync(path(build));
    say(`| \`${build}\` | ${number(bytes.length)} | ${number(gzipSync(bytes, { level: 9 }).length)} | ${times[build].toFixed(1)} |`);
  }
  say("", `A Worker of the tests in workerd, from nothing to its first answer: ${(times.full - times.empty).toFixed(0)} ms above an empty one, its bundling and`, "the wasm for tests included.", "");
}

console.log(out.join("\n"));
