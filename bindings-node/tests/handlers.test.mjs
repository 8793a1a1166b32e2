// The handlers, bare and in the frameworks that people use: who asks, for what, and what they are told.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import * as http2 from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { ConfigError, handlers, nodeListener } from "sansms";
import { Sandbox } from "sansms/testing";
import { environment } from "./tools.mjs";

const routes = { "POST /code": "send", "POST /verify": "verify" };

/** A service with an observer, in a sandbox; `handle` is its handler. */
function setUp(options, serviceOptions) {
  const sandbox = new Sandbox();
  const service = sandbox.service(serviceOptions);
  const seen = [];
  const spy = new Proxy(service, {
    get: (target, name) => (name === "send" || name === "verify" ? (request) => (seen.push({ action: name, ...request }), target[name](request)) : target[name]),
  });
  return { sandbox, seen, handle: handlers(spy, { ...routes, ...options }) };
}

function post(path, body, headers = {}) {
  return new Request(`https://app.example${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: typeof body === "string" ? body : JSON.stringify(body) });
}

const who = { to: "13800138000", purpose: "register" };
const cf = { "cf-connecting-ip": "203.0.113.7" };

test("a code goes all the way, bound by a cookie", async () => {
  const { sandbox, seen, handle } = setUp({ clientIp: "cloudflare", ticketFor: "profile" });
  const sent = await handle(post("/code", who, cf));
  assert.equal(sent.status, 200);
  assert.equal(sent.headers.get("cache-control"), "no-store");
  const cookie = sent.headers.get("set-cookie");
  assert.match(cookie, /^__Host-sansms=[0-9a-f]{32}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const told = await sent.json();
  assert.equal(told.kind, "sent");
  assert.equal(told.masked, "+86•••••••00");
  for (const secret of ["to", "events", "provider", "messageId", "requestId", "httpStatus"]) assert.equal(told[secret], undefined, secret);
  assert.equal(seen[0].ip, "203.0.113.7");

  const again = await handle(post("/code", who, { ...cf, cookie: cookie.split(";")[0] }));
  assert.equal(again.status, 429);
  assert.equal(again.headers.get("retry-after"), "60");
  assert.equal(again.headers.get("set-cookie"), null);

  const { code } = sandbox.outbox.at(-1);
  const stranger = await handle(post("/verify", { ...who, code }, cf));
  assert.equal((await stranger.json()).kind, "expired");
  const done = await handle(post("/verify", { ...who, code }, { ...cf, cookie: `a=b; ${cookie.split(";")[0]}; c=d` }));
  const verified = await done.json();
  assert.equal(verified.kind, "verified");
  assert.equal(typeof verified.ticket, "string");
});

test("a token binds where there are no cookies, and a function where there is a session", async () => {
  const { sandbox, handle } = setUp({ clientIp: "cloudflare", session: "challenge" }, { session: "challenge" });
  const { challenge } = await (await handle(post("/code", who, cf))).json();
  const { code } = sandbox.outbox.at(-1);
  assert.equal((await (await handle(post("/verify", { ...who, code, challenge: "x" }, cf))).json()).ok, false);
  assert.equal((await (await handle(post("/verify", { ...who, code, challenge }, cf))).json()).kind, "verified");

  const own = setUp({ clientIp: "cloudflare", session: (request) => request.headers.get("x-session") });
  await own.handle(post("/code", who, { ...cf, "x-session": "s7" }));
  assert.equal(own.seen[0].session, "s7");
});

test("the address comes from where the deployment says, counted from the right", async () => {
  const ipOf = async (clientIp, headers, info) => {
    const { seen, handle } = setUp({ clientIp });
    await handle(post("/code", who, headers), info);
    return seen[0].ip;
  };
  const forged = { "x-forwarded-for": "6.6.6.6, 198.51.100.1, 192.0.2.2", "cf-connecting-ip": "203.0.113.7" };
  const socket = { remoteAddress: "::ffff:198.51.100.9" };
  assert.equal(await ipOf("cloudflare", forged, socket), "203.0.113.7");
  assert.equal(await ipOf({ trustedProxies: 0 }, forged, socket), "198.51.100.9");
  assert.equal(await ipOf({ trustedProxies: 1 }, forged, socket), "192.0.2.2");
  assert.equal(await ipOf({ trustedProxies: 2 }, forged, socket), "198.51.100.1");
  assert.equal(await ipOf({ trustedProxies: 4 }, forged, socket), "198.51.100.9");
  assert.equal(await ipOf({ trustedProxies: 1 }, {}, socket), "198.51.100.9");
  assert.equal(await ipOf({ trustedProxies: 1 }, {}), undefined);
  assert.equal(await ipOf({ trustedProxies: 1 }, { "x-forwarded-for": "unknown" }, socket), "");
  assert.equal(await ipOf({ trustedProxies: 1 }, { "x-forwarded-for": "[2001:db8::1]:443" }), "2001:db8::1");
  assert.equal(await ipOf({ trustedProxies: 1 }, { "x-forwarded-for": "192.0.2.2:1234" }), "192.0.2.2");
  assert.equal(await ipOf("cloudflare", { "x-forwarded-for": "6.6.6.6" }, socket), undefined);
  assert.equal(await ipOf({ trustedProxies: 0 }, {}, { remoteAddr: { hostname: "192.0.2.3" } }), "192.0.2.3");
  assert.equal(await ipOf((request) => request.headers.get("x-real-ip"), { "x-real-ip": "192.0.2.4" }), "192.0.2.4");
  for (const clientIp of [undefined, "nginx", { trustedProxies: -1 }, { trustedProxies: 1.5 }, { trustedProxies: 17 }, {}]) {
    assert.throws(() => setUp({ clientIp }), (error) => error instanceof ConfigError && error.option === "clientIp");
  }
});

test("without an address nothing is sent", async () => {
  const { sandbox, handle } = setUp({ clientIp: "cloudflare" });
  const reply = await handle(post("/code", who));
  assert.equal(reply.status, 400);
  assert.equal((await reply.json()).code, "input.ip");
  assert.equal(sandbox.outbox.length, 0);
});

test("what is no request for a code is refused before the service hears of it", async () => {
  const { seen, handle } = setUp({ clientIp: "cloudflare", purposes: ["register", "login"] });
  const status = async (request) => (await handle(request)).status;
  assert.equal(await status(new Request("https://app.example/code", { headers: cf })), 404);
  assert.equal(await status(post("/other", who, cf)), 404);
  assert.equal(await status(post("/clientIp", who, cf)), 404);
  assert.equal(await status(post("/code", "{", cf)), 400);
  assert.equal(await status(post("/code", "[1]", cf)), 400);
  assert.equal(await status(post("/code", "x".repeat(20_000), cf)), 413);
  assert.equal(await status(post("/code", JSON.stringify(who), { ...cf, "content-type": "text/plain" })), 415);
  assert.equal(await status(post("/code", who, { ...cf, "sec-fetch-site": "cross-site" })), 403);
  assert.equal(await status(post("/code", { ...who, purpose: "pay" }, cf)), 400);
  assert.deepEqual(seen, []);
  assert.equal(await status(post("/code", { to: who.to }, { ...cf, "sec-fetch-site": "same-origin" })), 200);
  assert.equal(seen[0].purpose, "register");
});

test("a form does as well, and accounts that don't exist are told the same", async () => {
  const { sandbox, handle } = setUp({ clientIp: "cloudflare", deliver: ({ to }) => to !== "13900139000" });
  const ask = async (to) => (await handle(post("/code", `to=${to}&purpose=register`, { ...cf, "content-type": "application/x-www-form-urlencoded" }))).json();
  const { masked, ...there } = await ask("13800138000");
  const { masked: other, ...missing } = await ask("13900139000");
  assert.deepEqual(there, missing);
  assert.equal(sandbox.outbox.length, 1);
});

test("an account that is told as nothing at all gets nothing", async () => {
  for (const nothing of [undefined, null, 0, "", false]) {
    const { sandbox, handle } = setUp({ clientIp: "cloudflare", deliver: async () => nothing });
    assert.equal((await (await handle(post("/code", who, cf))).json()).kind, "sent");
    assert.equal(sandbox.outbox.length, 0, String(nothing));
  }
  const { sandbox, handle } = setUp({ clientIp: "cloudflare", deliver: () => ({ id: 7 }) });
  await handle(post("/code", who, cf));
  assert.equal(sandbox.outbox.length, 1);
});

test("a number of JSON is its digits, as in Python, and what is neither text nor number is nothing", async () => {
  const { sandbox, seen, handle } = setUp({ clientIp: "cloudflare", session: () => "s", purposes: ["register"] });
  const ask = async (path, body) => (await handle(post(path, { purpose: "register", ...body }, cf))).json();
  assert.equal((await ask("/code", { to: 13800138000, device: 7 })).kind, "sent");
  assert.deepEqual([seen[0].to, seen[0].device], ["13800138000", "7"]);
  let { code } = sandbox.outbox[0];
  while (code.startsWith("0")) {
    sandbox.clock.move(3_600_000);
    await ask("/code", { to: 13800138000 });
    ({ code } = sandbox.outbox.at(-1));
  }
  assert.equal((await ask("/verify", { to: 13800138000, code: Number(code) })).kind, "verified");
  for (const to of [1.5, 1e300, true, null, [], {}, ["13800138000"]]) assert.equal((await ask("/code", { to })).code, "input.number.empty");
  assert.equal((await ask("/code", { to: 1380013800 })).code, "input.number.too_short");
  assert.equal((await handle(post("/code", { ...who, purpose: 7 }, cf))).status, 400);
});

test("a type is one in any case", async () => {
  const { handle } = setUp({ clientIp: "cloudflare" });
  assert.equal((await handle(post("/code", who, { ...cf, "content-type": "Application/JSON; charset=UTF-8" }))).status, 200);
  const form = { ...cf, "content-type": "Application/X-WWW-Form-URLEncoded" };
  assert.equal((await handle(post("/code", "to=13900139000&purpose=register", form))).status, 200);
});

test("the application takes over when a code was right", async () => {
  const { sandbox, handle } = setUp({ clientIp: "cloudflare", session: () => "s", onVerified: ({ to }, { purpose }) => Response.json({ welcome: to, purpose }, { status: 201 }) });
  await handle(post("/code", who, cf));
  const reply = await handle(post("/verify", { ...who, code: sandbox.outbox[0].code }, cf));
  assert.equal(reply.status, 201);
  assert.deepEqual(await reply.json(), { welcome: "+8613800138000", purpose: "register" });
});

// In frameworks: each starts a server and goes through the same story over HTTP.

const web = environment("web");

async function tell(origin, { sandbox, seen }) {
  const ask = (path, body, headers = {}) => fetch(origin + path, { method: "POST", headers: { "content-type": "application/json", "x-forwarded-for": "6.6.6.6, 203.0.113.7", ...headers }, body: JSON.stringify(body) });
  const sent = await ask("/code", who);
  assert.equal(sent.status, 200, await sent.clone().text());
  const cookie = sent.headers.get("set-cookie").split(";")[0];
  const { code } = sandbox.outbox.at(-1);
  const done = await ask("/verify", { ...who, code }, { cookie });
  assert.equal((await done.json()).kind, "verified");
  assert.deepEqual(seen.map(({ ip }) => ip), ["203.0.113.7", "203.0.113.7"]);
  assert.equal((await ask("/elsewhere", {})).status, 404);
}

async function serve(server, story) {
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    await tell(`http://127.0.0.1:${server.address().port}`, story);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const behindOne = { clientIp: { trustedProxies: 1 } };

test("Node's http", async () => {
  const story = setUp(behindOne);
  await serve(createServer(nodeListener(story.handle)), story);
});

/** Listens on a free port while `work` runs; notes what the process would have died of. */
async function listening(server, work) {
  const rejected = [];
  const note = (error) => rejected.push(error);
  process.on("unhandledRejection", note);
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    await work(server.address().port);
    await new Promise(setImmediate);
    assert.deepEqual(rejected, []);
  } finally {
    process.off("unhandledRejection", note);
    server.closeAllConnections?.();
    server.close();
  }
}

/** Writes to a port byte for byte, and hangs up; the first line of what comes back. */
async function write(port, bytes, hangUp) {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  const reply = text(socket).catch(() => "");
  socket[hangUp ? "end" : "write"](bytes);
  return (await reply).split("\r\n")[0];
}

test("what is no request ends no process", async () => {
  const { handle } = setUp(behindOne);
  const listener = nodeListener(handle);
  const ended = [];
  const server = createServer((request, response) => ended.push(listener(request, response)));
  await listening(server, async (port) => {
    const head = "Host: a\r\nConnection: close\r\nContent-Type: application/json\r\n";
    assert.equal(await write(port, `TRACE /code HTTP/1.1\r\n${head}\r\n`), "HTTP/1.1 400 Bad Request");
    await write(port, `POST /code HTTP/1.1\r\n${head}Content-Length: 100\r\n\r\n{"to":1`, true);
    await write(port, `POST /code HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`);
    assert.deepEqual(await Promise.allSettled(ended), new Array(3).fill({ status: "fulfilled", value: undefined }));
    const reply = await fetch(`http://127.0.0.1:${port}/code`, { method: "POST", headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" }, body: JSON.stringify(who) });
    assert.equal(reply.status, 200);
  });
});

test("a body that is cut off ends no sandbox", async () => {
  const heard = new Sandbox().listener();
  const ended = [];
  await listening(createServer((request, response) => ended.push(heard(request, response))), async (port) => {
    await write(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{}", true);
    assert.deepEqual(await Promise.allSettled(ended), [{ status: "fulfilled", value: undefined }]);
  });
});

test("what the application throws is answered 500, and told to whoever runs it", async (t) => {
  const warn = t.mock.method(console, "warn", () => undefined);
  const fail = () => { throw new Error("down"); };
  const session = () => "s";
  for (const options of [{ session, deliver: fail }, { session: fail }, { session, onVerified: fail }, { session, onVerified: async () => fail() }]) {
    const { sandbox, handle } = setUp({ clientIp: () => "203.0.113.7", ...options });
    await listening(createServer(nodeListener(handle)), async (port) => {
      const ask = async (path, body) => (await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).status;
      const before = warn.mock.callCount();
      if (options.onVerified === undefined) assert.equal(await ask("/code", who), 500);
      else {
        assert.equal(await ask("/code", who), 200);
        assert.equal(await ask("/verify", { ...who, code: sandbox.outbox.at(-1).code }), 500);
      }
      assert.equal(warn.mock.callCount(), before + 1);
      assert.equal(warn.mock.calls.at(-1).arguments.at(-1).message, "down");
    });
  }
});

test("a body that is much too large is answered, not hung up on", async () => {
  const { handle, sandbox } = setUp({ clientIp: () => "203.0.113.7" });
  await listening(createServer(nodeListener(handle)), async (port) => {
    const body = JSON.stringify({ ...who, more: "x".repeat(8_000_000) });
    for (let times = 0; times < 3; times++) {
      const answer = await fetch(`http://127.0.0.1:${port}/code`, { method: "POST", headers: { "content-type": "application/json" }, body });
      assert.equal(answer.status, 413);
      await answer.text();
    }
  });
  assert.equal(sandbox.outbox.length, 0);
});

test("a body that a parser read and left as it was is read from there", async () => {
  for (const left of [(body) => body.toString(), (body) => body]) {
    const { handle, sandbox } = setUp({ clientIp: () => "203.0.113.7" });
    const server = createServer(async (request, response) => {
      request.body = left(Buffer.from(await text(request)));
      await nodeListener(handle)(request, response);
    });
    await listening(server, async (port) => {
      const body = "to=13800138000&purpose=register";
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      assert.equal((await fetch(`http://127.0.0.1:${port}/code`, { method: "POST", headers, body })).status, 200);
    });
    assert.equal(sandbox.outbox.length, 1);
  }
});

test("what a body parser left on a body that it did not read is no body", async () => {
  const type = "application/x-www-form-urlencoded";
  const ask = async (parsed, read) => {
    const { sandbox, handle } = setUp({ clientIp: () => "203.0.113.7" });
    const server = createServer(async (request, response) => {
      if (read) await text(request);
      request.body = parsed;
      await nodeListener(handle)(request, response);
    });
    let status;
    await listening(server, async (port) => {
      const body = "to=13800138000&purpose=register";
      status = (await fetch(`http://127.0.0.1:${port}/code`, { method: "POST", headers: { "content-type": type }, body })).status;
    });
    return [status, sandbox.outbox.length];
  };
  assert.deepEqual(await ask({}, false), [200, 1]); // Express 4
  assert.deepEqual(await ask(undefined, false), [200, 1]); // Express 5
  assert.deepEqual(await ask(who, true), [200, 1]);
  assert.deepEqual(await ask({}, true), [400, 0]);
});

test("an answer that breaks off hangs up, and a framework hears of every error", async () => {
  const request = () => ({ method: "TRACE", url: "/code", headers: {}, socket: { destroy: () => hungUp++ }, async *[Symbol.asyncIterator]() {} });
  let hungUp = 0;
  const listener = nodeListener(setUp(behindOne).handle);
  await listener(request(), { headersSent: true, writeHead: assert.fail, end: assert.fail });
  assert.equal(hungUp, 1);
  await listener(request(), { writeHead: () => { throw new Error("closed"); }, end: assert.fail });
  const heard = [];
  await listener(request(), { writeHead: assert.fail, end: assert.fail }, (error) => heard.push(error instanceof TypeError));
  assert.deepEqual(heard, [true]);
});

test("Node's http2", async () => {
  const { seen, handle } = setUp(behindOne);
  await listening(http2.createServer(nodeListener(handle)), async (port) => {
    const client = http2.connect(`http://127.0.0.1:${port}`);
    const stream = client.request({ ":method": "POST", ":path": "/code", "content-type": "application/json", "x-forwarded-for": "203.0.113.7" });
    stream.end(JSON.stringify(who));
    const [headers] = await once(stream, "response");
    assert.equal(headers[":status"], 200);
    assert.equal(JSON.parse(await text(stream)).kind, "sent");
    assert.equal(seen[0].ip, "203.0.113.7");
    client.destroy();
  });
});

if (web === undefined) test("the frameworks are there", () => assert.fail("run scripts/node-tools web"));
else {
  const express = web("express");
  for (const parser of [false, true]) {
    test(`Express${parser ? ", with a body parser" : ""}`, async () => {
      const story = setUp(behindOne);
      const app = express();
      if (parser) app.use(express.json());
      app.use(nodeListener(story.handle));
      await serve(createServer(app), story);
    });
  }

  test("Fastify", async () => {
    const story = setUp(behindOne);
    const app = web("fastify")();
    const listener = nodeListener(story.handle);
    app.post("/*", async (request, reply) => {
      reply.hijack();
      request.raw.body = request.body;
      await listener(request.raw, reply.raw);
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    try {
      await tell(`http://127.0.0.1:${app.server.address().port}`, story);
    } finally {
      await app.close();
    }
  });

  test("Hono", async () => {
    const story = setUp(behindOne);
    const { Hono } = web("hono");
    const app = new Hono();
    app.post("/code", (context) => story.handle(context.req.raw));
    app.post("/verify", (context) => story.handle(context.req.raw));
    await serve(web("@hono/node-server").createAdaptorServer({ fetch: app.fetch }), story);
  });

  test("NestJS", async () => {
    const story = setUp(behindOne);
    web("reflect-metadata");
    const { NestFactory } = web("@nestjs/core");
    const { Module } = web("@nestjs/common");
    class App {}
    Module({})(App);
    const app = await NestFactory.create(App, { logger: ["error"] });
    app.use(nodeListener(story.handle));
    await app.init();
    await serve(app.getHttpServer(), story);
    await app.close().catch(() => undefined);
  });
}
