// Starts the Worker in workerd on this machine, with a pretend provider: the codes it sends are printed here.
import { build } from "esbuild";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { Sandbox } from "sansms/testing";

const port = Number(process.env.PORT ?? 8787);
const sandbox = new Sandbox({ onMessage: ({ to, text }) => console.log(`${to}: ${text}`) });
const provider = createServer(sandbox.listener());
await new Promise((resolve) => provider.listen(0, "127.0.0.1", resolve));

const folder = join(import.meta.dirname, "dist");
await build({
  entryPoints: [join(import.meta.dirname, "src/index.js")],
  bundle: true,
  format: "esm",
  outdir: folder,
  conditions: ["workerd", "worker", "browser"],
  loader: { ".wasm": "copy", ".html": "text" },
  logLevel: "warning",
});
const code = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name)).sort();
const worker = new Miniflare({
  modules: code.map((name) => ({ type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: join(folder, name), contents: readFileSync(join(folder, name), name.endsWith(".wasm") ? null : "utf8") })),
  modulesRoot: folder,
  compatibilityDate: "2026-07-01",
  host: "127.0.0.1",
  port,
  cf: false,
  durableObjects: { CODES: { className: "SansmsPartition", useSQLite: true } },
  bindings: {
    SMS_SIGN: "示例",
    SMS_TEMPLATE: "SMS_1",
    SMS_ENDPOINT: `http://127.0.0.1:${provider.address().port}`,
    ALIBABA_CLOUD_ACCESS_KEY_ID: "sandbox-id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "sandbox-secret",
    SANSMS_SECRET: "only on this machine: 32 bytes or more",
  },
});
console.log(`open ${await worker.ready}`);

process.once("SIGINT", stop).once("SIGTERM", stop);
async function stop() {
  await worker.dispose();
  provider.closeAllConnections();
  provider.close();
}
