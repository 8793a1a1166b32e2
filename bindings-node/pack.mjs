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
const { devDependencies, ...manifest } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
write("package.json", `${JSON.stringify(manifest, null, 2)}\n`);

for (const [folder, type] of [["cjs", "commonjs"], ["esm", "module"], ["wasm", "module"]]) {
  write(`dist/${folder}/package.json`, `{ "type": "${type}" }\n`);
}
// On Node, ESM hands out what CommonJS made, or there would be two of every class.
for (const entry of ["node", "node-testing"]) {
  const names = Object.keys(require(join(out, `dist/cjs/entry/${entry}.js`))).sort().join(", ");
  write(`dist/cjs/entry/${entry}.mjs`, `import cjs from "./${entry}.js";\n\nexport const { ${names} } = cjs;\n`);
  write(`dist/cjs/entry/${entry}.d.mts`, `export * from "./${entry}.js";\n`);
}
for (const name of ["sansms", "sansms_testing"]) {
  const wasm = readFileSync(join(out, `dist/wasm/${name}_bg.wasm`)).toString("base64");
  write(`dist/wasm/${name}_inline.js`, `export default "${wasm}";\n`);
}

function write(path, text) {
  writeFileSync(join(out, path), text);
}
