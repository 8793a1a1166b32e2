// Writes ts/explain-data.ts from the core's tables. Run by scripts/build-node.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const read = (name) => JSON.parse(readFileSync(join(import.meta.dirname, "../core/data", name), "utf8"));
const table = read("provider-errors.json");
const errors = (Array.isArray(table) ? table : table.errors).map((row) => ({
  provider: row.provider,
  api: row.api,
  code: row.code,
  meaningZh: row.meaning_zh,
  meaningEn: row.meaning_en,
  category: row.category,
  handling: row.class ?? "",
  retryAfterS: row.retry_after_s ?? 0,
}));
const text = `// Made by explain-data.mjs from core/data.

export const ADVICE: Readonly<Record<string, { zh: string; en: string }>> = ${JSON.stringify(read("provider-advice.json").advice)};

export const ERRORS: readonly {
  provider: string; api: string; code: string; meaningZh: string; meaningEn: string; category: string; handling: string; retryAfterS: number;
}[] = JSON.parse(${JSON.stringify(JSON.stringify(errors))});
`;
writeFileSync(join(import.meta.dirname, "ts/explain-data.ts"), text);
