// The frameworks as docs/handlers.md shows them: its own blocks, and a whole sign-up over HTTP.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { environment } from "./tools.mjs";

const web = environment("web");
const listen = async (server) => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
};

/** How each is put behind a socket. */
const FRAMEWORKS = {
  express: ({ app }) => listen(createServer(app)),
  fastify: async ({ app }) => ({ origin: await app.listen({ port: 0, host: "127.0.0.1" }), close: () => app.close() }),
  hono: ({ app }) => listen(web("@hono/node-server").createAdaptorServer({ fetch: app.fetch })),
  nest: async ({ app }) => {
    await app.init();
    return listen(app.getHttpServer());
  },
  worker: ({ default: { fetch } }) => listen(web("@hono/node-server").createAdaptorServer({ fetch: (request) => fetch(request) })),
};

const REST = {
  // As a module in TypeScript is compiled.
  "app.module.mjs": `import "reflect-metadata"; import { Module } from "@nestjs/common"; export class AppModule {} Module({})(AppModule);`,
  "service.mjs": `import { Sandbox } from "sansms/testing"; export const sandbox = new Sandbox(); export const codes = sandbox.service();`,
};

if (web === undefined) test("the frameworks are there", () => assert.fail("run scripts/node-tools web"));
else {
  for (const page of ["docs/handlers.md", "docs/zh/handlers.md"]) {
    const text = readFileSync(join(process.env.SANSMS_DOCUMENTS, page), "utf8");
    const blocks = Object.fromEntries([...text.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name, block]) => [name, block]));
    const names = Object.keys(blocks).map((name) => name.replace(/\.mjs$/, ""));
    test(`${page} shows each framework`, () => assert.deepEqual(names, ["codes", ...Object.keys(FRAMEWORKS)]));

    for (const name of names.slice(1)) {
      test(`${page}: ${name}`, async (t) => {
        const folder = join(import.meta.dirname, "frameworks", page.replaceAll("/", "-"), name);
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(join(folder, "node_modules"), { recursive: true });
        for (const one of ["express", "fastify", "hono", "@nestjs", "reflect-metadata"]) symlinkSync(join(process.env.SANSMS_ENVS, "web/node_modules", one), join(folder, "node_modules", one));
        for (const [file, block] of Object.entries({ ...REST, "codes.mjs": blocks["codes.mjs"], [`${name}.mjs`]: blocks[`${name}.mjs`] })) writeFileSync(join(folder, file), block);
        const load = (file) => import(pathToFileURL(join(folder, file)));
        const { sandbox } = await load("service.mjs");
        const { origin, close } = await FRAMEWORKS[name](await load(`${name}.mjs`));
        t.after(close);

        const ask = (path, body, cookie = "") => fetch(origin + path, { method: "POST", headers: { "content-type": "application/json", "x-forwarded-for": "6.6.6.6, 203.0.113.7", cookie }, body: JSON.stringify(body) });
        const to = "138 0013 8000";
        const sent = await ask("/code", { to });
        assert.equal(sent.status, 200, await sent.clone().text());
        const cookie = sent.headers.get("set-cookie").split(";")[0];
        assert.equal((await ask("/code", { to }, cookie)).status, 429);
        const { code } = sandbox.outbox[0];
        assert.equal((await ask("/verify", { to, code })).status, 400);
        const done = await ask("/verify", { to, code }, cookie);
        assert.deepEqual([done.status, await done.json()], [201, { ok: true, account: "+8613800138000" }]);
        assert.equal((await ask("/elsewhere", {})).status, 404);
      });
    }
  }
}
