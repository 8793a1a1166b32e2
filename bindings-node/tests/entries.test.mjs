// The entries that Node does not take by itself.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { checkStory } from "./story-check.mjs";
import { story } from "./story.mjs";

const home = dirname(createRequire(import.meta.url).resolve("sansms/package.json"));
const entry = (name) => import(pathToFileURL(join(home, `dist/esm/entry/${name}.js`)).href);

test("the default entry carries its wasm inside", async () => {
  const sansms = await entry("default");
  const testing = await entry("default-testing");
  assert.equal(testing.about().core, "wasm");
  checkStory(await story({ ...sansms, ...testing }).tell());
});

test("in a page it says why not", async () => {
  await assert.rejects(entry("browser"), /keys don't belong in a page/);
  await assert.rejects(entry("browser-testing"), /keys don't belong in a page/);
});
