// The transport in real workerd, against servers on loopback that do all they can wrong.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { startWorker } from "./workerd.mjs";

let worker;
// workerd has much to say of a name that there is not.
const handleRuntimeStdio = (stdout, stderr) => void (stdout.resume(), stderr.resume());
before(async () => (worker = await startWorker("transport-worker.mjs", { handleRuntimeStdio })));
after(() => worker?.stop());

const post = async (asked) => (await worker.fetch("/", { method: "POST", body: JSON.stringify(asked) })).json();
const send = (origin, more) => post({ method: "POST", url: `${origin}/path?code=123456`, headers: [], body: "a=b", timeoutMs: 20_000, maxReplyBytes: 4096, ...more });

/** Listens while `work` runs; `serve` has each connection, once something was asked on it. */
async function served(serve, work) {
  const sockets = new Set();
  const asked = [];
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", (bytes) => serve(socket, asked.push(String(bytes))));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await work(`http://127.0.0.1:${server.address().port}`, asked);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** The Worker's own words for a fault: it may have been sent, and nothing of the URL is told. */
function assertSent({ fault }) {
  assert.deepEqual({ ...fault, text: undefined }, { typed: true, sent: true, text: undefined });
  assert.doesNotMatch(fault.text, /127\.0\.0\.1|123456|invalid/);
}

const head = (line, ...headers) => [`HTTP/1.1 ${line}`, ...headers, "", ""].join("\r\n");

test("a whole reply is one, with any status", async () => {
  await served((socket) => socket.end(head("418 Teapot", "Content-Length: 6") + "短信"), async (origin, asked) => {
    assert.deepEqual(await send(origin), { reply: { status: 418, body: "短信" } });
    assert.match(asked[0], /^POST \/path\?code=123456 HTTP\/1\.1\r\n/);
    assert.doesNotMatch(asked[0], /content-type/i);
  });
});

test("a redirect is a reply, and not followed", async () => {
  for (const status of [301, 302, 307, 308]) {
    let elsewhere = 0;
    const serve = (socket) => socket.end(head(`${status} Moved`, "Location: /elsewhere", "Content-Length: 5") + "moved");
    await served(serve, async (origin, asked) => {
      assert.deepEqual(await send(origin), { reply: { status, location: "/elsewhere", body: "moved" } });
      elsewhere = asked.filter((text) => text.includes("/elsewhere")).length;
    });
    assert.equal(elsewhere, 0);
  }
});

test("a reply at the bound is read; one above it is a fault, and read no further", async () => {
  const large = (bytes) => (socket) => socket.end(head("200 OK", `Content-Length: ${bytes}`) + "x".repeat(bytes));
  await served(large(4096), async (origin) => assert.equal((await send(origin)).reply.body.length, 4096));
  await served(large(4097), async (origin) => assertSent(await send(origin)));

  // One without an end: the Worker hangs up, or this would not end either.
  let hungUp;
  const endless = (socket) => {
    hungUp = new Promise((resolve) => socket.on("close", resolve));
    socket.write(head("200 OK", "Transfer-Encoding: chunked"));
    const more = () => socket.destroyed || socket.write(`1000\r\n${"x".repeat(4096)}\r\n`, () => setImmediate(more));
    more();
  };
  await served(endless, async (origin) => {
    assertSent(await send(origin, { maxReplyBytes: 100_000 }));
    await hungUp;
  });
});

test("who says nothing, and who drips, is given up in time", async () => {
  await served(() => undefined, async (origin) => assertSent(await send(origin, { timeoutMs: 200 })));
  await served((socket) => socket.write(head("200 OK", "Content-Length: 100")), async (origin) => assertSent(await send(origin, { timeoutMs: 200 })));

  // Each byte would be in time, and the last would never come.
  const drip = (socket) => {
    socket.write(head("200 OK", "Transfer-Encoding: chunked"));
    const drops = setInterval(() => socket.write("1\r\nx\r\n"), 20);
    socket.on("close", () => clearInterval(drops));
  };
  await served(drip, async (origin) => assertSent(await send(origin, { timeoutMs: 400 })));
});

test("who breaks off may have acted", async () => {
  const ways = [
    (socket) => socket.destroy(),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end("HTTP/1.1 200"),
    (socket) => socket.end("what is this"),
    (socket) => socket.end(head("200 OK", "Content-Length: 10") + "half"),
    (socket) => socket.end(head("200 OK", "Transfer-Encoding: chunked") + "a\r\nhalf"),
  ];
  for (const way of ways) await served(way, async (origin) => assertSent(await send(origin)));
});

test("what never left counts as sent too: a Worker's fetch does not tell", async () => {
  let nobody;
  await served(() => undefined, async (origin) => (nobody = origin));
  assertSent(await send(nobody));
  assertSent(await send("http://no-such-host.invalid"));
  // So nobody else is asked, who might send it a second time.
  const { kind, provider, stats } = await post({ endpoint: nobody });
  assert.deepEqual([kind, provider], ["unknown", "aliyun"]);
  assert.deepEqual(stats, { send: { aliyun: { unknown: 1 } } });
});
