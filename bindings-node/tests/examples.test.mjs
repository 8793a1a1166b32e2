// The examples, started as their READMEs say, with the packed package.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { environment, tools } from "./tools.mjs";

const home = dirname(import.meta.dirname);
const sources = process.env.SANSMS_EXAMPLES;

/** Lays an example out as `npm install` would, from what has been fetched already. */
function install(name, packages) {
  const folder = join(home, "examples", name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(sources, name), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  for (const [name, path] of Object.entries({ sansms: join(home, "node_modules/sansms"), ...packages })) {
    symlinkSync(path, join(folder, "node_modules", name));
  }
  return folder;
}

/** Starts it; `said` waits for a line of its output. */
function start(folder, script, env) {
  const child = spawn(process.execPath, [script], { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return {
    async said(pattern) {
      for (let tries = 0; tries < 300; tries++) {
        const match = pattern.exec(text);
        if (match) return match[1];
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`it never said ${pattern}, but: ${text}`);
    },
    async stop() {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await closed;
      clearTimeout(late);
    },
  };
}

async function signUp(origin, example, headers = {}) {
  const post = (path, body, more) => fetch(origin + path, { method: "POST", headers: { "content-type": "application/json", ...headers, ...more }, body: JSON.stringify(body) });
  const sent = await post("/code", { to: "138 0013 8000" });
  assert.equal(sent.status, 200, await sent.clone().text());
  const cookie = sent.headers.get("set-cookie").split(";")[0];
  const code = await example.said(/\+8613800138000: .*?(\d{6})/);
  assert.equal((await post("/code", { to: "13800138000" }, { cookie })).status, 429);
  return post("/verify", { to: "13800138000", code }, { cookie });
}

const worker = { miniflare: join(tools, "miniflare"), esbuild: join(tools, "esbuild") };

test("cloudflare-worker", async () => {
  const example = start(install("cloudflare-worker", worker), "local.mjs", { PORT: "0" });
  try {
    const origin = (await example.said(/open (http:\S+)\//)).replace("localhost", "127.0.0.1");
    const page = await (await fetch(origin)).text();
    assert.match(page, /获取验证码/);
    const done = await signUp(origin, example, { "cf-connecting-ip": "203.0.113.7" });
    assert.equal((await done.json()).kind, "verified");
  } finally {
    await example.stop();
  }
});

if (process.env.SANSMS_CHROMIUM) {
  test("the page of cloudflare-worker, in Chromium", async () => {
    const { chromium } = environment("browser")("playwright-core");
    const example = start(install("cloudflare-worker", worker), "local.mjs", { PORT: "0" });
    const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
    const browser = await chromium.launch({ executablePath: process.env.SANSMS_CHROMIUM, args });
    try {
      const origin = (await example.said(/open (http:\S+)\//)).replace("localhost", "127.0.0.1");
      // Cloudflare sets this header; here the test does.
      const page = await (await browser.newContext({ extraHTTPHeaders: { "cf-connecting-ip": "203.0.113.7" } })).newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(origin);
      await page.fill("[name=to]", "138 0013 8000");
      await page.click("#send button");
      const code = await example.said(/\+8613800138000: .*?(\d{6})/);
      await page.waitForFunction(() => document.querySelector("#said").textContent !== "");
      assert.deepEqual(errors, []);
      await page.fill("[name=code]", code === "111111" ? "222222" : "111111");
      await page.click("#verify button");
      await page.waitForSelector('body[data-verified="false"]');
      await page.fill("[name=code]", code);
      await page.click("#verify button");
      await page.waitForSelector('body[data-verified="true"]');
    } finally {
      await browser.close();
      await example.stop();
    }
  });
}

test("cloudflare-worker can be deployed", () => {
  const [node, wrangler] = ["node24/bin/node", "wrangler/node_modules/wrangler/bin/wrangler.js"].map((path) => join(process.env.SANSMS_ENVS, path));
  assert.ok(existsSync(node) && existsSync(wrangler), "run scripts/node-tools node24 wrangler");
  const folder = install("cloudflare-worker", worker);
  const { status, stdout, stderr } = spawnSync(node, [wrangler, "deploy", "--dry-run", "--outdir", "out"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", XDG_CONFIG_HOME: folder, CI: "1" },
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /env\.CODES/);
  console.log(`# ${/Total Upload.*/.exec(stdout)?.[0]}`);
});

if (process.env.SANSMS_REDIS) {
  test("express", async () => {
    const modules = (name, env) => join(process.env.SANSMS_ENVS, env, "node_modules", name);
    const folder = install("express", { express: modules("express", "web"), ioredis: modules("ioredis", "stores") });
    const example = start(folder, "server.mjs", { PORT: "0", REDIS_URL: `redis://${process.env.SANSMS_REDIS}`, SANSMS_SECRET: `${Math.random()} and more than 32 bytes of it`, ALIBABA_CLOUD_ACCESS_KEY_ID: undefined });
    try {
      const done = await signUp(await example.said(/listening on (\S+)/), example);
      assert.equal(done.status, 201);
      assert.deepEqual(await done.json(), { ok: true, account: "+8613800138000" });
      await example.said(/(verify verified \+86•)/);
    } finally {
      await example.stop();
    }
  });
}

test("nest", async () => {
  const modules = (name) => join(process.env.SANSMS_ENVS, "web/node_modules", name);
  const folder = install("nest", {
    "@nestjs": modules("@nestjs"),
    "reflect-metadata": modules("reflect-metadata"),
    rxjs: modules("rxjs"),
    "@types": join(tools, "@types"),
    typescript: join(tools, "typescript"),
  });
  const { status, stdout } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stdout);
  const example = start(folder, "dist/main.js", { PORT: "0" });
  try {
    const origin = await example.said(/listening on (\S+)/);
    const post = (path, body) => fetch(origin + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const { challenge } = await (await post("/code", { to: "13800138000" })).json();
    assert.equal((await post("/code", { to: "13800138000" })).status, 429);
    const code = await example.said(/\+8613800138000: .*?(\d{6})/);
    assert.equal((await post("/verify", { to: "13800138000", code, challenge: "another" })).status, 400);
    assert.deepEqual(await (await post("/verify", { to: "13800138000", code, challenge })).json(), { account: "+8613800138000" });
  } finally {
    await example.stop();
  }
});
