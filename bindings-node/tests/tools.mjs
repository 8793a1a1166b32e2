// The development tools, which are not installed beside the package under test.
import { createRequire } from "node:module";
import { join } from "node:path";

/** The folder with the tools' node_modules; set by the scripts. */
export const tools = process.env.SANSMS_TOOLS;
export const need = createRequire(join(tools, "package.json"));
