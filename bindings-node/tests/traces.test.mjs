// The golden traces, replayed step by step through the core that this package carries.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as sansms from "sansms";
import * as testing from "sansms/testing";
import { differences } from "./trace.mjs";

const folder = join(process.env.SANSMS_VECTORS, "traces");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const replay = (trace) => differences(trace, { ...sansms, ...testing });

test("there are golden traces", () => assert.ok(names.length > 0));

for (const name of names) {
  const trace = JSON.parse(readFileSync(join(folder, name), "utf8"));

  test(`trace ${name}`, async () => {
    assert.ok(trace.flows.length > 0);
    assert.deepEqual(await replay(trace), []);
  });
}

test("a trace with other seeds, or another end, differs", async () => {
  const trace = JSON.parse(readFileSync(join(folder, "send-and-verify.json"), "utf8"));
  const altered = (change) => ({ ...trace, flows: trace.flows.map((flow) => ({ ...flow, ...change(flow) })) });
  assert.notDeepEqual(await replay(altered(({ seed }) => ({ seed: seed.replace(/./, (digit) => (digit === "0" ? "1" : "0")) }))), []);
  const late = await replay(altered(({ outcome }) => ({ outcome: { ...outcome, expires_in_ms: 1 } })));
  assert.deepEqual(late.length, trace.flows.length);
  assert.notDeepEqual(await replay(altered(({ steps }) => ({ steps: steps.slice(0, -1) }))), []);
});
