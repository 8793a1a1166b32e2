// Lays out the npm package in a folder: what the compilers made in dist/, and the small files that join it.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const out = resolve(process.argv[2]);
const require = createRequire(import.meta.url);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
cpSync(join(here, "dist"), join(out, "dist"), { recursive: true });
for (const file of ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]) {
  if (existsSync(join(root, file))) cpSync(join(root, file), join(out, file));
}
// Modules that are the same in every runtime; the core comes to them by `#core`.
const subpaths = {
  "stores/redis": "stores/redis",
  "stores/sqlite": "stores/sqlite",
  "stores/durable-object": "stores/durable-object",
  "stores/d1": "stores/d1",
  "stores/upstash": "stores/upstash",
  explain: "explain",
  "testing/conformance": "conformance",
};
const { devDependencies, ...manifest } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
manifest.typesVersions = { "*": { testing: ["./dist/cjs/entry/node-testing.d.ts"] } };
for (const [subpath, module] of Object.entries(subpaths)) {
  const at = (folder, end) => ({ types: `./dist/${folder}/${module}.d.${end.replace("js", "ts")}`, default: `./dist/${folder}/${module}.${end}` });
  manifest.exports[`./${subpath}`] = {
    ...Object.fromEntries(["workerd", "edge-light", "deno"].map((condition) => [condition, at("esm", "js")])),
    node: { import: at("cjs", "mjs"), require: at("cjs", "js") },
    default: at("esm", "js"),
  };
  manifest.typesVersions["*"][subpath] = [`./dist/cjs/${module}.d.ts`];
}
write("package.json", `${JSON.stringify(manifest, null, 2)}\n`);

// The core of the runtime at hand, for modules that are the same in every runtime.
const core = Object.fromEntries(["workerd", "edge-light", "deno", "browser", "default"].map((name) => [name, `./entry/${name === "deno" ? "default" : name}.js`]));
write("dist/cjs/package.json", `${JSON.stringify({ type: "commonjs", imports: { "#core": "./entry/node.js" } })}\n`);
write("dist/esm/package.json", `${JSON.stringify({ type: "module", imports: { "#core": core } })}\n`);
write("dist/wasm/package.json", `${JSON.stringify({ type: "module" })}\n`);
// On Node, ESM hands out what CommonJS made, or there would be two of every class.
for (const module of ["entry/node", "entry/node-testing", ...Object.values(subpaths)]) {
  const file = `./${module.split("/").at(-1)}.js`;
  const names = Object.keys(require(join(out, `dist/cjs/${module}.js`))).sort().join(", ");
  write(`dist/cjs/${module}.mjs`, `import cjs from "${file}";\n\nexport const { ${names} } = cjs;\n`);
  write(`dist/cjs/${module}.d.mts`, `export * from "${file}";\n`);
}
for (const name of ["sansms", "sansms_testing"]) {
  const wasm = readFileSync(join(out, `dist/wasm/${name}_bg.wasm`)).toString("base64");
  write(`dist/wasm/${name}_inline.js`, `export default "${wasm}";\n`);
}

function write(path, text) {
  writeFileSync(join(out, path), text);
}
