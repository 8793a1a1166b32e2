// The stores on SQL answer what `apply` does, to the byte; `scripts/soak sql-node` is the long form.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { compare, open, sqlite } from "./differential.mjs";

const [OPERATIONS, SEED] = [2000, 1];
const home = mkdtempSync(join(tmpdir(), "sansms-differential-"));
after(() => rmSync(home, { recursive: true }));
const file = (name) => `sqlite:///${join(home, name)}`;
const newer = join(process.env.SANSMS_ENVS ?? "", "node24/bin/node");
const urls = {
  "PostgreSQL": process.env.SANSMS_POSTGRES,
  "MariaDB": process.env.SANSMS_MARIADB,
  "SQLite": sqlite() && file("own.sqlite3"),
  "SQLite of Node 24": existsSync(newer) ? file("newer.sqlite3") : undefined,
};
const digests = new Map();

for (const [name, url] of Object.entries(urls)) {
  if (url === undefined) {
    if (process.env.CI === "true") test(`there is a ${name}`, () => assert.fail("it was not started, or is not there"));
    else console.log(`# no ${name}: its store is not compared with apply`);
    continue;
  }
  test(`${name}: ${OPERATIONS} random operations are answered as apply does`, async (t) => {
    if (name.endsWith("24")) {
      const { stdout } = await promisify(execFile)(newer, [join(import.meta.dirname, "differential.mjs"), url, OPERATIONS, SEED]);
      digests.set(name, /^digest (\S+)/.exec(stdout)[1]);
    } else {
      const opened = await open(url);
      t.after(opened.close);
      digests.set(name, await compare(opened, OPERATIONS, SEED));
    }
    assert.equal(new Set(digests.values()).size, 1, JSON.stringify([...digests]));
  });
}

test("a store that does it otherwise is found out", async () => {
  const opened = await open(file("other.sqlite3")).catch(() => undefined);
  if (opened === undefined) return assert.notEqual(process.env.CI, "true");
  const late = { run: (ops) => (opened.clock.move(1), opened.store.run(ops)) };
  await assert.rejects(compare({ ...opened, store: late }, OPERATIONS, SEED), /seed 1, after/);
  await opened.close();
  const lossy = await open(file("lossy.sqlite3"));
  await assert.rejects(compare({ ...lossy, rows: async () => (await lossy.rows()).slice(1) }, 100, SEED), /seed 1: sansms:/);
  await lossy.close();
});
