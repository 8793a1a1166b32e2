// Runs every test of the installed package: all on the add-on, and those that touch the core again on wasm.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const all = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.mjs"));
const core = ["story", "desk", "config", "driver", "traces", "vectors", "core-vectors"].map((name) => `${name}.test.mjs`).filter((name) => all.includes(name));
const total = { pass: 0, fail: 0 };

for (const [name, files, wasm] of [["native", all, "0"], ["wasm", core, "1"]]) {
  const paths = files.map((file) => join(import.meta.dirname, file));
  const child = spawn(process.execPath, ["--test", "--test-reporter=tap", "--test-concurrency=2", "--test-timeout=600000", ...paths], {
    env: { ...process.env, SANSMS_FORCE_WASM: wasm },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const status = await new Promise((resolve) => child.on("close", resolve));
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  // What was skipped, cancelled or never ran is no pass.
  const failed = count("fail") + count("cancelled") + count("skipped") + count("todo");
  const result = { pass: count("pass"), fail: failed > 0 || status === 0 ? failed : 1 };
  total.pass += result.pass;
  total.fail += result.fail;
  if (status !== 0) console.log(text.replace(/^# (tests|suites|pass|fail|cancelled|skipped|todo) .*\n/gm, ""));
  else for (const line of text.match(/^# Subtest: .*$/gm) ?? []) console.log(line.replace("# Subtest:", "  ✓"));
  console.log(`node ${process.versions.node} (${name}): ${result.pass} passed, ${result.fail} failed`);
}
console.log(`${total.pass} passed, ${total.fail} failed`);
process.exitCode = total.fail === 0 && total.pass > 0 ? 0 : 1;
