// The TypeScript of the documents: it compiles, as strict as can be, and what needs no server runs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Sandbox } from "sansms/testing";
import { tools } from "./tools.mjs";

const root = process.env.SANSMS_DOCUMENTS;
const folder = join(import.meta.dirname, "documents");
const types = join(import.meta.dirname, "types");

/** The blocks of a document, each with its line numbers kept for what the compiler says. */
function blocks(name) {
  const text = readFileSync(join(root, name), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => text.slice(0, match.index + 6).replace(/[^\n]/g, "") + match[1]);
}

const list = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && name !== "benchmarks.md");
const twins = [["README.md", "README.zh-CN.md"], ...list.map((name) => [`docs/${name}`, `docs/zh/${name}`])];
const pages = twins.flat().map((name) => ({ name, blocks: blocks(name) })).filter((page) => page.blocks.length > 0);
const fileOf = (page, at) => `${page.name.replaceAll("/", "-")}-${at}.mts`;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const page of pages) page.blocks.forEach((block, at) => writeFileSync(join(folder, fileOf(page, at)), block));

test("the Chinese documents show as much TypeScript", () => {
  for (const [english, chinese] of twins) assert.equal(blocks(chinese).length, blocks(english).length, chinese);
});

test("the documents compile", () => {
  const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, target: "es2022", lib: ["es2022"], module: "nodenext", types: ["node"], typeRoots: [join(tools, "@types")] };
  const files = [join(types, "presumed.d.mts"), join(types, "cloudflare.d.ts"), ...pages.flatMap((page) => page.blocks.map((_, at) => fileOf(page, at)))];
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = spawnSync(process.execPath, [join(tools, "typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});

const keys = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "SANSMS_GATEWAY_KEY", "SANSMS_GATEWAY_SECRET"];
Object.assign(process.env, Object.fromEntries(keys.map((name) => [name, "key"])), { SANSMS_SECRET: "only for the documents: 32 bytes" });
const before = globalThis.fetch;
after(() => (globalThis.fetch = before));

/** What a page did: the hosts that it called, what it showed, the listeners that it made. */
function presume() {
  const did = { hosts: [], shown: [], listeners: 0 };
  globalThis.fetch = async (url) => {
    did.hosts.push(new URL(url.url ?? url).host);
    return Response.json({ Code: "OK", Message: "OK", BizId: "1^0", RequestId: "r" });
  };
  const sandbox = new Sandbox();
  Object.assign(globalThis, { phone: "138 0013 8000", code: "000000", ip: "203.0.113.7", session: "s", appKey: "key", apiKey: "key" });
  Object.assign(globalThis, { codes: sandbox.service(), client: { evalsha() {}, eval() {} }, app: { use: () => did.listeners++ } });
  Object.assign(globalThis, { createUser: () => assert.fail("a guess was right"), show: (text, { status }) => did.shown.push([text, status]) });
  return did;
}

const does = {
  "README.md": { hosts: ["dysmsapi.aliyuncs.com"], shown: [["That code is not right. Tries left: 2.", 400]], listeners: 0 },
  "README.zh-CN.md": { hosts: ["dysmsapi.aliyuncs.com"], shown: [["验证码不正确，还可尝试 2 次。", 400]], listeners: 0 },
  receipts: { hosts: [], shown: [], listeners: 1 },
};

for (const page of pages) {
  test(`${page.name} runs`, async ({ mock }) => {
    mock.method(console, "log", () => {});
    const did = presume();
    for (const [at, block] of page.blocks.entries()) {
      if (block.includes('"cloudflare:')) continue; // examples.test.mjs runs a Worker
      await import(join(folder, fileOf(page, at).replace(/mts$/, "mjs"))); // the compiler put it there
    }
    assert.deepEqual(did, does[page.name] ?? does[/\w+(?=\.md$)/.exec(page.name)[0]] ?? { hosts: [], shown: [], listeners: 0 });
  });
}
