// The same in a Worker, in real workerd.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkStory } from "./story-check.mjs";
import { startWorker } from "./workerd.mjs";

let worker;
before(async () => (worker = await startWorker()));
after(() => worker?.stop());

test("the Worker runs in workerd, on wasm", async () => {
  const { core, userAgent } = await (await worker.fetch("/about")).json();
  assert.equal(core, "wasm");
  assert.equal(userAgent, "Cloudflare-Workers");
});

test("a code goes all the way, with the service made at module scope", async () => {
  checkStory(await (await worker.fetch("/story")).json());
});

for (const name of ["sdk-captures", "published-examples"]) {
  test(`${name} pass`, async () => {
    const body = readFileSync(join(process.env.SANSMS_VECTORS, "sign", `${name}.jsonl`), "utf8");
    const counts = await (await worker.fetch("/vectors", { method: "POST", body })).json();
    assert.deepEqual(counts.failures, []);
    assert.equal(counts["end to end"] + counts.signer, body.trimEnd().split("\n").length);
  });
}

for (const [name, path] of [["phone", "/cases"], ["code", "/cases"], ["address", "/cases"], ["limit", "/limits"]]) {
  test(`${name}.jsonl comes out as written`, async () => {
    const body = readFileSync(join(process.env.SANSMS_VECTORS, `${name}.jsonl`), "utf8");
    const { count, failures } = await (await worker.fetch(path, { method: "POST", body })).json();
    assert.deepEqual(failures, []);
    assert.ok(count > 50);
  });
}

const folder = join(process.env.SANSMS_VECTORS, "traces");
for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  test(`trace ${name}`, async () => {
    const body = readFileSync(join(folder, name), "utf8");
    assert.deepEqual(await (await worker.fetch("/trace", { method: "POST", body })).json(), []);
  });
}
