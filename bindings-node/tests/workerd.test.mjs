// The same in a Worker, in real workerd.
import assert from "node:assert/strict";
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
