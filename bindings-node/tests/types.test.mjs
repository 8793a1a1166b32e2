// The types, as the compiler sees them in the installed package.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tools } from "./tools.mjs";

const folder = join(import.meta.dirname, "types");
const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: "es2022", lib: ["es2022"] };
const node = { ...strict, types: ["node"], typeRoots: [join(tools, "@types")] };

function tsc(name, compilerOptions, files) {
  const project = join(folder, `${name}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  const { status, stdout } = spawnSync(process.execPath, [join(tools, "typescript/bin/tsc"), "-p", project], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

test("types on Node, from ESM and CommonJS", () => {
  tsc("node", { ...node, module: "nodenext" }, ["use.mts", "use.cts"]);
});

for (const condition of ["workerd", "edge-light", "deno", "browser"]) {
  test(`types by the condition ${condition}`, () => {
    tsc(condition, { ...node, module: "esnext", moduleResolution: "bundler", customConditions: [condition] }, ["use.mts"]);
  });
}
