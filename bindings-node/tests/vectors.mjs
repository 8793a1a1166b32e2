// Runs a file of sign vectors through the package on Node, on Node with wasm, and in workerd: a line for each.
//   node vectors.mjs FILE…            all three
//   node vectors.mjs --here FILE…     in this process
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { about, runVector } from "sansms/testing";
import { checkAll } from "./vector.mjs";

const files = process.argv.slice(2);
const here = files[0] === "--here" && files.shift();
const text = files.map((file) => readFileSync(file, "utf8")).join("\n");

if (here) {
  process.exitCode = report(`node ${process.versions.node} (${about().core})`, checkAll(text, runVector)) ? 0 : 1;
} else {
  const self = fileURLToPath(import.meta.url);
  const passed = ["0", "1"].map((wasm) => {
    const env = { ...process.env, SANSMS_FORCE_WASM: wasm };
    return spawnSync(process.execPath, [self, "--here", ...files], { env, stdio: "inherit" }).status === 0;
  });
  const { startWorker } = await import("./workerd.mjs");
  const worker = await startWorker();
  try {
    const counts = await (await worker.fetch("/vectors", { method: "POST", body: text })).json();
    passed.push(report(`workerd ${worker.version}`, counts));
  } finally {
    await worker.stop();
  }
  process.exitCode = passed.every(Boolean) ? 0 : 1;
}

function report(runtime, counts) {
  for (const failure of counts.failures) console.error(failure);
  const { "end to end": whole, signer, failures } = counts;
  console.log(`${runtime}: ${whole} end to end passed, ${signer} signer passed, ${failures.length} failed`);
  return failures.length === 0 && whole + signer > 0;
}
