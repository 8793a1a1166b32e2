// Writes ts/recorded-data.ts: the cases for stores that every language shares. Run by scripts/build-node.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../core/vectors/conformance.json"), "utf8"));
const text = `// Made by recorded-data.mjs from core/vectors/conformance.json.

/** One step of a case: an operation and its reply, or time that passes. */
export interface Step {
  readonly op?: string;
  readonly reply?: string;
  readonly key?: string;
  readonly wait?: number;
}

export const RECORDED: readonly { readonly name: string; readonly steps: readonly Step[] }[] = JSON.parse(${JSON.stringify(JSON.stringify(cases))});
`;
writeFileSync(join(import.meta.dirname, "ts/recorded-data.ts"), text);
