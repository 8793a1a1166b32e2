// The development tools, which are not installed beside the package under test.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The folder with the tools' node_modules; set by the scripts. */
export const tools = process.env.SANSMS_TOOLS;
export const need = createRequire(join(tools, "package.json"));

/** The `require` of a locked environment (`scripts/node-tools NAME`); nothing where it has not been fetched. */
export function environment(name) {
  const home = join(process.env.SANSMS_ENVS ?? "", name);
  return existsSync(join(home, "node_modules")) ? createRequire(join(home, "package.json")) : undefined;
}
