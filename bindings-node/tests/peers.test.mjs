// Python and JavaScript at one database: one limit, and codes that either checks.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { environment } from "./tools.mjs";

const [EACH, TIMES, LIMIT] = [4, 12, 40];
const python = process.env.SANSMS_PYTHON;
const COMMANDS = {
  python: [python, join(import.meta.dirname, "../../../bindings-python/tests/peer.py")],
  node: [process.execPath, join(import.meta.dirname, "peer.mjs")],
};
const URLS = {
  Redis: process.env.SANSMS_REDIS && `redis://${process.env.SANSMS_REDIS}/0`,
  PostgreSQL: process.env.SANSMS_POSTGRES,
  MariaDB: process.env.SANSMS_MARIADB,
};

/** Starts a process; answers what asks it. */
async function peer(t, language, ...words) {
  const [program, script] = COMMANDS[language];
  const child = spawn(program, [script, ...words], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  t.after(() => child.stdin.end());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    assert.ok(!done, `${language} ended: ${said}`);
    return JSON.parse(value);
  };
  await read();
  return (command) => (child.stdin.write(`${JSON.stringify(command)}\n`), read());
}

for (const [name, url] of Object.entries(URLS)) {
  const lacks = Object.entries({ [name]: url, "SANSMS_PYTHON": python, "clients": environment("stores") }).find(([, it]) => !it)?.[0];
  if (lacks !== undefined) {
    if (process.env.CI === "true") test(`${name} for both languages`, () => assert.fail(`no ${lacks}`));
    else console.log(`# no ${lacks}: ${name} is not shared by two languages`);
    continue;
  }

  test(`${name}: four processes in Python and four in JavaScript let in exactly the limit`, async (t) => {
    const words = [url, randomBytes(8).toString("hex"), String(LIMIT)];
    const languages = Array.from({ length: 2 * EACH }, (_, at) => (at % 2 ? "python" : "node"));
    const peers = await Promise.all(languages.map((language) => peer(t, language, ...words)));
    const answers = await Promise.all(peers.map((ask) => ask({ send: "13800138000", times: TIMES })));
    const codes = {};
    for (const answer of answers) for (const [code, times] of Object.entries(answer.codes)) codes[code] = (codes[code] ?? 0) + times;
    assert.deepEqual(codes, { sent: LIMIT, "limit.number": 2 * EACH * TIMES - LIMIT });
    t.diagnostic(JSON.stringify(languages.map((language, at) => [language, answers[at].codes.sent ?? 0])));
  });

  test(`${name}: a code that one language sent is right in the other, once`, async (t) => {
    const words = [url, randomBytes(8).toString("hex"), String(LIMIT)];
    const ask = { python: await peer(t, "python", ...words), node: await peer(t, "node", ...words) };
    for (const [sender, checker, to] of [["python", "node", "13800138001"], ["node", "python", "13800138002"]]) {
      const { codes, sent } = await ask[sender]({ send: to, times: 1 });
      assert.deepEqual(codes, { sent: 1 });
      const wrong = sent === "000000" ? "111111" : "000000";
      assert.deepEqual((await ask[checker]({ verify: to, code: wrong })).codes, { "code.wrong": 1 });
      assert.deepEqual((await ask[checker]({ verify: to, code: sent })).codes, { verified: 1 });
      assert.deepEqual((await ask[sender]({ verify: to, code: sent })).codes, { "code.expired": 1 });
    }
  });
}
