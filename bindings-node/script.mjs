// Writes ts/stores/script.ts: the Redis stores' script, which the wasm is better off without. Run by scripts/build-node.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const read = (name) => readFileSync(join(import.meta.dirname, "../core/src/store", name), "utf8");
// As `core/src/store/redis.rs` puts them together.
const script = ["partition.lua", "operations.lua"].map(read).join("\n");
const sha = createHash("sha1").update(script).digest("hex");
const text = `// Made by script.mjs from core/src/store/*.lua.

/** One operation on one record, as a script of Redis 6.2 or newer. */
export const SCRIPT = ${JSON.stringify(script)};

/** The script's SHA-1 in hex, for \`EVALSHA\`. */
export const SHA = ${JSON.stringify(sha)};
`;
writeFileSync(join(import.meta.dirname, "ts/stores/script.ts"), text);
