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
// Modules that are the same in every runtime; what is made in `with/` brings them the core of theirs.
const subpaths = {
  "stores/redis": "stores/redis",
  "stores/sqlite": "stores/sqlite",
  "stores/postgres": "stores/postgres",
  "stores/mysql": "stores/mysql",
  "stores/split": "stores/split",
  "stores/fallback": "stores/fallback",
  "stores/durable-object": "stores/durable-object",
  "stores/d1": "stores/d1",
  "stores/upstash": "stores/upstash",
  explain: "explain",
  "testing/conformance": "conformance",
};
// Builds of their own at the edge: everything, and SMS only. Node, Deno and what nobody told us about take everything.
const builds = ["full", "sms"];
const edges = ["workerd", "edge-light"];
const { devDependencies, ...manifest } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
manifest.typesVersions = { "*": { testing: ["./dist/cjs/entry/node-testing.d.ts"] } };
for (const build of builds) {
  const of = (runtime) => ({ types: `./dist/esm/entry/${runtime}.d.ts`, default: `./dist/esm/entry/${runtime}.js` });
  manifest.exports[`./${build}`] = { ...manifest.exports["."], ...Object.fromEntries(edges.map((edge) => [edge, of(`${edge}-${build}`)])) };
  manifest.typesVersions["*"][build] = ["./dist/cjs/entry/node.d.ts"];
}
for (const [subpath, module] of Object.entries(subpaths)) {
  const esm = (runtime) => ({ types: `./dist/esm/${module}.d.ts`, default: `./dist/esm/with/${runtime}/${module}.js` });
  const cjs = (types, js) => ({ types: `./dist/cjs/${module}.${types}`, default: `./dist/cjs/with/${module}.${js}` });
  const whole = {
    workerd: esm("workerd"),
    "edge-light": esm("edge-light"),
    deno: esm("default"),
    node: { import: cjs("d.mts", "mjs"), require: cjs("d.ts", "js") },
    browser: esm("browser"),
    default: esm("default"),
  };
  manifest.exports[`./${subpath}`] = whole;
  manifest.typesVersions["*"][subpath] = [`./dist/cjs/${module}.d.ts`];
  // A store brings the build that it is imported beside.
  if (!subpath.startsWith("stores/")) continue;
  for (const build of builds) {
    manifest.exports[`./${build}/${subpath}`] = { ...whole, ...Object.fromEntries(edges.map((edge) => [edge, esm(`${edge}-${build}`)])) };
    manifest.typesVersions["*"][`${build}/${subpath}`] = [`./dist/cjs/${module}.d.ts`];
  }
}
write("package.json", `${JSON.stringify(manifest, null, 2)}\n`);

for (const [folder, type] of [["cjs", "commonjs"], ["esm", "module"], ["wasm", "module"]]) {
  write(`dist/${folder}/package.json`, `{ "type": "${type}" }\n`);
}
for (const module of Object.values(subpaths)) {
  const up = "../".repeat(module.split("/").length);
  const built = module.startsWith("stores/") ? edges.flatMap((edge) => builds.map((build) => `${edge}-${build}`)) : [];
  for (const runtime of [...edges, "default", "browser", ...built]) {
    write(`dist/esm/with/${runtime}/${module}.js`, `import "${up}../entry/${runtime}.js";\n\nexport * from "${up}../${module}.js";\n`);
  }
  write(`dist/cjs/with/${module}.js`, `"use strict";\nrequire("${up}entry/node.js");\n\nmodule.exports = require("${up}${module}.js");\n`);
}
// On Node, ESM hands out what CommonJS made, or there would be two of every class.
for (const module of ["entry/node", "entry/node-testing", ...Object.values(subpaths).map((module) => `with/${module}`)]) {
  const file = `./${module.split("/").at(-1)}.js`;
  const names = Object.keys(require(join(out, `dist/cjs/${module}.js`))).sort().join(", ");
  write(`dist/cjs/${module}.mjs`, `import cjs from "${file}";\n\nexport const { ${names} } = cjs;\n`);
  write(`dist/cjs/${module.replace(/^with\//, "")}.d.mts`, `export * from "${file}";\n`);
}
for (const name of ["sansms_full", "sansms_testing"]) {
  const wasm = readFileSync(join(out, `dist/wasm/${name}_bg.wasm`)).toString("base64");
  write(`dist/wasm/${name}_inline.js`, `export default "${wasm}";\n`);
}

function write(path, text) {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), text);
}
