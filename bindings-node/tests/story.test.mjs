// One code, all the way, through the installed package on Node.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as sansms from "sansms";
import * as testing from "sansms/testing";
import { story } from "./story.mjs";
import { checkStory } from "./story-check.mjs";

const require = createRequire(import.meta.url);

test("the core is the one that was asked for", () => {
  assert.equal(testing.about().core, process.env.SANSMS_FORCE_WASM === "1" ? "wasm" : "native");
  assert.equal(testing.about().version, require("sansms/package.json").version);
});

test("a code goes all the way, from ESM", async () => {
  const { outcomes, ...rest } = await story({ ...sansms, ...testing }).tell();
  checkStory({ ...rest, outcomes });
  assert.equal(outcomes.right.to, "+8613800138000");
  assert.ok(!JSON.stringify(outcomes).includes("13800138000"), "a printed outcome shows no number");
});

test("a code goes all the way, from CommonJS", async () => {
  checkStory(await story({ ...require("sansms"), ...require("sansms/testing") }).tell());
});

test("import and require give the same classes", () => {
  const required = require("sansms");
  for (const [name, value] of Object.entries(sansms)) assert.equal(required[name], value, name);
  assert.deepEqual(Object.keys(sansms).sort(), Object.keys(required).sort());
});
