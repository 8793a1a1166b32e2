// Starts the Worker in real workerd, bundled by the conditions that wrangler uses.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { need } from "./tools.mjs";

/**
 * Bundles a Worker beside this file and serves it; answers `fetch`, `stop`, workerd's `version` and the `files` of the bundle.
 *
 * `options` are Miniflare's own, e.g. for bindings.
 */
export async function startWorker(name = "worker.mjs", options = {}) {
  const { build } = need("esbuild");
  const { Miniflare, Log, LogLevel } = need("miniflare");
  const out = join(import.meta.dirname, `bundle-${process.pid}-${name}`);
  rmSync(out, { recursive: true, force: true });
  await build({
    entryPoints: [join(import.meta.dirname, name)],
    bundle: true,
    format: "esm",
    target: "es2022",
    outdir: out,
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
  const modules = readdirSync(out).map((name) => ({
    type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule",
    path: join(out, name),
    contents: readFileSync(join(out, name)),
  }));
  modules.sort((a, b) => Number(b.type === "ESModule") - Number(a.type === "ESModule"));
  const miniflare = new Miniflare({
    modules: modules.map((module) => (module.type === "ESModule" ? { ...module, contents: String(module.contents) } : module)),
    modulesRoot: out,
    compatibilityDate: "2026-07-01",
    cf: false,
    log: new Log(LogLevel.ERROR),
    ...options,
  });
  const url = await miniflare.ready.catch(async (error) => {
    await miniflare.dispose();
    throw error;
  });
  return {
    // No version can be read within workerd: `navigator.userAgent` is the bare "Cloudflare-Workers". This is its package's.
    version: need("workerd/package.json").version,
    fetch: (path, init) => miniflare.dispatchFetch(new URL(path, url), init),
    files: readdirSync(out),
    stop: () => miniflare.dispose(),
  };
}
