// The golden traces, replayed step by step through the core that this package carries.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { replay } from "sansms/testing";
import { differences } from "./trace.mjs";

const folder = join(process.env.SANSMS_VECTORS, "traces");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

test("there are golden traces", () => assert.ok(names.length > 0));

for (const name of names) {
  const trace = JSON.parse(readFileSync(join(folder, name), "utf8"));

  test(`trace ${name}`, () => {
    assert.ok(trace.flows.every(({ steps }) => steps.length > 0));
    assert.deepEqual(differences(trace, replay), []);
  });

  test(`trace ${name} with another seed differs`, () => {
    const flows = trace.flows.map((flow) => ({ ...flow, seed: flow.seed.replace(/./g, (digit) => (digit === "0" ? "1" : "0")) }));
    assert.notDeepEqual(differences({ ...trace, flows }, replay), []);
  });
}
