// The Worker of the README, as it stands there, in real workerd: its store and its service are made at module scope.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startWorker } from "./workerd.mjs";

for (const page of ["README.md", "README.zh-CN.md"]) {
  test(`the Worker of ${page} answers its first request, and does nothing before`, async (t) => {
    const text = readFileSync(join(process.env.SANSMS_DOCUMENTS, page), "utf8");
    const [block, ...others] = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block).filter((block) => block.includes('"cloudflare:workers"'));
    assert.deepEqual(others, []);
    // Out of every function: workerd would refuse I/O, timers and randomness here.
    assert.match(block, /^const \w+ = new Service\(/m);
    assert.match(block, /^  store: new DurableObjectStore\(env\.CODES\)/m);
    const name = `worker-of-${page}.mts`;
    writeFileSync(join(import.meta.dirname, name), block);

    const calls = [];
    const worker = await startWorker(name, {
      durableObjects: { CODES: { className: "SansmsPartition", useSQLite: true } },
      bindings: { KEY_ID: "id", KEY_SECRET: "secret", SANSMS_SECRET: "only for tests: 32 bytes or more" },
      // Where the Worker's `fetch` ends.
      outboundService: async (request) => {
        calls.push(decodeURIComponent(request.url + (await request.text())));
        return Response.json({ Code: "OK", Message: "OK", BizId: "1^0", RequestId: "r" });
      },
    });
    t.after(worker.stop);
    assert.deepEqual(calls, []);

    const headers = { "content-type": "application/json", "cf-connecting-ip": "203.0.113.7" };
    const ask = (path, body, more) => worker.fetch(path, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify({ to: "13800138000", purpose: "register", ...body }) });
    const sent = await ask("/code");
    assert.equal(sent.status, 200, await sent.clone().text());
    const cookie = sent.headers.get("set-cookie").split(";")[0];
    await sent.text();
    assert.equal(calls.length, 1);
    assert.match(calls[0], /^https:\/\/dysmsapi\.aliyuncs\.com\//);
    const [, code] = /"code":"(\d{6})"/.exec(calls[0]);
    assert.equal((await (await ask("/code", {}, { cookie })).json()).code, "limit.cooldown");
    assert.equal((await (await ask("/verify", { code }, { cookie })).json()).kind, "verified");
    assert.equal((await (await ask("/verify", { code }, { cookie })).json()).kind, "expired");
  });
}
